"""Unbinds a device: its sessions end and its keys can never be used again."""

import dataclasses

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.clock import Clock
from cosign.devices.model import Caller, Device, DeviceState
from cosign.devices.ports import DeviceUnit
from cosign.errors import DeviceUnbound, NotAuthorised, ResourceNotFound


def unbind(unit: DeviceUnit, *, device_id: str, caller: Caller | None, clock: Clock) -> Device:
    """Unbinds and destroys the server shares of the device in one transaction.

    Args:
        unit: The transaction.
        device_id: The device to unbind.
        caller: Whose session asks for it; None when the operator acts.
        clock: Present time.

    Raises:
        NotAuthorised: The calling device is locked, frozen or unbound: it may be a stolen one.
        ResourceNotFound: No such device, or another user's.
        DeviceUnbound: It is unbound already.
    """
    if caller is not None:
        calling = unit.device(caller.device_id)
        if calling is None or calling.state is not DeviceState.ACTIVE:
            raise NotAuthorised("only an active device may do this")
    device = unit.device(device_id)
    if device is None or (caller is not None and device.user_id != caller.user_id):
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
            actor="operator" if caller is None else "",
        )
    )
    return dataclasses.replace(device, state=DeviceState.UNBOUND)
