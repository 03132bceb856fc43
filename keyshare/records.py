"""States of shares and keys, one transition table each (section 4.1, KG-7)."""

import enum
from dataclasses import dataclass
from typing import Final

from keyshare.errors import TransitionRefused
from protocol.codes import Custody, Op, OtChange, Purpose, Suite
from protocol.seal import RecordFlag

_X_ONLY: Final = RecordFlag.X_ONLY.value
PENDING_SHARE_MS: Final = 24 * 3_600_000
"""How long a refreshed share waits for CONFIRM."""

PENDING_KEYGEN_MS: Final = 5 * 60_000
"""KG-2: how long the server keeps its half between M1 and M3."""

INACTIVE_KEY_MS: Final = 24 * 3_600_000
"""How long a key waits for its first joint operation (KG-7)."""

DECRYPTION_QUOTA: Final = 1 << 20
"""DEC-3: answers per public key, for life, over all its devices."""


ACTIVATION_DECRYPTIONS: Final = 8
"""KG-7: answers of a decryption key before it is ACTIVE; enough for an activation with lost answers."""


MAX_INACTIVE_KEYS: Final = 16
MAX_KEYS: Final = 256
"""Keys of one device that wait for their activation, and that are not revoked; KEYGEN needs no PIN."""


MAX_OT_SETUPS: Final = 10
OT_SETUPS_MS: Final = 24 * 3_600_000
"""Section 6.2: OT set-ups that a key may begin per day."""


class OtState(enum.StrEnum):
    """Whether the share of an ECDSA key can sign (SEAL-8)."""

    NONE = "none"
    """No set-up: another kind of key, or part 2 is outstanding."""
    READY = "ready"
    DESTROYED = "destroyed"
    """The phone's extension was inconsistent (EC-6)."""


OT_TRANSITIONS: Final = {
    OtChange.BEGUN: {OtState.NONE: OtState.NONE, OtState.READY: OtState.NONE, OtState.DESTROYED: OtState.NONE},
    OtChange.READY: {OtState.NONE: OtState.READY},
    OtChange.FAILED: {OtState.NONE: OtState.NONE},
    OtChange.DESTROYED: {OtState.READY: OtState.DESTROYED},
}
"""What a right request makes of the state; a new set-up is the only way out of DESTROYED."""


class ShareState(enum.StrEnum):
    """Life of a server share."""

    PENDING = "pending"
    CURRENT = "current"
    RETIRED = "retired"
    EXPIRED = "expired"
    DESTROYED = "destroyed"


SHARE_TRANSITIONS: Final = frozenset(
    {
        (ShareState.PENDING, ShareState.CURRENT),  # CONFIRM (RF-7)
        (ShareState.PENDING, ShareState.EXPIRED),  # 24 hours, or a newer REFRESH
        (ShareState.CURRENT, ShareState.RETIRED),  # promotion of another share
        (ShareState.CURRENT, ShareState.DESTROYED),  # the key ended
        (ShareState.RETIRED, ShareState.DESTROYED),  # a backup covers the promotion, or the key ended
        (ShareState.PENDING, ShareState.DESTROYED),  # the key ended
    }
)
"""No state leads back to CURRENT: an old share is never used again."""


class KeyState(enum.StrEnum):
    """Life of a joint key."""

    INACTIVE = "inactive"
    """Generated; the first joint operation is outstanding (KG-7)."""
    ACTIVE = "active"
    FROZEN = "frozen"
    REVOKED = "revoked"


KEY_TRANSITIONS: Final = frozenset(
    {
        (KeyState.INACTIVE, KeyState.ACTIVE),  # KG-7
        (KeyState.ACTIVE, KeyState.FROZEN),
        (KeyState.FROZEN, KeyState.ACTIVE),
        (KeyState.INACTIVE, KeyState.REVOKED),
        (KeyState.ACTIVE, KeyState.REVOKED),
        (KeyState.FROZEN, KeyState.REVOKED),
    }
)


def check_share_transition(before: ShareState, after: ShareState) -> None:
    """Raises TransitionRefused unless a share may go from `before` to `after`."""
    if (before, after) not in SHARE_TRANSITIONS:
        raise TransitionRefused(f"a share cannot go from {before} to {after}")


