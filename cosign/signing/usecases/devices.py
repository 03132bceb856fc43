"""Device rows outside of key operations: enrolment, end, re-identification, standing."""

from collections.abc import Sequence
from dataclasses import replace

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.errors import KeyStateRefused, ResourceNotFound
from cosign.signing.model import DeviceStanding
from cosign.signing.ports import KeyUnit
from cosign.signing.usecases.change_key_state import revoke_key
from keyshare.counters import LIFETIME_ATTEMPTS, MAX_ATTEMPTS, reidentified
from keyshare.device_row import DeviceState, Recovery, new_device
from keyshare.errors import TransitionRefused
from keyshare.outcomes import next_version
from keyshare.records import KeyState


def open_device(unit: KeyUnit, *, device_id: str, user_id: str, tau_next: bytes, restore_epoch: int) -> None:
    """Makes the row of a device that is being enrolled; `tau_next` is 16 random bytes (CLONE-8)."""
    unit.add_device(
        new_device(
            device_id=device_id,
            user_id=user_id,
            tau_next=tau_next,
            restore_epoch=restore_epoch,
            attempts=MAX_ATTEMPTS,
            lifetime=LIFETIME_ATTEMPTS,
        )
    )


def end_device(unit: KeyUnit, *, device_id: str, now_ms: int) -> Sequence[str]:
    """Ends a device: frozen for good, its keys revoked and their shares destroyed. Returns the ids of the keys.

    Raises:
        ResourceNotFound: No such device.
        ConcurrentOperation: A row changed meanwhile.
    """
    try:
        before = unit.device_row(device_id)
    except KeyStateRefused:
        unit.freeze_altered(device_id)
    else:
        if before is None:
            raise ResourceNotFound(f"no device {device_id}")
        gone = replace(before, state=DeviceState.FROZEN, recovery=Recovery.NONE, lifetime_left=0, attempts_left=0)
        unit.change_device(before, next_version(before, gone))
    ended = [key.key_id for key in unit.keys_of_device(device_id) if key.state is not KeyState.REVOKED]
    for key_id in ended:
        revoke_key(unit, key_id=key_id, user_id=None, now_ms=now_ms, actor="unbinding")
    return ended


def reidentify_device(unit: KeyUnit, *, device_id: str, now_ms: int) -> DeviceStanding:
    """Opens the way back for a LOCKED or FROZEN device whose user was identified again (CLONE-8, RF-9).

    A LOCKED device may run REFRESH and CONFIRM, a FROZEN one ADOPT. The attempts start again, the lifetime does not.

    Raises:
        ResourceNotFound: No such device.
        KeyStateRefused: The device is ACTIVE, its lifetime is used up, or its row was altered (SEAL-7).
        ConcurrentOperation: The row changed meanwhile.
    """
    before = unit.device_row(device_id)
    if before is None:
        raise ResourceNotFound(f"no device {device_id}")
    try:
        after = next_version(before, reidentified(before))
    except TransitionRefused as fault:
        raise KeyStateRefused(str(fault)) from fault
    unit.change_device(before, after)
    unit.record(
        AuditEntry(
            time_ms=now_ms,
            event=AuditEvent.DEVICE_REIDENTIFIED,
            outcome="done",
            device_id=device_id,
            actor="operator",
        )
    )
    return DeviceStanding.of(after)


def device_standings(unit: KeyUnit, *, device_ids: Sequence[str]) -> dict[str, DeviceStanding]:
    """Standing of several devices; unknown ids are left out."""
    return {row.device_id: DeviceStanding.of(row) for row in unit.device_rows(device_ids)}
