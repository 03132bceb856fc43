"""What may log in by a co-signature: the port, what is signed, and how it is verified. No I/O.

    message = H("LOGIN/certificate", challenge, brand, account_id, device_id, key_id)
    digest  = SM3(ZA ‖ message) with the default signer id (GB/T 32918.2) of an SM2 key, message itself of a P-256 key

The label keeps a login apart from every other thing a key signs; the fields keep it with one account, phone and key.
"""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Final, Protocol

from protocol import _core, sm2
from protocol.codes import Suite

LABEL: Final = "LOGIN/certificate"
CHALLENGE_BYTES: Final = 32


class CredentialState(enum.StrEnum):
    """Whether a credential logs in."""

    USABLE = "usable"
    FROZEN = "frozen"
    ENDED = "ended"
    """Revoked, expired or never activated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginCredential:
    """A key, or a certificate over it, that proves who holds a phone."""

    key_id: str
    account_id: str
    device_id: str
    """The phone that holds the other share."""
    suite: str
    """`sm2` or `p256`, as keys name it."""
    public_key: bytes
    """33 bytes, SEC 1 compressed."""
    state: CredentialState


class LoginCredentials(Protocol):
    """Which keys may log in, on the connection of the caller's transaction.

    The signing area answers for keys; an area of certificates would answer for the certificates over them.
    """

    def find(self, key_id: str) -> LoginCredential | None:
        """The credential of a key for signatures or logins; None for any other id."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateChallenge:
    """What a challenge is good for."""

    account_id: str
    """Empty: for nothing; it was given to somebody who may not know that."""
    device_id: str
    key_id: str
    brand: str
    expires_at: dt.datetime


class CertificateChallenges(Protocol):
    """Challenges that wait for their answer."""

    def add(self, challenge_hash: bytes, challenge: CertificateChallenge) -> None:
        """Stores one."""
        ...

    def take(self, challenge_hash: bytes) -> CertificateChallenge | None:
        """Removes one, whether its time is over or not; None if there is none."""
        ...


def login_digest(credential: LoginCredential, challenge: bytes, brand: str, *, label: str = LABEL) -> bytes:
    """What the key signs, 32 bytes."""
    names = (brand, credential.account_id, credential.device_id, credential.key_id)
    message = _core.h("P256", label, [challenge, *(name.encode() for name in names)])
    return sm2.digest(credential.public_key, message) if credential.suite == Suite.SM2.value else message


def verify_login(
    credential: LoginCredential, challenge: bytes, brand: str, signature: bytes, *, label: str = LABEL
) -> None:
    """Raises BadSignature or MalformedScalar unless `signature`, 64 bytes r‖s, is one over the challenge."""
    digest = login_digest(credential, challenge, brand, label=label)
    if credential.suite == Suite.SM2.value:
        _core.sm2_verify(credential.public_key, digest, signature)
    else:
        _core.ecdsa_p256_verify(credential.public_key, digest, signature)
