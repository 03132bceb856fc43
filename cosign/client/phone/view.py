"""What a phone shows of itself: plain values, no secrets."""

from dataclasses import dataclass

from cosign.client.phone.engine import Engine
from cosign.client.phone.refresh import is_unfinished
from cosign.client.phone.state import PhoneKey, PhoneKeyState
from protocol.codes import Purpose


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key of the phone."""

    key_id: str
    purpose: Purpose
    public_key: bytes
    """SEC 1 compressed, 33 bytes."""
    state: PhoneKeyState
    change_unfinished: bool
    """A refresh or PIN change was begun and the server has not confirmed it (RF-8)."""


@dataclass(frozen=True, slots=True)
class PhoneView:
    """The device."""

    address: str
    server_id: str
    device_id: str
    """Empty until enrolled."""
    user_id: str
    display_name: str
    open_requests: int
    """Requests whose fate is not settled yet; at 64 a heartbeat comes first (CLONE-6)."""
    keys: tuple[KeyView, ...]


def view_key(engine: Engine, key: PhoneKey) -> KeyView:
    """Describes one key."""
    return KeyView(key.key_id, key.purpose, key.public_key, key.state, is_unfinished(engine, key))


def view_phone(engine: Engine) -> PhoneView:
    """Describes the device without asking the server."""
    state = engine.home.state
    return PhoneView(
        address=state.address,
        server_id=state.server.server_id if state.server else "",
        device_id=state.device_id,
        user_id=state.user_id,
        display_name=state.display_name,
        open_requests=len(state.record.open_reqs),
        keys=tuple(view_key(engine, key) for key in state.keys.values()),
    )
