"""Unbinds a device: its sessions end and its keys can never be used again."""

import dataclasses

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.clock import Clock
from cosign.devices.model import Device, DeviceState
from cosign.devices.ports import DeviceUnit
from cosign.errors import DeviceUnbound, ResourceNotFound


def unbind(unit: DeviceUnit, *, device_id: str, user_id: str | None, clock: Clock) -> Device:
    """Unbinds and destroys the server shares of the device in one transaction.

    Args:
        unit: The transaction.
        device_id: The device to unbind.
        user_id: Whose device it must be; None when the operator acts.
        clock: Present time.

    Raises:
        ResourceNotFound: No such device, or another user's.
        DeviceUnbound: It is unbound already.
    """
    device = unit.device(device_id)
    if device is None or (user_id is not None and device.user_id != user_id):
        raise ResourceNotFound("no such device")
    if device.state is DeviceState.UNBOUND:
        raise DeviceUnbound("the device is unbound already")
    unit.unbind(device_id, clock.now())
    unit.record(
        AuditEntry(
            time_ms=clock.now_ms(),
            event=AuditEvent.DEVICE_UNBOUND,
            outcome="done",
            device_id=device_id,
            actor="operator" if user_id is None else "",
        )
    )
    return dataclasses.replace(device, state=DeviceState.UNBOUND)
