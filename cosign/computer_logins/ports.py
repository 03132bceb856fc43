"""One transaction on the logins of computers, as the use cases see it."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from cosign.accounts import AccountUnit
from cosign.computer_logins.model import ComputerLogin, ComputerLoginState, ComputerSession


class ComputerLogins(Protocol):
    """Computers that wait."""

    def add(self, login: ComputerLogin, *, ticket_hash: bytes, secret_hash: bytes, number: str) -> None:
        """Stores a login."""
        ...

    def get(self, login_id: str) -> ComputerLogin | None: ...

    def of_computer(self, login_id: str, secret_hash: bytes) -> ComputerLogin | None:
        """A login, for the computer that holds its secret; None for everybody else."""
        ...

    def by_ticket(self, ticket_hash: bytes) -> ComputerLogin | None: ...

    def is_number(self, login: ComputerLogin, number: str) -> bool:
        """Whether the computer shows this number."""
        ...

    def charge_try(self, login: ComputerLogin) -> int:
        """Counts a wrong number; returns how many there were."""
        ...

    def scanned(
        self, login: ComputerLogin, *, account_id: str, device_id: str, session_id: str, acting: str
    ) -> ComputerLogin:
        """WAITING to SCANNED by this phone, and tells the computer. Raises ConcurrentOperation."""
        ...

    def become(self, login: ComputerLogin, target: ComputerLoginState) -> ComputerLogin:
        """Changes the state, and tells the computer.

        Raises:
            ComputerLoginStateRefused: No such transition.
            ConcurrentOperation: It changed meanwhile.
        """
        ...


class ComputerSessions(Protocol):
    """Computers that were let in."""

    def add(self, session: ComputerSession, token_hash: bytes) -> None: ...

    def by_token(self, token_hash: bytes) -> ComputerSession | None: ...

    def living(self, account_id: str, now: dt.datetime) -> Sequence[ComputerSession]:
        """Those whose time is not over, newest first; the login of the phone may have ended."""
        ...

    def end(self, computer_id: str, reason: str) -> bool:
        """False if it had ended."""
        ...


class ComputerUnit(Protocol):
    """One transaction."""

    @property
    def logins(self) -> ComputerLogins: ...

    @property
    def computers(self) -> ComputerSessions: ...

    @property
    def accounts(self) -> AccountUnit: ...
