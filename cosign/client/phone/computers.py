"""Computers that log in to the account of a phone: scan, compare, let in or keep out, list, log out."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cosign.api.v1 import computer_login_pb2 as pb
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.certificate_login import co_sign
from cosign.client.phone.engine import Engine
from cosign.client.phone.login import Login
from cosign.client.phone.shares import Secret

SERVICE: Final = "ComputerLoginService"
LABEL: Final = "LOGIN/computer"


@dataclass(frozen=True, slots=True)
class WaitingComputer:
    """What wants to log in. Show all of it to the user before he decides."""

    login_id: str
    brand: str
    label: str
    """Browser and system, as the page told."""
    network: str
    created_at: dt.datetime
    needs: str
    """`device`, `biometric` or `pin`."""


@dataclass(frozen=True, slots=True)
class LoggedInComputer:
    """A computer that was let in."""

    computer_id: str
    label: str
    network: str
    opened_at: dt.datetime
    expires_at: dt.datetime


class Computers:
    """Calls with the session of the phone. Each raises LoggedOut, Rejected, Unreachable."""

    def __init__(self, engine: Engine, login: Login, connection: AccountConnection) -> None:
        self._engine = engine
        self._login = login
        self._connection = connection

    def scan(self, qr_text: str) -> WaitingComputer:
        """Ties the login of a QR code to this phone."""
        found = self._call("ScanComputerLogin", pb.ScanComputerLoginRequest(qr_text=qr_text))
        return WaitingComputer(
            login_id=found.login_id,
            brand=qr_text.split(".")[1],
            label=found.label,
            network=found.network,
            created_at=found.created_at.ToDatetime(tzinfo=dt.UTC),
            needs=pb.ComputerConfirmation.Name(found.confirmation).removeprefix("COMPUTER_CONFIRMATION_").lower(),
        )

    def confirm(
        self,
        waiting: WaitingComputer,
        number: str,
        *,
        key_id: str = "",
        pin: Secret | None = None,
        biometric_signature: bytes = b"",
    ) -> None:
        """Lets a computer in.

        Args:
            waiting: As `scan` gave it.
            number: Two digits, as the user read them from the computer.
            key_id, pin: A key of this phone and its PIN, where the login needs one.
            biometric_signature: Of the key behind fingerprint or face, where the login needs one.
        """
        login_id, signature = waiting.login_id, biometric_signature
        if pin is not None:
            signature = co_sign(self._engine, LABEL, login_id.encode(), waiting.brand, key_id, pin)
        request = pb.ConfirmComputerLoginRequest(
            login_id=login_id,
            number=number,
            proof=self._login.prove(f"{SERVICE}/ConfirmComputerLogin", [login_id.encode(), number.encode()]),
            signature=signature,
            key_id=key_id,
        )
        self._call("ConfirmComputerLogin", request)

    def refuse(self, waiting: WaitingComputer) -> None:
        """Keeps a computer out."""
        self._call("RefuseComputerLogin", pb.RefuseComputerLoginRequest(login_id=waiting.login_id))

    def all(self) -> Sequence[LoggedInComputer]:
        """Computers that are logged in, newest first."""
        return [
            LoggedInComputer(
                computer_id=one.computer_id,
                label=one.label,
                network=one.network,
                opened_at=one.opened_at.ToDatetime(tzinfo=dt.UTC),
                expires_at=one.expires_at.ToDatetime(tzinfo=dt.UTC),
            )
            for one in self._call("ListComputers", pb.ListComputersRequest()).computers
        ]

    def end(self, computer_id: str) -> None:
        """Logs a computer out."""
        self._call("EndComputer", pb.EndComputerRequest(computer_id=computer_id))

    def _call(self, method: str, request: Any) -> Any:
        return self._connection.call(SERVICE, method, request, self._login.bearer())
