"""What the use cases of this area need from outside: one transaction, seen through these methods."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.audit.model import AuditEntry
from cosign.devices.model import Caller, Device


@dataclass(frozen=True, slots=True)
class PageOfDevices:
    """A slice of a user's devices, newest first, and where the next one starts (empty: nowhere)."""

    devices: Sequence[Device]
    cursor: str


class DeviceUnit(Protocol):
    """One transaction on devices, codes, sessions and the audit trail."""

    def add_code(self, *, code_hash: bytes, user_id: str, expires_at: dt.datetime) -> None:
        """Stores a new enrolment code."""
        ...

    def take_code(self, code_hash: bytes, *, device_id: str, now: dt.datetime) -> str:
        """Spends a code and returns the user id it is bound to. Raises EnrolmentCodeInvalid."""
        ...

    def remember_nonce(self, public_key: bytes, nonce: bytes, expires_at: dt.datetime) -> None:
        """Raises ProofReplayed if the device used `nonce` before."""
        ...

    def add_device(self, device: Device) -> None:
        """Stores a device and opens its row of counters and clone token. Raises DeviceKeyTaken."""
        ...

    def device(self, device_id: str) -> Device | None:
        """The device with its present state."""
        ...

    def device_by_key(self, public_key: bytes) -> Device | None:
        """The device of a device key."""
        ...

    def devices(self, user_id: str, *, before: str, limit: int) -> PageOfDevices:
        """Devices of a user with ids below `before` (all if empty), newest first."""
        ...

    def unbind(self, device_id: str, now: dt.datetime) -> None:
        """Marks the device UNBOUND, ends its sessions, destroys its shares. Raises ConcurrentOperation."""
        ...

    def block(self, device_id: str, *, by: str) -> bool:
        """Lets a device rest: its sessions end, its keys answer nothing. False if it is blocked or unbound."""
        ...

    def release(self, device_id: str, *, by: str) -> bool:
        """Ends `block` of the same `by`; False if there is none."""
        ...

    def refresh_label(self, device_id: str, display_name: str) -> None:
        """Stores what the device is called now."""
        ...

    def end_sessions(self, user_id: str, *, session_id: str = "", keep: str = "") -> None:
        """Ends bearer tokens on all nodes: of one login, or of all logins of a user but `keep`."""
        ...

    def end_device_sessions(self, user_id: str, device_id: str) -> None:
        """Ends bearer tokens on all nodes: those of one device, or of all devices of a user if it is empty."""
        ...

    def stop_acting(self, user_id: str, *, acting: str) -> None:
        """Bearer tokens that act as an identity which ended act as the user himself, on all nodes."""
        ...

    def act_as(self, session_id: str, *, user_id: str, acting: str) -> None:
        """Changes the acting identity of the bearer tokens of a login, on all nodes."""
        ...

    def add_session(self, token_hash: bytes, caller: Caller, expires_at: dt.datetime) -> None:
        """Stores a session."""
        ...

    def session(self, token_hash: bytes) -> tuple[Caller, dt.datetime] | None:
        """Caller and end of a session."""
        ...

    def record(self, entry: AuditEntry) -> None:
        """Appends an audit row in the same transaction."""
        ...
