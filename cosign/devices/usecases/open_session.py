"""Opens a session for a device that proves its key."""

import datetime as dt

from cosign.clock import Clock
from cosign.devices.model import (
    PROOF_WINDOW,
    SESSION_LIFETIME,
    Caller,
    DeviceProof,
    DeviceState,
    new_session_token,
    token_hash,
)
from cosign.devices.ports import DeviceUnit
from cosign.errors import DeviceUnbound
from protocol.errors import BadSignature, DeviceProofInvalid


def open_session(unit: DeviceUnit, *, device_id: str, proof: DeviceProof, clock: Clock) -> tuple[str, dt.datetime]:
    """Returns a new bearer token and its end. Only the hash of the token is stored.

    An unknown device and a wrong proof get the same answer; that a device was unbound is told only to whoever
    holds its key.

    Raises:
        DeviceProofInvalid: Unknown device or wrong proof.
        ProofReplayed: The proof was used before.
        ClockSkew: The time of the proof is off.
        DeviceUnbound: The device was unbound.
    """
    now = clock.now()
    device = unit.device(device_id)
    if device is None:
        raise DeviceProofInvalid("unknown device")
    try:
        proof.verify(device.public_key, now)
    except BadSignature:
        raise DeviceProofInvalid("wrong proof") from None
    if device.state is DeviceState.UNBOUND:
        raise DeviceUnbound("the device was unbound")
    unit.remember_nonce(device.public_key, proof.nonce, now + 2 * PROOF_WINDOW)
    token, expires_at = new_session_token(), now + SESSION_LIFETIME
    unit.add_session(token_hash(token), Caller(device_id, device.user_id), expires_at)
    return token, expires_at