def check_key_transition(before: KeyState, after: KeyState) -> None:
    """Raises TransitionRefused unless a key may go from `before` to `after`."""
    if (before, after) not in KEY_TRANSITIONS:
        raise TransitionRefused(f"a key cannot go from {before} to {after}")


def next_ot_state(before: OtState, change: OtChange) -> OtState:
    """The state after a request. Raises TransitionRefused for a change that the table does not have."""
    after = OT_TRANSITIONS[change].get(before)
    if after is None:
        raise TransitionRefused(f"an OT set-up cannot go from {before} by {change.name}")
    return after


def has_ot(suite: str, purpose: int) -> bool:
    """Whether shares of such a key have an OT set-up (section 6.2)."""
    return suite == Suite.P256 and purpose != Purpose.DECRYPT


def custody_of(flags: int) -> Custody:
    """Where a share lives, by the flags of its key: a token gives x-coordinates only (HSM-3)."""
    return Custody.TOKEN if flags & _X_ONLY else Custody.SEALED


def share_usable(state: ShareState, op: Op, *, expires_ms: int, now_ms: int) -> bool:
    """Section 4.1: CURRENT serves every operation, PENDING serves CONFIRM within its time."""
    if state is ShareState.CURRENT:
        return True
    return state is ShareState.PENDING and op is Op.CONFIRM and now_ms < expires_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """One share with the key it belongs to; values of two rows are never mixed (HDR-4)."""

    share_id: bytes
    """16 bytes."""
    key_id: str
    user_id: str
    device_id: str
    suite: str
    purpose: int
    flags: int
    pk: bytes
    """33 bytes."""
    sealed: bytes
    """Framed record (section 8.1); empty once destroyed."""
    state: ShareState
    row_ver: int
    expires_ms: int
    key_state: KeyState


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedShare:
    """What TX-1 reads again about a share under the lock."""

    share_id: bytes
    state: ShareState
    row_ver: int
    expires_ms: int
    changed_ms: int
    """When the present state began."""
    key_state: KeyState
    ot_state: OtState = OtState.NONE
    ot_setups: int = 0
    """OT set-ups that the key has begun since `ot_since_ms`."""
    ot_since_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedRecord:
    """A new record of a share that stays: its OT set-up has changed (section 6.2)."""

    share_id: bytes
    key_id: str
    row_ver: int
    """As locked."""
    sealed: bytes
    """The old bytes if a destruction (EC-6) could not be sealed."""
    kek_version: int
    ot_state: OtState


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedSetup:
    """OT set-ups that a key has begun today, after one more."""

    key_id: str
    ot_setups: int
    ot_since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingKeygen:
    """Server side of a key generation between M1 and M3 (KG-2)."""

    key_id: str
    device_id: str
    user_id: str
    suite: str
    purpose: int
    k1: bytes
    """32 bytes, bound into the seal."""
    sealed: bytes
    expires_ms: int


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """Keys of one device."""

    inactive: int
    living: int
    """All that are not revoked."""

    @property
    def full(self) -> bool:
        """Whether the device may have no further key."""
        return self.inactive >= MAX_INACTIVE_KEYS or self.living >= MAX_KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What KG-4 inserts: an INACTIVE key and its CURRENT share."""

    key_id: str
    user_id: str
    device_id: str
    suite: str
    purpose: int
    flags: int
    pk: bytes
    share_id: bytes
    sealed: bytes
    kek_version: int
    created_ms: int

    @property
    def custody(self) -> Custody:
        """Where the share lives."""
        return custody_of(self.flags)

    @property
    def ot_state(self) -> OtState:
        """The set-up of an ECDSA key is finished with M3 (OTS-7)."""
        return OtState.READY if has_ot(self.suite, self.purpose) else OtState.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPendingShare:
    """What RF-3 inserts beside the CURRENT share."""

    share_id: bytes
    key_id: str
    device_id: str
    sealed: bytes
    kek_version: int
    created_ms: int
    expires_ms: int
