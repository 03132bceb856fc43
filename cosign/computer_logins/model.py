"""Logins of computers: states, values and the text of the QR code. No I/O.

    waiting ─scan─▶ scanned ─confirm─▶ confirmed ─computer collects─▶ consumed
       │               ├─refuse, or wrong number too often─▶ refused
       └───────────────┴───────────────────┴─time─▶ expired

The QR code holds a ticket, which lets somebody scan and nothing else. The computer holds a secret, without which
nobody gets the session. The number that the computer shows and the phone must repeat ties the one to the other: whoever
is made to scan a code that somebody else's computer shows does not see its number.
"""

import datetime as dt
import enum
import re
import secrets
from dataclasses import dataclass
from typing import Final

from cosign.computer_logins.faults import ComputerLoginStateRefused, QrUnknown
from cosign.transitions import Transitions

PREFIX: Final = "COSIGN-PC1."
BEARER: Final = "pc_"
"""What a computer's bearer token begins with; no other token does."""
MAX_LABEL: Final = 64
_QR: Final = re.compile(r"COSIGN-PC1\.([a-z][a-z0-9]{1,15})\.([A-Za-z0-9_-]{43})", re.ASCII)


class ComputerLoginState(enum.StrEnum):
    """Life of a login."""

    WAITING = "waiting"
    """The computer shows its QR code."""
    SCANNED = "scanned"
    """A phone shows what wants to log in, and from where."""
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CONSUMED = "consumed"
    """The computer has its session."""


_S = ComputerLoginState
TRANSITIONS: Final = Transitions(
    "the login",
    ComputerLoginState,
    {
        _S.WAITING: {_S.SCANNED, _S.EXPIRED},
        _S.SCANNED: {_S.CONFIRMED, _S.REFUSED, _S.EXPIRED},
        _S.CONFIRMED: {_S.CONSUMED, _S.EXPIRED},
    },
)
"""Every transition there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputerLogin:
    """A computer that wants to be let in."""

    login_id: str
    """`cpl_` and a ULID."""
    brand: str
    state: ComputerLoginState
    """As stored; `at` knows the time."""
    label: str
    """Browser and system, as the page told."""
    network: str
    """Of the computer, without the last part of its address."""
    created_at: dt.datetime
    expires_at: dt.datetime
    tries: int = 0
    account_id: str = ""
    """Who scanned it; empty before; so the next three."""
    device_id: str = ""
    session_id: str = ""
    acting: str = ""

    def at(self, now: dt.datetime) -> ComputerLoginState:
        """The state at a time: what is not over by its end has expired."""
        if now >= self.expires_at and _S.EXPIRED in TRANSITIONS[self.state]:
            return _S.EXPIRED
        return self.state

    def check_becomes(self, target: ComputerLoginState) -> None:
        """Raises ComputerLoginStateRefused unless the login may become `target`."""
        TRANSITIONS.check(self.state, target, ComputerLoginStateRefused)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputerSession:
    """A computer that was let in. It lives no longer than the phone's login that approved it."""

    computer_id: str
    """`cpu_` and a ULID."""
    account_id: str
    brand: str
    device_id: str
    """The phone that approved it."""
    session_id: str
    """The login of that phone."""
    acting: str
    label: str
    network: str
    opened_at: dt.datetime
    expires_at: dt.datetime
    ended_reason: str = ""
    """Empty while it lives."""


@dataclass(frozen=True, slots=True)
class ComputerPrincipal:
    """Who calls from a computer. It is no `Principal`: nothing that needs a phone takes it."""

    account_id: str
    computer_id: str
    brand: str
    acting: str
    """Id of the identity he acts as; empty: the natural person."""
    expires_at: dt.datetime


def new_number() -> str:
    """The number that a computer shows: 10 to 99."""
    return str(10 + secrets.randbelow(90))


def encode_qr(brand: str, ticket: str) -> str:
    """The text of the QR code."""
    return f"{PREFIX}{brand}.{ticket}"


def decode_qr(text: str) -> tuple[str, str]:
    """Brand and ticket. Raises QrUnknown."""
    match = _QR.fullmatch(text)
    if match is None:
        raise QrUnknown("not a QR code of a login")
    return match[1], match[2]
