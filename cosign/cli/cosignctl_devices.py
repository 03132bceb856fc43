"""`cosignctl enrolment` and `cosignctl device`."""

import datetime as dt
from typing import Annotated

import typer

from cosign import ids, validation
from cosign.cli.cosignctl_output import confirm, emit, emit_rows, english, load_config, new_app, note, reporting
from cosign.devices.model import Device, DeviceState
from cosign.devices.usecases.issue_code import issue_code
from cosign.devices.usecases.unbind import unbind
from cosign.errors import DeviceUnbound, ResourceNotFound
from cosign.server import operator_wiring
from cosign.server.operator_wiring import Operator
from cosign.signing.usecases.devices import reidentify_device
from cosign.store.unit_of_work import reading, writing

enrolment = new_app("Issue enrolment codes.")
device = new_app("List, unbind and re-identify devices.")

_PAGE = 200


@enrolment.callback()
def enrolment_group() -> None:
    """Issue enrolment codes."""


@enrolment.command("create")
def create(
    user: Annotated[str, typer.Option(help="Opaque id of the user the device will belong to.")],
    hours: Annotated[int, typer.Option(help="How long the code is good, 1 to 168.", min=1, max=168)] = 24,
) -> None:
    """Issue a one-time enrolment code and print it. It is shown this once; only its hash is stored."""
    with reporting(), operator_wiring.operator(load_config()) as operator, writing(operator.engine) as connection:
        code, expires_at = issue_code(
            operator.devices(connection), user_id=user, clock=operator.clock, lifetime=dt.timedelta(hours=hours)
        )
    until = expires_at.isoformat(timespec="seconds")
    emit({"code": code, "expires_at": until}, lambda: code)
    note(f"valid until {until}" if english() else f"有效期至 {until}")


@device.command("list")
def list_devices(user: Annotated[str, typer.Option(help="Only devices of this user.")] = "") -> None:
    """List devices, newest first."""
    found: list[Device] = []
    with reporting(), operator_wiring.operator(load_config()) as operator, reading(operator.engine) as connection:
        unit, before = operator.devices(connection), ""
        while True:
            page = unit.devices(user, before=before, limit=_PAGE)
            found += page.devices
            before = page.cursor
            if not before:
                break
    emit_rows([_as_row(entry) for entry in found], ("device_id", "user_id", "state", "enrolled_at", "display_name"))


@device.command("unbind")
def unbind_device(device_id: Annotated[str, typer.Argument(help="The device to unbind.")]) -> None:
    """Unbind a device: its sessions end and its server shares are destroyed. Final."""
    with reporting(), operator_wiring.operator(load_config()) as operator:
        validation.identifier("device_id", device_id, ids.DEVICE)
        with writing(operator.engine) as connection:
            ended = unbind(operator.devices(connection), device_id=device_id, caller=None, clock=operator.clock)
    emit(_as_row(ended), lambda: f"{ended.device_id} {ended.state.value}")


@device.command("reidentify")
def reidentify(
    device_id: Annotated[str, typer.Argument(help="The locked or frozen device.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the user was identified again.")] = False,
) -> None:
    """Let a locked or frozen device come back after its user was identified again by other means.

    The attempts start again, the lifetime does not. On the phone the user then runs `cosign-phone recover` with
    the PIN. Before it, take every other copy of the phone's data away: with the PIN a copy could recover as well.
    """
    with reporting(), operator_wiring.operator(load_config()) as operator:
        validation.identifier("device_id", device_id, ids.DEVICE)
        found = _bound_device(operator, device_id)
        confirm(
            f"{device_id} of user {found.user_id} is {found.state.value}; was the user identified again?"
            if english()
            else f"用户{found.user_id}的设备{device_id}状态为{found.state.value}，是否已重新核验用户身份？",
            given=yes,
        )
        with writing(operator.engine) as connection:
            unit = operator.units.unit(connection)
            standing = reidentify_device(unit, device_id=device_id, now_ms=operator.clock.now_ms())
    emit(
        {
            "device_id": device_id,
            "state": standing.state.value,
            "attempts_left": standing.attempts_left,
            "lifetime_left": standing.lifetime_left,
        },
        lambda: f"{device_id} {standing.state.value} attempts {standing.attempts_left} of {standing.lifetime_left}",
    )
    note("the user now runs `cosign-phone recover`" if english() else "请用户在手机上执行 `cosign-phone recover`")


def _bound_device(operator: Operator, device_id: str) -> Device:
    """The device as it is now. Raises ResourceNotFound, DeviceUnbound."""
    with reading(operator.engine) as connection:
        found = operator.devices(connection).device(device_id)
    if found is None:
        raise ResourceNotFound(f"no device {device_id}")
    if found.state is DeviceState.UNBOUND:
        raise DeviceUnbound("an unbound device does not come back")
    return found


def _as_row(entry: Device) -> dict[str, object]:
    return {
        "device_id": entry.device_id,
        "user_id": entry.user_id,
        "state": entry.state.value,
        "enrolled_at": entry.enrolled_at.isoformat(timespec="seconds"),
        "display_name": entry.display_name,
    }
