"""SMS codes, verification tickets and captchas: values and rules without I/O (R-ACC-01, R-ACC-02)."""

import datetime as dt
import enum
import re
import secrets
from dataclasses import dataclass
from typing import Final

from cosign.errors import FieldInvalid

CODE: Final = re.compile(r"\d{6}", re.ASCII)
CAPTCHA_LENGTH: Final = 4
CAPTCHA_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O, which look alike."""
DAY: Final = dt.timedelta(hours=24)


class CodePurpose(enum.StrEnum):
    """What a code is good for. Stored; the words never change."""

    REGISTER = "register"
    LOGIN = "login"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a word
    IDENTITY = "idv"
    APPLICANT = "applicant"
    LEGAL_REPRESENTATIVE = "legal_rep"
    LETTER = "letter"
    BIND = "bind"
    CHANGE_NUMBER = "change_number"
    STEP_UP = "step_up"
    APPEAL = "appeal"
    HALF_PASSWORD = "half_password"  # noqa: S105 - a word
    """First step of a two-step login was the code: the ticket is good for EnterPassword and ResetPassword."""
    HALF_FIRST_PASSWORD = "half_first"  # noqa: S105 - a word
    """The brand demands a password and there is none: good for ChooseFirstPassword."""
    HALF_CODE = "half_code"
    """First step of a two-step login was the password: good for EnterCode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCode:
    """The code that a number got last for one purpose. The code itself is not kept."""

    code_index: bytes
    """Keyed hash, 32 bytes."""
    sent_at: dt.datetime
    expires_at: dt.datetime
    tries: int
    """Wrong answers so far."""
    used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A proved number, good once for one purpose."""

    brand: str
    purpose: CodePurpose
    phone_number: str
    """`+86` and 11 digits."""


def new_code() -> str:
    """A new code of six digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def check_code(text: str) -> str:
    """Returns `text` if it is six digits. Raises FieldInvalid."""
    if CODE.fullmatch(text) is None:
        raise FieldInvalid("code", "must be exactly 6 digits")
    return text


def new_ticket() -> str:
    """A new ticket of 256 random bits."""
    return secrets.token_urlsafe(32)


def new_captcha() -> str:
    """What a new captcha shows."""
    return "".join(secrets.choice(CAPTCHA_LETTERS) for _ in range(CAPTCHA_LENGTH))


def code_text(purpose: CodePurpose, phone_number: str, code: str) -> str:
    """What the index of a code covers: the code is good for this number and purpose only."""
    return f"{purpose.value}:{phone_number}:{code}"


def captcha_text(captcha_id: str, answer: str) -> str:
    """What the index of a captcha covers; case does not matter."""
    return f"{captcha_id}:{answer.strip().upper()}"
