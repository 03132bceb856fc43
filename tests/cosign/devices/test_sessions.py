"""Sessions, the list of devices and unbinding."""

import time
import uuid

import pytest
from sqlalchemy import select

from cosign import ids
from cosign.api.v1 import device_pb2 as pb
from cosign.devices import repository
from cosign.devices.tables import device_session, proof_nonce
from cosign.errors import (
    ClockSkew,
    DeviceUnbound,
    FieldInvalid,
    NotAuthorised,
    PageTokenInvalid,
    ProofReplayed,
    ResourceNotFound,
    SessionEnded,
)
from cosign.store.unit_of_work import reading, writing
from protocol._core import DeviceKey
from protocol.errors import DeviceProofInvalid
from tests.cosign.devices.fakes import Area, session_request

OTHER_ID = ids.new_id(ids.DEVICE, 1)
LOCK_SECONDS = 2.0
"""How long `writing` waits for another writer."""


async def unbound(area: Area, device_id: str, request_id: str = "") -> pb.UnbindDeviceResponse:
    request = pb.UnbindDeviceRequest(request_id=request_id or str(uuid.uuid4()), device_id=device_id)
    return await area.servicer.UnbindDevice(request, area.context)


async def test_a_session_names_its_device(area: Area) -> None:
    key, device_id = await area.enrolled("user-3")
    token = await area.session(key, device_id)
    caller = await area.sessions.caller(token)
    assert (caller.device_id, caller.user_id) == (device_id, "user-3")
    with reading(area.engine) as connection:
        assert token not in repr(connection.execute(select(device_session)).all())


async def test_a_session_ends_after_15_minutes(area: Area) -> None:
    key, device_id = await area.enrolled()
    token = await area.session(key, device_id)
    area.clock.forward(minutes=15, seconds=-1)
    await area.sessions.caller(token)
    area.clock.forward(seconds=1)
    with pytest.raises(SessionEnded):
        await area.sessions.caller(token)


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "签名"])
async def test_a_made_up_token_is_refused(area: Area, token: str) -> None:
    with pytest.raises(SessionEnded):
        await area.sessions.caller(token)


async def test_a_proof_opens_one_session(area: Area) -> None:
    key, device_id = await area.enrolled()
    request = session_request(key, device_id, area.clock.now())
    await area.servicer.CreateSession(request, area.context)
    with pytest.raises(ProofReplayed):
        await area.servicer.CreateSession(request, area.context)


async def test_strangers_open_no_session(area: Area) -> None:
    key, device_id = await area.enrolled()
    _, other_id = await area.enrolled()
    now = area.clock.now()
    for request in (
        session_request(DeviceKey.generate(), device_id, now),
        session_request(key, ids.new_id(ids.DEVICE, 1), now),
        session_request(key, other_id, now),
    ):
        with pytest.raises(DeviceProofInvalid):
            await area.servicer.CreateSession(request, area.context)
    with pytest.raises(FieldInvalid):
        await area.servicer.CreateSession(session_request(key, "dev_1", now), area.context)


async def test_a_wrong_proof_neither_waits_for_writers_nor_is_charged_to_the_device(area: Area) -> None:
    key, device_id = await area.enrolled()
    now = area.clock.now()
    with writing(area.engine):
        for wrong in (session_request(DeviceKey.generate(), device_id, now), session_request(key, OTHER_ID, now)):
            started = time.monotonic()
            with pytest.raises(DeviceProofInvalid):
                await area.servicer.CreateSession(wrong, area.context)
            assert time.monotonic() - started < LOCK_SECONDS / 2
    assert area.charged == []
    await area.session(key, device_id)
    assert area.charged == [device_id]


async def test_a_wrong_clock_is_named(area: Area) -> None:
    key, device_id = await area.enrolled()
    request = session_request(key, device_id, area.clock.now())
    area.clock.forward(minutes=5, seconds=1)
    with pytest.raises(ClockSkew):
        await area.servicer.CreateSession(request, area.context)


