"""What the key-share layer needs from outside, as Protocols with read-only properties.

`protocol.server.Request` and `Evaluation` fit `OpenedRequest` and `Evaluated`; stores are `keyshare.memory_store`
and the SQL store of `cosign.signing`.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from keyshare.batch_locks import BatchLocks, LockedBatch
from keyshare.device_row import DeviceRow, StoredDevice
from keyshare.records import (
    CountedSetup,
    KeyCounts,
    LockedShare,
    NewKey,
    NewPendingShare,
    PendingKeygen,
    ReplacedRecord,
)

RAW: Final = 1
"""`OpenedRequest.phase` of an ECDH that gives shared secrets away (ECDH-3)."""

RecordT = TypeVar("RecordT")
RecordT_co = TypeVar("RecordT_co", covariant=True)
RecordT_contra = TypeVar("RecordT_contra", contravariant=True)


class OpenedRequest(Protocol):
    """Readable part of one opened request (E2E-2, section 1.5)."""

    @property
    def op(self) -> int: ...
    @property
    def phase(self) -> int:
        """1 or 2 for OT_SETUP; RAW for ECDH in that mode."""
        ...

    @property
    def suite(self) -> str: ...
    @property
    def purpose(self) -> int: ...
    @property
    def user_id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def key_id(self) -> str: ...
    @property
    def share_id(self) -> bytes: ...
    @property
    def pk(self) -> bytes: ...
    @property
    def req_id(self) -> bytes: ...
    @property
    def issued_at_ms(self) -> int: ...
    @property
    def expires_at_ms(self) -> int: ...
    @property
    def ctr(self) -> int: ...
    @property
    def tau(self) -> bytes: ...
    @property
    def open_reqs(self) -> list[bytes]: ...
    @property
    def policy(self) -> bytes: ...
    @property
    def restore_epoch(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def digests(self) -> list[bytes]: ...
    @property
    def header(self) -> bytes:
        """As it was sent; evidence (E2E-7)."""
        ...

    @property
    def ctx(self) -> bytes: ...
    @property
    def body_hash(self) -> bytes: ...
    @property
    def enc_hash(self) -> bytes: ...
    @property
    def sig_dev(self) -> bytes: ...
    def answer(
        self,
        status: int,
        *,
        server_time_ms: int,
        durable: bool = False,
        attempts_left: int = 0,
        retry_after_s: int = 0,
        ctr: int = 0,
        tau: bytes = ...,
        restore_epoch: int = 0,
        body: bytes = b"",
    ) -> bytes:
        """E2E-3, without anything computed from a share. Works once."""
        ...


class Evaluated(Protocol[RecordT_co]):
    """Outcome of one evaluation (TX-3)."""

    @property
    def outcome(self) -> int:
        """`protocol.codes.Outcome`."""
        ...

    @property
    def audit_hash(self) -> bytes:
        """32 bytes; zeros unless RIGHT."""
        ...

    @property
    def pending(self) -> RecordT_co | None:
        """The record to seal, a dummy of the same size unless RIGHT: the new share of REFRESH, else what replaces the
        record of the share that was used."""
        ...

    @property
    def ot(self) -> int:
        """`protocol.codes.OtChange`; UNCHANGED unless RIGHT."""
        ...

    @property
    def new_share_id(self) -> bytes | None:
        """REFRESH: 16 bytes."""
        ...

    def answer(
        self,
        status: int,
        *,
        server_time_ms: int,
        durable: bool = False,
        attempts_left: int = 0,
        retry_after_s: int = 0,
        ctr: int = 0,
        tau: bytes = ...,
        restore_epoch: int = 0,
        pending_expires_ms: int = 0,
    ) -> bytes:
        """TX-6: only after the acknowledged commit. Works once."""
        ...


class Evaluator(Protocol[RecordT]):
    """TX-3: the only place where a share is used."""

    def evaluate(self, items: Sequence[tuple[OpenedRequest, RecordT]]) -> Sequence[Evaluated[RecordT]]:
        """Evaluates requests of different devices, in order. One item never disturbs another."""
        ...


class Clock(Protocol):
    """Present time."""

    def now_ms(self) -> int: ...


Random = Callable[[int], bytes]
"""Random bytes of the given length, for clone tokens."""


class HeadLog(Protocol):
    """RS-3: head share per (key, device) and ended keys, outside the database.

    An entry is announced before the commit and settled after it, so that a crash between the two is told apart from
    a database that was restored to an earlier state.
    """

    def announce(self, key_id: str, device_id: str, share_id: bytes, previous: bytes) -> None:
        """Notes durably that a commit is about to make `share_id` the head; `previous` is empty for a new key."""
        ...

    def settle(self, key_id: str, device_id: str, share_id: bytes) -> None:
        """Notes that the commit was acknowledged."""
        ...

    def ended(self, key_id: str, device_id: str) -> None:
        """Notes durably that the key was revoked, before the commit that revokes it."""
        ...


class Durability(Protocol):
    """RF-8: whether the loss of this machine could still bring back an older share."""

    def covers(self, promoted_at_ms: int) -> bool: ...


class AuditKind(enum.StrEnum):
    """What an audit row of this layer reports."""

    EVALUATED = "evaluated"
    RAW_AGREEMENT = "raw_agreement"
    """EVALUATED, of an ECDH in mode RAW."""
    REJECTED = "rejected"
    KEY_GENERATED = "key_generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Section 10.1. Never an answer, a point or a scalar."""

    kind: AuditKind
    time_ms: int
    outcome: str
    """`right`, `wrong` or `fault`; the status name of a rejected request; of a new key `done`, or `in_token` if
    the token holds its share."""
    device_id: str
    request: OpenedRequest | None
    """Source of the evidence fields (E2E-7); None for rejected requests: device, reason and time only."""
    clone_case: str = ""
    audit_hash: bytes = b""
    key_id: str = ""
    share_id: bytes = b""


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """One guarded update of a device row (TX-4)."""

    before: DeviceRow
    after: DeviceRow
    mac: bytes
    """SEAL-7, over `after`."""
    guard_attempts: bool = True
    """Whether the guard attempts_left > 0 applies: to evaluations that were not paid in advance (TX-8)."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """RF-7: PENDING becomes CURRENT and the share before it RETIRED."""

    key_id: str
    device_id: str
    share_id: bytes


class ShareTransaction(Protocol):
    """One transaction on the store. Everything in it is invisible until `commit` returns."""

    def lock_batch(self, wanted: BatchLocks) -> LockedBatch:
        """TX-B2: everything a micro-batch locks and reads, in one question.

        Raises:
            StoreBusy: `wanted.wait` is set and a row stayed locked for two seconds, or a quota row did.
        """
        ...

    def lock_devices(self, device_ids: Sequence[str]) -> Mapping[str, StoredDevice]:
        """TX-1, TX-B2: locks the rows in ascending id, in one statement; unknown ids are left out.

        Raises:
            StoreBusy: A row stayed locked for two seconds.
        """
        ...

    def lock_shares(self, share_ids: Sequence[bytes]) -> Mapping[bytes, LockedShare]:
        """TX-B2: locks the keys of these shares in ascending key id and reads both."""
        ...

    def seen(self, pairs: Sequence[tuple[str, bytes]]) -> frozenset[tuple[str, bytes]]:
        """CLONE-2: which (device, req_id) have been seen."""
        ...

    def decryptions(self, pks: Sequence[bytes]) -> Mapping[bytes, int]:
        """DEC-3: answers so far per public key; 0 is left out. Locked like the keys."""
        ...

    def update_devices(self, changes: Sequence[DeviceChange]) -> frozenset[str]:
        """TX-4: guarded by row_ver, state, ctr and, where it applies, attempts_left > 0.

        Returns:
            Ids whose update did not hit exactly one row (TX-B4).
        """
        ...

    def freeze_corrupted(self, device_ids: Sequence[str]) -> None:
        """SEAL-7: sets FROZEN and leaves every other column, and the wrong MAC, as evidence."""
        ...

    def add_seen(self, entries: Sequence[tuple[str, bytes, int]]) -> None:
        """CLONE-4: (device, id, end of life in ms); an existing end is raised, never lowered."""
        ...

    def insert_pending_shares(self, shares: Sequence[NewPendingShare]) -> None:
        """RF-3: expires an older PENDING share of the same (key, device), then inserts."""
        ...

    def replace_records(self, records: Sequence[ReplacedRecord]) -> None:
        """Section 6.2: new records of shares that stay, guarded by row_ver, with the state of their OT set-ups.

        Raises:
            StoreUnavailable: A share disappeared under the lock.
        """
        ...

    def count_setups(self, counts: Sequence[CountedSetup]) -> None:
        """Section 6.2: OT set-ups that keys have begun today."""
        ...

    def promote(self, promotions: Sequence[Promotion], now_ms: int) -> Mapping[bytes, bytes]:
        """RF-7. Returns the share that each promoted share replaced."""
        ...

    def count_decryptions(self, used: Mapping[bytes, int], limit: int) -> None:
        """DEC-3: adds answers per public key.

        Raises:
            StoreUnavailable: The limit would be passed in spite of the lock.
        """
        ...

    def key_id_used(self, key_id: str) -> bool:
        """KG-2, KG-4: whether a key has this id."""
        ...

    def count_keys(self, device_id: str) -> KeyCounts:
        """KG-2, KG-4: how many keys the device has."""
        ...

    def find_pending_owner(self, key_id: str) -> str | None:
        """KG-2: device of the pending key generation under this id."""
        ...

    def put_pending_keygen(self, pending: PendingKeygen) -> None:
        """KG-2: stores the server's half; replaces an older one of the same device and key id."""
        ...

    def consume_pending_keygen(self, key_id: str, k1: bytes) -> bool:
        """KG-4: deletes the record; False when it is gone already."""
        ...

    def insert_key(self, key: NewKey) -> None:
        """KG-4: inserts the INACTIVE key with its CURRENT share."""
        ...

    def append_audit(self, rows: Sequence[AuditRow]) -> None:
        """Section 10.1: in the same transaction as the act."""
        ...

    def commit(self) -> None:
        """TX-5: returns only when the commit is acknowledged as durable.

        Raises:
            StoreUnavailable: Failed, or the result is unknown.
        """
        ...


class ShareStore(Protocol):
    """Makes transactions."""

    def begin(self) -> AbstractContextManager[ShareTransaction]:
        """Opens a transaction; leaving the block without `commit` rolls back.

        Raises:
            StoreBusy, StoreUnavailable: See there.
        """
        ...
