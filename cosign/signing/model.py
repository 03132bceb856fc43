"""What the signing area tells others about keys and devices. Public descriptions only."""

import datetime as dt
import enum
from dataclasses import dataclass

from keyshare.device_row import DeviceRow, DeviceState
from keyshare.records import KeyState
from protocol.codes import Custody, Purpose, Status

__all__ = [
    "ActivationChallenge",
    "Custody",
    "DeviceStanding",
    "EnvelopeKeyStatement",
    "FrozenBy",
    "Handled",
    "Key",
    "KeyFilter",
    "KeyState",
    "Purpose",
    "RestoreReport",
    "SweepReport",
]


class FrozenBy(enum.StrEnum):
    """Who froze a key; decides who may unfreeze it."""

    NOBODY = ""
    USER = "user"
    OPERATOR = "operator"
    RESTORE = "restore"
    """RS-3: after a restore the row names another share than the head log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A joint key."""

    key_id: str
    user_id: str
    device_id: str
    suite: str
    purpose: Purpose
    public_key: bytes
    """33 bytes, SEC 1 compressed."""
    state: KeyState
    frozen_by: FrozenBy
    share_epoch: int
    """Completed refreshes."""
    decryptions: int
    """Answers over the life of the public key (DEC-3)."""
    created_at: dt.datetime
    custody: Custody = Custody.SEALED
    """Where the server's share lives (section 8.2)."""
    challenge_hash: bytes = b""
    """SHA-256 of the plaintext that activates a decryption key; empty if none was asked for."""


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """Which keys to list; None does not restrict."""

    purpose: Purpose | None = None
    state: KeyState | None = None
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class ActivationChallenge:
    """KG-7: what an INACTIVE key must do. Exactly one field is set."""

    digest: bytes | None = None
    """Signing and login keys: 32 bytes to sign."""
    ciphertext: bytes | None = None
    """Decryption keys: C1 (65) ‖ C3 (32) ‖ C2 of 32 random bytes."""


@dataclass(frozen=True, slots=True)
class DeviceStanding:
    """Counters of one device, as an operator or its user may see them."""

    device_id: str
    state: DeviceState
    attempts_left: int
    lifetime_left: int
    locked_until: dt.datetime | None
    ctr: int

    @classmethod
    def of(cls, row: DeviceRow) -> "DeviceStanding":
        """Leaves out everything that is a token."""
        until = dt.datetime.fromtimestamp(row.lock_until_ms / 1000, dt.UTC) if row.lock_until_ms else None
        return cls(row.device_id, row.state, row.attempts_left, row.lifetime_left, until, row.ctr)


@dataclass(frozen=True, slots=True)
class EnvelopeKeyStatement:
    """E2E-4: an envelope key with the identity key's statement about it."""

    core_key_id: bytes
    """8 bytes."""
    suite: int
    public_key: bytes
    """33 bytes."""
    not_before_ms: int
    not_after_ms: int
    signature: bytes
    """64-byte r‖s."""


@dataclass(frozen=True, slots=True)
class Handled:
    """One key operation that was answered."""

    answer: bytes
    """Frame of E2E-3."""
    status: Status
    op: int
    device_id: str = ""
    """Empty unless the device signature was right."""
    count: int = 0
    clone_case: str = ""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep removed."""

    pending_keygens: int
    pending_shares: int
    retired_shares: int
    inactive_keys: int
    idempotent_answers: int
    seen_requests: int = 0


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """RS-2, RS-3: what was done after a restore of the database."""

    restore_epoch: int
    frozen: tuple[str, ...]
    """Keys whose head share is not the one of the log."""
    revoked: tuple[str, ...]
    """Keys that had been revoked after the backup was made, and are revoked again."""
