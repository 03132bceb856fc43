"""What a phone shows of itself: plain values, no secrets."""

from dataclasses import dataclass

from cosign.client.phone.engine import Engine
from cosign.client.phone.refresh import UnfinishedChange, unfinished_change
from cosign.client.phone.state import PhoneKey, PhoneKeyState
from protocol.codes import Purpose, Suite


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key of the phone."""

    key_id: str
    suite: Suite
    purpose: Purpose
    public_key: bytes
    """SEC 1 compressed, 33 bytes."""
    state: PhoneKeyState
    unfinished: UnfinishedChange
    """What an interrupted refresh or PIN change has left; tells which PIN to ask for."""


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
    return KeyView(key.key_id, key.suite, key.purpose, key.public_key, key.state, unfinished_change(engine, key))


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
