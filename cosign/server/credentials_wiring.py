"""Lets the keys of the signing area log in (`cosign.accounts.credentials.LoginCredentials`)."""

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Connection

from cosign.accounts.credentials import CredentialState, LoginCredential, LoginCredentials
from cosign.signing.area import SigningUnits
from cosign.signing.model import KeyState, Purpose

_PURPOSES: Final = frozenset({Purpose.SIGN, Purpose.LOGIN})
_STATES: Final[Mapping[KeyState, CredentialState]] = {
    KeyState.INACTIVE: CredentialState.ENDED,
    KeyState.ACTIVE: CredentialState.USABLE,
    KeyState.FROZEN: CredentialState.FROZEN,
    KeyState.REVOKED: CredentialState.ENDED,
}


class KeyCredentials:
    """Every signing and login key is a credential of its user on its phone."""

    def __init__(self, units: SigningUnits, connection: Connection) -> None:
        self._keys = units.unit(connection)

    def find(self, key_id: str) -> LoginCredential | None:
        """See the port."""
        key = self._keys.key(key_id)
        if key is None or key.purpose not in _PURPOSES:
            return None
        return LoginCredential(
            key_id=key.key_id,
            account_id=key.user_id,
            device_id=key.device_id,
            suite=key.suite,
            public_key=key.public_key,
            state=_STATES[key.state],
        )


def key_credentials(units: SigningUnits) -> Callable[[Connection], LoginCredentials]:
    """The credentials on a connection."""
    return lambda connection: KeyCredentials(units, connection)
