"""What a phone remembers: the device record, its keys and its server.

Nothing here helps a thief without the PIN and the storage key: shares and the device key are sealed apart (`home`).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from cosign.client.phone.errors import HomeBroken
from cosign.client.phone.record import DeviceRecord
from cosign.client.phone.trust import TrustedServer
from protocol.codes import Purpose, Suite


class PhoneKeyState(StrEnum):
    """Life of a key as this phone knows it."""

    INACTIVE = "inactive"
    """Generated; the first joint operation is outstanding (KG-7)."""
    ACTIVE = "active"


@dataclass(slots=True)
class BlobSlot:
    """One blob on the phone; a key has two of them while a refresh is unfinished (RF-5)."""

    share_id: bytes
    """16 bytes; names the sealed file."""
    pin_number: int
    """Counts PIN changes of the key: blobs with the same number open with the same PIN."""
    confirmed: bool
    """False until CONFIRM was answered OK, or the server was seen to use this share (RF-6)."""


@dataclass(slots=True)
class PhoneKey:
    """One joint key."""

    key_id: str
    purpose: Purpose
    public_key: bytes
    """SEC 1 compressed, 33 bytes."""
    state: PhoneKeyState
    active: BlobSlot
    """The blob that is tried first."""
    other: BlobSlot | None = None
    """The second blob; kept until an answer is durable (RF-8)."""
    suite: Suite = Suite.SM2
    faults_ms: list[int] = field(default_factory=list)
    """When answers to ECDSA requests failed a check, phone clock, since the last refresh (section 6.4)."""

    @property
    def has_ot(self) -> bool:
        """Whether each share of the key has an OT set-up of its own (section 6.2)."""
        return self.suite is Suite.P256 and self.purpose is not Purpose.DECRYPT

    def slots(self) -> list[BlobSlot]:
        """The active blob and the other one, if there is one."""
        return [self.active] if self.other is None else [self.active, self.other]

    def switch(self) -> None:
        """Makes the other blob the active one. Call only when there is one."""
        if self.other is None:
            raise HomeBroken(f"key {self.key_id} has no second blob")
        self.active, self.other = self.other, self.active


@dataclass(frozen=True, slots=True)
class PendingEnrolment:
    """An enrolment that was sent and not answered yet; repeated under the same request id."""

    request_id: str
    code: str
    display_name: str


@dataclass(frozen=True, slots=True)
class PhoneLogin:
    """The session of an account. Without the device key the token opens nothing."""

    session_id: str
    account_id: str
    refresh_token: str


@dataclass(slots=True)
class PhoneState:
    """Everything in `device.json`."""

    address: str
    """`host:port` of the server."""
    server: TrustedServer | None = None
    pending: PendingEnrolment | None = None
    device_id: str = ""
    """Empty until the device is enrolled."""
    user_id: str = ""
    display_name: str = ""
    login: PhoneLogin | None = None
    """None for a phone that was enrolled by a code, or is logged out."""
    record: DeviceRecord = field(default_factory=DeviceRecord)
    last_contact_ms: int = 0
    """Phone clock at the last answer of the core."""
    keys: dict[str, PhoneKey] = field(default_factory=dict)
    changing: dict[str, int] = field(default_factory=dict)
    """Keys whose PIN change has begun: key_id and the pin_number it ends with. Empty when none is under way."""

    def has_new_pin(self, key: PhoneKey) -> bool:
        """Whether the PIN change under way has reached this key and the server has confirmed it."""
        return key.active.confirmed and key.active.pin_number >= self.changing.get(
            key.key_id, key.active.pin_number + 1
        )

    def change_is_done(self) -> bool:
        """Whether a PIN change was begun and has reached all its keys."""
        return bool(self.changing) and all(self.has_new_pin(self.keys[key_id]) for key_id in self.changing)
