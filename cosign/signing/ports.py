"""What the signing area needs from outside, and one transaction as its use cases see it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from cosign.audit.model import AuditEntry
from cosign.signing.model import FrozenBy, Key, KeyFilter
from keyshare.batch_items import KeyshareEvent
from keyshare.device_row import DeviceRow
from keyshare.heads import Head
from keyshare.ports import HeadLog, OpenedRequest
from keyshare.records import KeyState, ShareRow


class DeviceDirectory(Protocol):
    """Public keys of enrolled devices; cached by its owner."""

    def public_keys(self, device_ids: Collection[str]) -> Mapping[str, bytes]:
        """33 bytes each; unknown and unbound devices are left out. At most one query.

        Raises:
            DatabaseUnavailable: They cannot be looked up.
        """
        ...


class Observer(Protocol):
    """Logs, metrics and alerts. Called on the batch thread, after the commit only (TX-6)."""

    def observe(self, event: KeyshareEvent) -> None:
        """Something an operator wants to know; ids only."""
        ...

    def failed(self, fault: Exception) -> None:
        """A transaction failed and everything in it was wiped."""
        ...


class HeadRecord(HeadLog, Protocol):
    """RS-3: the head log with everything that reads it."""

    @property
    def identity(self) -> bytes:
        """16 bytes, made with the record; tells one record from another."""
        ...

    def heads(self) -> Mapping[tuple[str, str], Head]:
        """What is known, by (key, device).

        Raises:
            SelfTestFailed: It cannot be understood.
            hsm.ports.TokenUnavailable: It cannot be read.
        """
        ...

    def unsettled(self) -> Mapping[tuple[str, str], Head]:
        """Those whose announcement is open."""
        ...


class KeyPolicy(Protocol):
    """Rules of a deployment that come before evaluation (rule 12)."""

    def permits(self, request: OpenedRequest, share: ShareRow) -> bool:
        """Whether this operation is allowed now. Sees digests and header, never the PIN's outcome."""
        ...


class KeyUnit(Protocol):
    """One transaction on keys, shares and device rows."""

    def key(self, key_id: str) -> Key | None: ...

    def keys(
        self, *, user_id: str | None, where: KeyFilter, after: tuple[int, str] | None, limit: int
    ) -> Sequence[Key]:
        """Newest first; `after` is (created_at in ms, key_id) of the last row before."""
        ...

    def keys_of_device(self, device_id: str) -> Sequence[Key]: ...

    def inactive_before(self, created_before_ms: int, limit: int) -> Sequence[Key]:
        """Keys that were generated before and never became ACTIVE."""
        ...

    def change_state(self, key: Key, after: KeyState, *, frozen_by: FrozenBy, now_ms: int) -> Key:
        """Guarded by the present state.

        Raises:
            ConcurrentOperation: The key changed meanwhile.
        """
        ...

    def set_challenge(self, key_id: str, challenge_hash: bytes) -> None: ...

    def destroy_shares(self, key_id: str, now_ms: int) -> None:
        """Crypto-shreds every record of the key (SEAL-6); the rows stay as proof."""
        ...

    def current_shares(self) -> Sequence[tuple[str, str, bytes]]:
        """(key_id, device_id, share_id) of every CURRENT share."""
        ...

    def current_share(self, key_id: str, device_id: str) -> bytes:
        """Id of the CURRENT share of one place; empty when there is none."""
        ...

    def lock_device(self, device_id: str) -> None:
        """Waits until no micro-batch holds the row."""
        ...

    def head_ended(self, key: Key) -> None:
        """RS-3: notes outside the database that the key ends, before the commit."""
        ...

    def device_row(self, device_id: str) -> DeviceRow | None:
        """Locks and reads a row.

        Raises:
            KeyStateRefused: SEAL-7, somebody else wrote the row; it must not get a right MAC by another change.
        """
        ...

    def freeze_altered(self, device_id: str) -> None:
        """SEAL-7: freezes a row without making its MAC right."""
        ...

    def device_rows(self, device_ids: Sequence[str]) -> Sequence[DeviceRow]:
        """Reads rows without lock; a corrupted one is reported as FROZEN."""
        ...

    def add_device(self, row: DeviceRow) -> None: ...

    def change_device(self, before: DeviceRow, after: DeviceRow) -> None:
        """Guarded by row_ver.

        Raises:
            ConcurrentOperation: The row changed meanwhile.
        """
        ...

    def record(self, entry: AuditEntry) -> None:
        """Appends an audit row in the same transaction."""
        ...
