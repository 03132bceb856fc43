"""Registers a device key under a one-time enrolment code."""

from dataclasses import dataclass

from cosign import ids
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.clock import Clock
from cosign.devices.model import PROOF_WINDOW, Device, DeviceProof, DeviceState, check_display_name
from cosign.devices.ports import DeviceUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A decoded EnrolDevice request."""

    code_hash: bytes
    """`model.code_hash` of the code, 32 bytes."""
    public_key: bytes
    """Device key, 33 bytes."""
    display_name: str
    proof: DeviceProof


def enrol(unit: DeviceUnit, *, enrolment: Enrolment, clock: Clock) -> Device:
    """Spends the code, stores the device, opens its counters and clone token (CLONE-8), all in one transaction.

    The caller has verified `enrolment.proof` already; its nonce is remembered here.

    Raises:
        FieldInvalid: `display_name` has a wrong length or form.
        ProofReplayed: The proof was used before.
        EnrolmentCodeInvalid: Unknown, used or expired code.
        DeviceKeyTaken: The device key is registered already.
    """
    check_display_name(enrolment.display_name)
    now = clock.now()
    unit.remember_nonce(enrolment.public_key, enrolment.proof.nonce, now + 2 * PROOF_WINDOW)
    device_id = ids.new_id(ids.DEVICE, clock.now_ms())
    user_id = unit.take_code(enrolment.code_hash, device_id=device_id, now=now)
    device = Device(
        device_id=device_id,
        user_id=user_id,
        display_name=enrolment.display_name,
        public_key=enrolment.public_key,
        state=DeviceState.ACTIVE,
        enrolled_at=now,
    )
    unit.add_device(device)
    unit.record(
        AuditEntry(time_ms=clock.now_ms(), event=AuditEvent.DEVICE_ENROLLED, outcome="done", device_id=device_id)
    )
    return device
