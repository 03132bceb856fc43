"""A complete store in memory: for embedding the key-share layer without a database, and for model tests.

Transactions are serial. A transaction works on copies; `commit` swaps them in, leaving without it drops them.
`fail_at` names a step at which the next transaction fails, once or for good, so that tests can put a fault between
any two steps.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final

from keyshare.batch_locks import BatchLocks, LockedBatch, lock_one_by_one
from keyshare.device_row import DeviceRow, DeviceState, StoredDevice
from keyshare.errors import StoreBusy, StoreUnavailable
from keyshare.ports import AuditRow, DeviceChange, Promotion
from keyshare.records import (
    CountedSetup,
    KeyCounts,
    KeyState,
    LockedShare,
    NewKey,
    NewPendingShare,
    OtState,
    PendingKeygen,
    ReplacedRecord,
    ShareRow,
    ShareState,
    check_share_transition,
)

FAILURE_POINTS: Final = ("begin", "lock", "write", "commit", "after_commit")
"""Steps `fail_at` may name; `after_commit` commits and reports a failure: an unknown result (TX-5)."""


@dataclass(slots=True)
class Tables:
    """Content of the store."""

    devices: dict[str, StoredDevice] = field(default_factory=dict)
    shares: dict[bytes, ShareRow] = field(default_factory=dict)
    changed_ms: dict[bytes, int] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    seen: dict[tuple[str, bytes], int] = field(default_factory=dict)
    pending: dict[str, PendingKeygen] = field(default_factory=dict)
    decryptions: dict[bytes, int] = field(default_factory=dict)
    ot_states: dict[bytes, OtState] = field(default_factory=dict)
    ot_setups: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Per key: OT set-ups begun, and since when."""
    audit: list[AuditRow] = field(default_factory=list)

    def copy(self) -> "Tables":
        """A copy that shares the (immutable) rows."""
        return Tables(*(copy(getattr(self, name)) for name in Tables.__slots__))


