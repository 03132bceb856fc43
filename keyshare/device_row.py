"""The `dev_state` row of one device (section 5.2), its states and its MAC (SEAL-7)."""

import enum
import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final

from keyshare.errors import TransitionRefused
from protocol.transcript import tlv

ZERO16: Final = bytes(16)
"""Token or request id that does not exist yet."""

TAG_BYTES: Final = 16
"""Length of one entry of `DeviceRow.charged`."""


class DeviceState(enum.StrEnum):
    """May this device use its keys?"""

    ACTIVE = "active"
    LOCKED = "locked"
    """Attempts used up. Ends by re-identification and a refresh, or never when the lifetime is used up."""
    FROZEN = "frozen"
    """A second copy was seen (CLONE-X), or the device ended."""


TRANSITIONS: Final = frozenset(
    {
        (DeviceState.ACTIVE, DeviceState.LOCKED),  # attempts used up
        (DeviceState.ACTIVE, DeviceState.FROZEN),  # CLONE-X
        (DeviceState.LOCKED, DeviceState.FROZEN),  # CLONE-X comes before LOCKED
        (DeviceState.LOCKED, DeviceState.ACTIVE),  # CONFIRM after re-identification
        (DeviceState.FROZEN, DeviceState.ACTIVE),  # ADOPT after re-identification
    }
)
"""Every change of state there is; staying in a state is always allowed."""


class Recovery(enum.StrEnum):
    """What re-identification has opened for a device that is not ACTIVE."""

    NONE = "none"
    REFRESH = "refresh"
    """LOCKED: REFRESH and CONFIRM may run, once (RF-9)."""
    ADOPT = "adopt"
    """FROZEN: ADOPT may run (CLONE-8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """All columns of one row but the MAC. Values change by `dataclasses.replace` only."""

    device_id: str
    user_id: str
    row_ver: int
    state: DeviceState
    attempts_left: int
    lifetime_left: int
    lock_until_ms: int
    ctr: int
    """Right PINs so far; the phone sends back the last value it knows."""
    tau_cur: bytes
    """16 bytes, the clone token in use; zeros before the first right PIN."""
    tau_next: bytes
    """16 bytes, the clone token handed out last."""
    last_req: bytes
    """16 bytes, the request that `tau_next` answered; zeros before the first right PIN."""
    uncommitted_evals: int
    uncommitted_since_ms: int
    charge_first_until_ms: int
    adopted_epoch: int
    recovery: Recovery = Recovery.NONE
    charged: bytes = b""
    """`key_tag` of every attempt that is charged now, oldest first: one entry for each attempt missing from
    attempts_left, so at most nine. Ended devices have no attempts and no entries."""

    @property
    def untouched(self) -> bool:
        """No right PIN yet: the device has never used a token."""
        return self.ctr == 0 and self.tau_cur == ZERO16


@dataclass(frozen=True, slots=True)
class StoredDevice:
    """A row as it was read, with the MAC beside it."""

    row: DeviceRow
    mac: bytes
    """32 bytes."""


def key_tag(key_id: str) -> bytes:
    """16 bytes that stand for a key in `DeviceRow.charged`."""
    return hashlib.sha256(key_id.encode()).digest()[:TAG_BYTES]


Changes = dict[str, Any]
"""Columns that change, for `dataclasses.replace`; several rules are put together before one row is made."""

RowMac = Callable[[Sequence[bytes]], list[bytes]]
"""Computes the MACs of encoded rows, 32 bytes each: `ServerCore.row_mac`."""

_LABEL: Final = b"COSIGN-v1/dev-state"
_NUMBERS: Final = struct.Struct(">QIIQQIQQI")


def encode_row(row: DeviceRow) -> bytes:
    """SEAL-7: unambiguous bytes of all columns and row_ver, input of the row MAC."""
    numbers = _NUMBERS.pack(
        row.row_ver,
        row.attempts_left,
        row.lifetime_left,
        row.lock_until_ms,
        row.ctr,
        row.uncommitted_evals,
        row.uncommitted_since_ms,
        row.charge_first_until_ms,
        row.adopted_epoch,
    )
    words = (row.device_id, row.user_id, row.state, row.recovery)
    return tlv(
        [_LABEL, *(word.encode() for word in words), numbers, row.tau_cur, row.tau_next, row.last_req, row.charged]
    )


def corrupted(stored: Sequence[StoredDevice], row_mac: RowMac) -> frozenset[str]:
    """SEAL-7: ids of the devices whose MAC does not fit their columns."""
    encoded: list[tuple[StoredDevice, bytes]] = []
    broken: set[str] = set()
    for one in stored:
        try:
            encoded.append((one, encode_row(one.row)))
        except (struct.error, TypeError, AttributeError):  # columns of a kind or size no row can have
            broken.add(one.row.device_id)
    expected = row_mac([row for _, row in encoded])
    broken.update(
        one.row.device_id for (one, _), mac in zip(encoded, expected, strict=True) if not compare_digest(one.mac, mac)
    )
    return frozenset(broken)


def check_transition(before: DeviceState, after: DeviceState) -> None:
    """Raises TransitionRefused unless the state may change like this."""
    if before is not after and (before, after) not in TRANSITIONS:
        raise TransitionRefused(f"a device cannot go from {before} to {after}")


def new_device(
    *, device_id: str, user_id: str, tau_next: bytes, restore_epoch: int, attempts: int, lifetime: int
) -> DeviceRow:
    """Row of a device that was just enrolled (CLONE-8: enrolment makes the first `tau_next`)."""
    return DeviceRow(
        device_id=device_id,
        user_id=user_id,
        row_ver=1,
        state=DeviceState.ACTIVE,
        attempts_left=attempts,
        lifetime_left=lifetime,
        lock_until_ms=0,
        ctr=0,
        tau_cur=ZERO16,
        tau_next=tau_next,
        last_req=ZERO16,
        uncommitted_evals=0,
        uncommitted_since_ms=0,
        charge_first_until_ms=0,
        adopted_epoch=restore_epoch,
    )
