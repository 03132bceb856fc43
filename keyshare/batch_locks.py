"""TX-B2: what a micro-batch locks, and what it reads under the locks, as one question to the store.

One question, so that a store at the other end of a network needs one round trip for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from keyshare.device_row import StoredDevice
from keyshare.records import LockedShare


@dataclass(frozen=True, slots=True)
class BatchLocks:
    """Rows of one micro-batch. The store locks devices in ascending id, then keys in ascending id, then quotas."""

    devices: Sequence[str]
    """Ids, ascending."""
    shares: Sequence[bytes]
    """Shares whose keys are locked."""
    seen: Sequence[tuple[str, bytes]]
    """CLONE-2: (device, req_id) to look up."""
    pks: Sequence[bytes]
    """DEC-3: public keys whose quota is locked and read."""
    wait: bool = False
    """Whether to wait for devices and keys that another transaction holds; otherwise they are reported as busy."""


@dataclass(frozen=True, slots=True)
class LockedBatch:
    """Answer to `BatchLocks`. What is in none of the mappings and not busy does not exist."""

    devices: Mapping[str, StoredDevice]
    shares: Mapping[bytes, LockedShare]
    seen: frozenset[tuple[str, bytes]]
    decryptions: Mapping[bytes, int]
    """Answers so far; 0 is left out."""
    busy_devices: frozenset[str] = field(default_factory=frozenset)
    """Held by another transaction; nothing about them was read."""
    busy_shares: frozenset[bytes] = field(default_factory=frozenset)
    """Their keys are held by another transaction."""


class _Reads(Protocol):
    """The single questions of `keyshare.ports.ShareTransaction`."""

    def lock_devices(self, device_ids: Sequence[str]) -> Mapping[str, StoredDevice]: ...
    def lock_shares(self, share_ids: Sequence[bytes]) -> Mapping[bytes, LockedShare]: ...
    def seen(self, pairs: Sequence[tuple[str, bytes]]) -> frozenset[tuple[str, bytes]]: ...
    def decryptions(self, pks: Sequence[bytes]) -> Mapping[bytes, int]: ...


def lock_one_by_one(transaction: _Reads, wanted: BatchLocks) -> LockedBatch:
    """`lock_batch` for a store in which transactions are serial, so that no row is ever busy."""
    return LockedBatch(
        devices=transaction.lock_devices(wanted.devices),
        shares=transaction.lock_shares(wanted.shares),
        seen=transaction.seen(wanted.seen),
        decryptions=transaction.decryptions(wanted.pks) if wanted.pks else {},
    )