async def test_pages_hold_the_devices_of_the_user_newest_first(area: Area) -> None:
    mine = []
    for _ in range(5):
        area.clock.forward(seconds=1)
        mine.append(await area.enrolled("user-1"))
        await area.enrolled("user-2")
    area.bearer = await area.session(*mine[0])
    found: list[str] = []
    token = ""
    while True:
        page = await area.servicer.ListDevices(pb.ListDevicesRequest(page_size=2, page_token=token), area.context)
        assert len(page.devices) <= 2
        found += [entry.device_id for entry in page.devices]
        token = page.next_page_token
        if not token:
            break
    assert found == [device_id for _, device_id in reversed(mine)]


async def test_a_page_token_of_another_user_is_refused(area: Area) -> None:
    key, device_id = await area.enrolled("user-1")
    await area.enrolled("user-1")
    other = await area.enrolled("user-2")
    area.bearer = await area.session(key, device_id)
    page = await area.servicer.ListDevices(pb.ListDevicesRequest(page_size=1), area.context)
    area.bearer = await area.session(*other)
    with pytest.raises(PageTokenInvalid):
        await area.servicer.ListDevices(pb.ListDevicesRequest(page_token=page.next_page_token), area.context)


async def test_states_of_the_signing_area_show(area: Area) -> None:
    key, device_id = await area.enrolled()
    area.bearer = await area.session(key, device_id)
    for state, wire in (("locked", pb.DEVICE_STATE_LOCKED), ("frozen", pb.DEVICE_STATE_FROZEN)):
        area.signing.states[device_id] = state
        (entry,) = (await area.servicer.ListDevices(pb.ListDevicesRequest(), area.context)).devices
        assert entry.state == wire


async def test_unbinding_ends_sessions_and_shares(area: Area) -> None:
    key, device_id = await area.enrolled()
    other_key, other_id = await area.enrolled()
    gone = await area.session(key, device_id)
    area.bearer = await area.session(other_key, other_id)
    await area.sessions.caller(gone)
    assert device_id in area.directory.public_keys([device_id])
    response = await unbound(area, device_id)
    assert response.device.state == pb.DEVICE_STATE_UNBOUND
    assert area.signing.unbound == [device_id]
    assert area.directory.public_keys([device_id]) == {}
    with pytest.raises(SessionEnded):
        await area.sessions.caller(gone)
    with pytest.raises(DeviceUnbound):
        await area.session(key, device_id)


async def test_unbinding_is_idempotent_by_request_id(area: Area) -> None:
    _, device_id = await area.enrolled()
    key, other_id = await area.enrolled()
    area.bearer = await area.session(key, other_id)
    request_id = str(uuid.uuid4())
    first = await unbound(area, device_id, request_id)
    assert await unbound(area, device_id, request_id) == first
    assert area.signing.unbound == [device_id]
    with pytest.raises(DeviceUnbound):
        await unbound(area, device_id)


async def test_others_devices_are_not_found(area: Area) -> None:
    _, device_id = await area.enrolled("user-2")
    key, mine = await area.enrolled("user-1")
    area.bearer = await area.session(key, mine)
    with pytest.raises(ResourceNotFound):
        await unbound(area, device_id)
    with pytest.raises(ResourceNotFound):
        await unbound(area, ids.new_id(ids.DEVICE, 1))
    assert area.signing.unbound == []


@pytest.mark.parametrize("state", ["locked", "frozen"])
async def test_a_stolen_device_unbinds_nothing(area: Area, state: str) -> None:
    _, other_id = await area.enrolled("user-1")
    key, stolen = await area.enrolled("user-1")
    area.bearer = await area.session(key, stolen)
    area.signing.states[stolen] = state
    for device_id in (stolen, other_id):
        with pytest.raises(NotAuthorised):
            await unbound(area, device_id)
    assert area.signing.unbound == []


async def test_without_session_nothing_is_listed_or_unbound(area: Area) -> None:
    _, device_id = await area.enrolled()
    with pytest.raises(SessionEnded):
        await area.servicer.ListDevices(pb.ListDevicesRequest(), area.context)
    with pytest.raises(SessionEnded):
        await unbound(area, device_id)


async def test_sweeping_removes_what_has_ended(area: Area) -> None:
    key, device_id = await area.enrolled()
    await area.session(key, device_id)
    area.clock.forward(hours=1)
    with writing(area.engine) as connection:
        repository.sweep(connection, area.clock.now())
    with reading(area.engine) as connection:
        assert connection.execute(select(device_session)).all() == []
        assert connection.execute(select(proof_nonce)).all() == []
