"""The port every token implements (section 8), and the faults it may raise.

A token holds versions of a key-encryption key (KEK). It seals the plaintext of a record, an opaque handle of type
`RecordT`, under one version and unseals it with the same associated data. Framing and associated data are the
caller's business (`keyshare.sealing`).
"""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

RecordT = TypeVar("RecordT")
DraftT = TypeVar("DraftT")


class TokenFault(Exception):
    """Base of everything a token may raise.

    ::

        TokenFault
        ├── TokenUnavailable    cannot be reached or read; nothing was done
        │   └── TokenBusy       works, but all its sessions are taken; nothing was done
        ├── TokenKeyMissing     a KEK version that should exist does not, or was destroyed
        ├── TokenKeyDamaged     a KEK version exists but is not the one it claims to be
        ├── TokenInsecure       files or folder of a software token may be read by others
        ├── TokenRefused        this kind of token may not be used here
        └── RecordRefused       the record does not open: other data, other key, or damaged
    """


class TokenUnavailable(TokenFault):
    """The token cannot be reached or its storage cannot be read or written."""

    def __init__(self, detail: str = "", *, retry_after_ms: int = 1_000) -> None:
        """`retry_after_ms` tells the caller when to come back."""
        super().__init__(detail)
        self.retry_after_ms = retry_after_ms


class TokenBusy(TokenUnavailable):
    """Every session of the token is taken and as many calls wait as may wait."""


class TokenKeyMissing(TokenFault):
    """A KEK version that is asked for, or that the token recorded, is not there."""


class TokenKeyDamaged(TokenFault):
    """A KEK version does not have its recorded check value, or its file has a wrong form."""


class TokenInsecure(TokenFault):
    """Somebody else may read the token's files."""


class TokenRefused(TokenFault):
    """The environment does not allow this kind of token."""


class RecordRefused(TokenFault):
    """SEAL-2: the record does not open under the given associated data. An alarm, never a reason to try again."""


class SecurityLevel(enum.IntEnum):
    """Tier of section 8.2."""

    SOFTWARE = 0
    """Tier 0: protects nothing real."""
    SEALED_RECORD = 1
    """Tier 1: records sealed by a hardware token."""
    SHARE_IN_TOKEN = 2
    """Tier 2: decryption shares live in the token."""
    WHOLE_STEP = 3
    """Tier 3: proof check, counter and signing step run in the token."""


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What an operator sees of a token."""

    name: str
    level: SecurityLevel
    algorithm: int
    """Field `alg` of section 8.1."""
    current_version: int
    check_values: dict[int, bytes]
    """KEK version to its 3-byte check value, for every readable version."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """What metrics and operators see of the sessions of a token."""

    generation: int
    """Logins so far; a token that went away and came back has one more."""
    ready: bool
    inside: int
    """Calls that run or wait."""
    lost: int
    """Calls that were given up and have not come back."""
    why: str
    """Why it is not ready."""


class Sealed(NamedTuple):
    """One record to open."""

    sealed: bytes
    """iv ‖ ciphertext ‖ tag."""
    aad: bytes
    version: int


class Token(Protocol[RecordT]):
    """Seals and opens records. Safe to call from several threads."""

    @property
    def algorithm(self) -> int:
        """Field `alg` of the records this token makes (section 8.1)."""
        ...

    @property
    def current_version(self) -> int:
        """KEK version for new records, from 1."""
        ...

    @property
    def shares(self) -> "ShareHolder[RecordT] | None":
        """Tier 2; None if no token of this kind can hold shares."""
        ...

    def info(self) -> TokenInfo:
        """Describes the token for operators; no secrets."""
        ...

    def seal(self, record: RecordT, aad: bytes, *, version: int) -> bytes:
        """Returns iv ‖ ciphertext ‖ tag; the iv is fresh for every call.

        Raises:
            TokenKeyMissing: No such version.
            TokenUnavailable: The token cannot be used now.
        """
        ...

    def unseal(self, sealed: bytes, aad: bytes, *, version: int) -> RecordT:
        """Opens what `seal` made with the same `aad` and `version`.

        Raises:
            RecordRefused: SEAL-2, the record and the data do not belong together.
            TokenKeyMissing: No such version, or it was destroyed (SEAL-6).
            TokenUnavailable: The token cannot be used now.
        """
        ...

    def unseal_many(self, records: Sequence[Sealed]) -> list[RecordT | TokenFault]:
        """Opens several records in as few calls to the token as possible.

        Returns:
            One entry per record, in order: the record, or the fault that `unseal` would raise for it.
        """
        ...

    def new_version(self) -> int:
        """Makes the next KEK version current and returns it; older ones stay readable (SEAL-4).

        Raises:
            TokenUnavailable: The new key could not be stored durably; the old version stays current.
        """
        ...

    def destroy_version(self, version: int) -> None:
        """SEAL-6: destroys a version that is not current; records under it can never be opened again.

        Raises:
            TokenKeyMissing: No such version.
            ValueError: `version` is the current one.
        """
        ...

    def random(self, length: int) -> bytes:
        """Returns `length` random bytes of the token's generator."""
        ...

    def self_test(self) -> None:
        """HSM-4: checks every readable version and the generator.

        Raises:
            TokenFault: The token must not be used.
        """
        ...

    def restore_epoch(self) -> int:
        """RS-2: number of restores and lossy fail-overs so far. Kept with the token, outside the database."""
        ...

    def raise_restore_epoch(self) -> int:
        """Raises the restore epoch durably by one and returns it. Called by every restore (RS-2)."""
        ...

    def close(self) -> None:
        """Gives back what the token holds in this process; no call may follow."""
        ...


class DecryptionShare(NamedTuple):
    """Tier 2: the token's part of a share of a decryption key, as an EC key that only its token can use."""

    wrapped: bytes
    """The private key under a key of the token; not secret, worthless elsewhere."""
    public_key: bytes
    """b_t·G on P-256, 33 bytes."""


class Question(NamedTuple, Generic[RecordT]):
    """One request for a key whose share is in the token."""

    wrapped: bytes
    """`DecryptionShare.wrapped` of the key."""
    record: RecordT
    """The opened record with the part of the share outside of the token."""
    request: Any
    """The request, a handle of the core: its points never pass through Python."""


class ShareHolder(Protocol[RecordT]):
    """Tier 2 of section 8.2: decryption shares of P-256 keys that never leave the token (HSM-2, HSM-3)."""

    def create(self, draft: Callable[[bytes], DraftT]) -> tuple[DecryptionShare, DraftT]:
        """Draws a share inside the token and lets it sign once, by which the phone knows that the token has it.

        Args:
            draft: Gets the public key, 33 bytes, and returns the core's handle of what is to be signed. May be called
                again with another key.

        Returns:
            The wrapped share and its draft, signed.

        Raises:
            TokenRefused: The token does not offer what this needs.
            TokenUnavailable: The token cannot be used now.
        """
        ...

    def agree(self, questions: Sequence[Question[RecordT]]) -> list[RecordT | TokenFault]:
        """Evaluates the points of each request in the token.

        Returns:
            One entry per question, in order: the record with the token's answers, or RecordRefused (`wrapped` is not a
            share of this token), TokenRefused or TokenUnavailable.
        """
        ...