class MemoryStore:
    """Implements `keyshare.ports.ShareStore`."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.fail_at: str | None = None
        self.fail_once = True
        self._lock = threading.Lock()

    @contextmanager
    def begin(self) -> Iterator["MemoryTransaction"]:
        """Opens a transaction; see the port."""
        with self._lock:
            self.check("begin")
            yield MemoryTransaction(self)

    def check(self, point: str) -> None:
        """Fails if `fail_at` names this point."""
        if self.fail_at != point:
            return
        if self.fail_once:
            self.fail_at = None
        raise StoreBusy("locked") if point == "lock" else StoreUnavailable(f"failure at {point}")

    # --- outside of batches ---

    def add_device(self, row: DeviceRow, mac: bytes) -> None:
        """Adds the row of an enrolled device."""
        self.tables.devices[row.device_id] = StoredDevice(row, mac)

    def find_share(self, share_id: bytes) -> ShareRow | None:
        """TX-0: the share row a request names."""
        return self.tables.shares.get(share_id)

    def find_shares(self, share_ids: Sequence[bytes]) -> Mapping[bytes, ShareRow]:
        """TX-0: the share rows that requests name; unknown ids are left out."""
        shares = self.tables.shares
        return {share_id: shares[share_id] for share_id in share_ids if share_id in shares}

    def find_pending_keygen(self, key_id: str) -> PendingKeygen | None:
        """TX-0 of M3."""
        return self.tables.pending.get(key_id)

    def request_seen(self, device_id: str, req_id: bytes) -> bool:
        """CLONE-2 for an M3 that has no pending record."""
        return (device_id, req_id) in self.tables.seen

    def set_key_state(self, key_id: str, state: KeyState) -> None:
        """Changes the state of a key; its shares are destroyed when it ends."""
        for share_id, row in self.tables.shares.items():
            if row.key_id == key_id:
                ended = state is KeyState.REVOKED and row.state not in (ShareState.EXPIRED, ShareState.DESTROYED)
                self.tables.shares[share_id] = replace(
                    row,
                    key_state=state,
                    row_ver=row.row_ver + 1,
                    state=ShareState.DESTROYED if ended else row.state,
                    sealed=b"" if ended else row.sealed,
                )


class MemoryTransaction:
    """Implements `keyshare.ports.ShareTransaction` on a copy of the tables."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._tables = store.tables.copy()

    def lock_batch(self, wanted: BatchLocks) -> LockedBatch:
        """See the port."""
        return lock_one_by_one(self, wanted)

    def lock_devices(self, device_ids: Sequence[str]) -> Mapping[str, StoredDevice]:
        """See the port."""
        self._store.check("lock")
        return {one: self._tables.devices[one] for one in sorted(device_ids) if one in self._tables.devices}

    def lock_shares(self, share_ids: Sequence[bytes]) -> Mapping[bytes, LockedShare]:
        """See the port."""
        return {
            one: LockedShare(
                share_id=one,
                state=row.state,
                row_ver=row.row_ver,
                expires_ms=row.expires_ms,
                changed_ms=self._tables.changed_ms.get(one, 0),
                key_state=row.key_state,
                ot_state=self._tables.ot_states.get(one, OtState.NONE),
                ot_setups=self._tables.ot_setups.get(row.key_id, (0, 0))[0],
                ot_since_ms=self._tables.ot_setups.get(row.key_id, (0, 0))[1],
            )
            for one in share_ids
            if (row := self._tables.shares.get(one))
        }

    def seen(self, pairs: Sequence[tuple[str, bytes]]) -> frozenset[tuple[str, bytes]]:
        """See the port."""
        return frozenset(pair for pair in pairs if pair in self._tables.seen)

    def decryptions(self, pks: Sequence[bytes]) -> Mapping[bytes, int]:
        """See the port."""
        return {pk: self._tables.decryptions[pk] for pk in pks if pk in self._tables.decryptions}

    def update_devices(self, changes: Sequence[DeviceChange]) -> frozenset[str]:
        """See the port."""
        self._store.check("write")
        missed = set()
        for change in changes:
            before = change.before
            stored = self._tables.devices.get(before.device_id)
            guards = stored is not None and (
                stored.row.row_ver == before.row_ver
                and stored.row.state is before.state
                and stored.row.ctr == before.ctr
                and (stored.row.attempts_left > 0 or not change.guard_attempts)
            )
            if guards:
                self._tables.devices[before.device_id] = StoredDevice(change.after, change.mac)
            else:
                missed.add(before.device_id)
        return frozenset(missed)

    def freeze_corrupted(self, device_ids: Sequence[str]) -> None:
        """See the port."""
        for one in device_ids:
            stored = self._tables.devices[one]
            self._tables.devices[one] = StoredDevice(replace(stored.row, state=DeviceState.FROZEN), stored.mac)

    def add_seen(self, entries: Sequence[tuple[str, bytes, int]]) -> None:
        """See the port."""
        for device_id, req_id, end in entries:
            pair = (device_id, req_id)
            self._tables.seen[pair] = max(end, self._tables.seen.get(pair, 0))

    def insert_pending_shares(self, shares: Sequence[NewPendingShare]) -> None:
        """See the port."""
        for new in shares:
            rows = self._of(new.key_id, new.device_id)
            for old in rows:
                if old.state is ShareState.PENDING:
                    self._change(old, ShareState.EXPIRED, new.created_ms, sealed=b"")
            current = next(row for row in rows if row.state is ShareState.CURRENT)
            self._tables.shares[new.share_id] = replace(
                current,
                share_id=new.share_id,
                sealed=new.sealed,
                state=ShareState.PENDING,
                row_ver=1,
                expires_ms=new.expires_ms,
            )
            self._tables.changed_ms[new.share_id] = new.created_ms

    def replace_records(self, records: Sequence[ReplacedRecord]) -> None:
        """See the port."""
        for new in records:
            row = self._tables.shares[new.share_id]
            if row.row_ver != new.row_ver:
                raise StoreUnavailable("a share changed under the lock")
            self._tables.shares[new.share_id] = replace(row, sealed=new.sealed, row_ver=row.row_ver + 1)
            self._tables.ot_states[new.share_id] = new.ot_state

    def count_setups(self, counts: Sequence[CountedSetup]) -> None:
        """See the port."""
        for one in counts:
            self._tables.ot_setups[one.key_id] = (one.ot_setups, one.ot_since_ms)

    def promote(self, promotions: Sequence[Promotion], now_ms: int) -> Mapping[bytes, bytes]:
        """See the port."""
        replaced = {}
        for one in promotions:
            for old in self._of(one.key_id, one.device_id):
                if old.state is ShareState.CURRENT:
                    self._change(old, ShareState.RETIRED, now_ms, sealed=old.sealed)
                    replaced[one.share_id] = old.share_id
            row = self._tables.shares[one.share_id]
            self._change(row, ShareState.CURRENT, now_ms, sealed=row.sealed)
            self._tables.epochs[one.key_id] = self._tables.epochs.get(one.key_id, 0) + 1
        return replaced

    def count_decryptions(self, used: Mapping[bytes, int], limit: int) -> None:
        """See the port."""
        for pk, count in used.items():
            total = self._tables.decryptions.get(pk, 0) + count
            if total > limit:
                raise StoreUnavailable("the decryption quota would be passed")
            self._tables.decryptions[pk] = total

    def key_id_used(self, key_id: str) -> bool:
        """See the port."""
        return any(row.key_id == key_id for row in self._tables.shares.values())

    def count_keys(self, device_id: str) -> KeyCounts:
        """See the port."""
        states = {row.key_id: row.key_state for row in self._tables.shares.values() if row.device_id == device_id}
        living = [state for state in states.values() if state is not KeyState.REVOKED]
        return KeyCounts(living.count(KeyState.INACTIVE), len(living))

    def find_pending_owner(self, key_id: str) -> str | None:
        """See the port."""
        pending = self._tables.pending.get(key_id)
        return pending.device_id if pending else None

    def put_pending_keygen(self, pending: PendingKeygen) -> None:
        """See the port."""
        self._tables.pending[pending.key_id] = pending

    def consume_pending_keygen(self, key_id: str, k1: bytes) -> bool:
        """See the port."""
        pending = self._tables.pending.get(key_id)
        if pending is None or pending.k1 != k1:
            return False
        del self._tables.pending[key_id]
        return True

    def insert_key(self, key: NewKey) -> None:
        """See the port."""
        self._store.check("write")
        self._tables.shares[key.share_id] = ShareRow(
            share_id=key.share_id,
            key_id=key.key_id,
            user_id=key.user_id,
            device_id=key.device_id,
            suite=key.suite,
            purpose=key.purpose,
            flags=key.flags,
            pk=key.pk,
            sealed=key.sealed,
            state=ShareState.CURRENT,
            row_ver=1,
            expires_ms=0,
            key_state=KeyState.INACTIVE,
        )
        self._tables.changed_ms[key.share_id] = key.created_ms
        self._tables.ot_states[key.share_id] = key.ot_state

    def append_audit(self, rows: Sequence[AuditRow]) -> None:
        """See the port."""
        self._tables.audit.extend(rows)

    def commit(self) -> None:
        """See the port."""
        self._store.check("commit")
        self._store.tables = self._tables
        self._store.check("after_commit")

    def _of(self, key_id: str, device_id: str) -> list[ShareRow]:
        return [row for row in self._tables.shares.values() if (row.key_id, row.device_id) == (key_id, device_id)]

    def _change(self, row: ShareRow, state: ShareState, now_ms: int, *, sealed: bytes) -> None:
        check_share_transition(row.state, state)
        self._tables.shares[row.share_id] = replace(
            row, state=state, row_ver=row.row_ver + 1, expires_ms=0, sealed=sealed
        )
        self._tables.changed_ms[row.share_id] = now_ms
