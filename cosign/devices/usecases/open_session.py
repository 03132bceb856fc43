"""Opens a session for a device that proves its key.

In two steps, so that a wrong proof, which anybody can send, never takes the write lock: `prove` reads, `open_session`
writes.
"""

import datetime as dt

from cosign import ids
from cosign.clock import Clock
from cosign.devices.model import (
    PROOF_WINDOW,
    SESSION_LIFETIME,
    Caller,
    Device,
    DeviceProof,
    DeviceState,
    new_session_token,
    token_hash,
)
from cosign.devices.ports import DeviceUnit
from cosign.errors import DeviceBlocked, DeviceUnbound, LoginRequired
from protocol.errors import BadSignature, DeviceProofInvalid


def prove(unit: DeviceUnit, *, device_id: str, proof: DeviceProof, clock: Clock) -> Device:
    """Returns the device whose key made `proof`; writes nothing.

    An unknown device and a wrong proof get the same answer; that a device was unbound is told only to whoever
    holds its key.

    Raises:
        DeviceProofInvalid: Unknown device or wrong proof.
        ClockSkew: The time of the proof is off.
        DeviceUnbound: The device was unbound.
        DeviceBlocked: It was reported lost.
        LoginRequired: It belongs to an account, whose sessions begin with a login.
    """
    device = unit.device(device_id)
    if device is None:
        raise DeviceProofInvalid("unknown device")
    try:
        proof.verify(device.public_key, clock.now())
    except BadSignature:
        raise DeviceProofInvalid("wrong proof") from None
    if ids.is_id(device.user_id, ids.ACCOUNT):
        raise LoginRequired("the device belongs to an account")
    check_usable(device)
    return device


def open_session(unit: DeviceUnit, *, device: Device, proof: DeviceProof, clock: Clock) -> tuple[str, dt.datetime]:
    """Returns a new bearer token and its end. Only the hash of the token is stored.

    Args:
        unit: A write transaction.
        device: What `prove` returned for `proof`.
        proof: Its nonce is remembered.
        clock: Present time.

    Raises:
        ProofReplayed: The proof was used before.
        DeviceUnbound: The device was unbound meanwhile.
    """
    check_usable(unit.device(device.device_id))
    now = clock.now()
    unit.remember_nonce(device.public_key, proof.nonce, now + 2 * PROOF_WINDOW)
    token, expires_at = new_session_token(), now + SESSION_LIFETIME
    unit.add_session(token_hash(token), Caller(device.device_id, device.user_id), expires_at)
    return token, expires_at


def check_usable(device: Device | None) -> None:
    """Raises DeviceUnbound or DeviceBlocked for a device that may have no session."""
    if device is None or device.state is DeviceState.UNBOUND:
        raise DeviceUnbound("the device was unbound")
    if device.state is DeviceState.BLOCKED:
        raise DeviceBlocked("the device is blocked")
