"""Enrolment: one-time codes, device proofs, repeats and races."""

import asyncio
import uuid

import pytest
from sqlalchemy import select

from cosign.api.v1 import device_pb2 as pb
from cosign.audit import repository as audit
from cosign.audit.model import AuditEvent
from cosign.devices.model import code_hash, new_code
from cosign.devices.tables import device, enrolment_code
from cosign.errors import (
    ClockSkew,
    DeviceKeyTaken,
    EnrolmentCodeInvalid,
    FieldInvalid,
    ProofReplayed,
    RequestIdReused,
)
from cosign.store.unit_of_work import reading
from protocol._core import DeviceKey
from protocol.errors import DeviceProofInvalid, MalformedPoint
from tests.cosign.devices.fakes import Area, enrol_request, timestamp


def stored_devices(area: Area) -> list[str]:
    with reading(area.engine) as connection:
        return list(connection.execute(select(device.c.device_id)).scalars())


async def test_a_code_binds_a_device_to_its_user(area: Area) -> None:
    key = DeviceKey.generate()
    request = enrol_request(key, area.code("user-7"), area.clock.now(), name="手机一号")
    response = await area.servicer.EnrolDevice(request, area.context)
    made = response.device
    assert made.user_id == "user-7"
    assert made.display_name == "手机一号"
    assert made.state == pb.DEVICE_STATE_ACTIVE
    assert made.device_id.startswith("dev_")
    assert area.signing.opened == [(made.device_id, "user-7")]
    assert area.directory.public_keys([made.device_id]) == {made.device_id: key.public_key}
    with reading(area.engine) as connection:
        events = [entry.event for _, entry, _ in audit.rows(connection, "node-1")]
    assert events == [AuditEvent.ENROLMENT_ISSUED, AuditEvent.DEVICE_ENROLLED]


async def test_the_code_is_not_stored(area: Area) -> None:
    code = area.code()
    with reading(area.engine) as connection:
        (row,) = connection.execute(select(enrolment_code)).all()
    assert code not in repr(row)
    assert code.replace("-", "") not in repr(row)


async def test_a_code_is_good_once(area: Area) -> None:
    code = area.code()
    await area.servicer.EnrolDevice(enrol_request(DeviceKey.generate(), code, area.clock.now()), area.context)
    with pytest.raises(EnrolmentCodeInvalid):
        await area.servicer.EnrolDevice(enrol_request(DeviceKey.generate(), code, area.clock.now()), area.context)
    assert len(stored_devices(area)) == 1


async def test_of_many_at_once_one_gets_the_code(area: Area) -> None:
    code = area.code()
    requests = [enrol_request(DeviceKey.generate(), code, area.clock.now()) for _ in range(6)]
    results = await asyncio.gather(
        *(area.servicer.EnrolDevice(request, area.context) for request in requests), return_exceptions=True
    )
    assert sum(isinstance(result, pb.EnrolDeviceResponse) for result in results) == 1
    assert sum(isinstance(result, EnrolmentCodeInvalid) for result in results) == 5
    assert len(stored_devices(area)) == 1


async def test_a_code_ends(area: Area) -> None:
    code = area.code(hours=1)
    area.clock.forward(hours=1)
    with pytest.raises(EnrolmentCodeInvalid):
        await area.servicer.EnrolDevice(enrol_request(DeviceKey.generate(), code, area.clock.now()), area.context)


@pytest.mark.parametrize("code", ["", "K7QF-3M9T", "K7QF-3M9T-XW2U", "签名签名签名签名签名签名", "A" * 1000])
async def test_what_is_no_code(area: Area, code: str) -> None:
    with pytest.raises(EnrolmentCodeInvalid):
        await area.servicer.EnrolDevice(enrol_request(DeviceKey.generate(), code, area.clock.now()), area.context)


def test_a_code_may_be_typed_carelessly() -> None:
    code = new_code()
    assert code_hash(code) == code_hash(code.lower().replace("-", " ")) == code_hash(code.replace("0", "O"))


async def test_a_lost_answer_is_repeated(area: Area) -> None:
    key, code = DeviceKey.generate(), area.code()
    request_id = str(uuid.uuid4())
    request = enrol_request(key, code, area.clock.now(), request_id=request_id)
    first = await area.servicer.EnrolDevice(request, area.context)
    same_bytes = await area.servicer.EnrolDevice(request, area.context)
    fresh_proof = enrol_request(key, code, area.clock.now(), request_id=request_id)
    assert same_bytes == first == await area.servicer.EnrolDevice(fresh_proof, area.context)
    assert len(stored_devices(area)) == 1


async def test_the_same_id_with_other_fields_is_refused(area: Area) -> None:
    key, code = DeviceKey.generate(), area.code()
    request_id = str(uuid.uuid4())
    await area.servicer.EnrolDevice(enrol_request(key, code, area.clock.now(), request_id=request_id), area.context)
    other = enrol_request(key, code, area.clock.now(), name="other", request_id=request_id)
    with pytest.raises(RequestIdReused):
        await area.servicer.EnrolDevice(other, area.context)


async def test_repeats_at_once_enrol_once(area: Area) -> None:
    request = enrol_request(DeviceKey.generate(), area.code(), area.clock.now())
    answers = await asyncio.gather(*(area.servicer.EnrolDevice(request, area.context) for _ in range(6)))
    assert len({answer.device.device_id for answer in answers}) == 1
    assert len(stored_devices(area)) == 1


async def test_a_key_is_enrolled_once(area: Area) -> None:
    key, _ = await area.enrolled()
    code = area.code()
    with pytest.raises(DeviceKeyTaken):
        await area.servicer.EnrolDevice(enrol_request(key, code, area.clock.now()), area.context)
    await area.servicer.EnrolDevice(enrol_request(DeviceKey.generate(), code, area.clock.now()), area.context)


async def test_a_nonce_is_used_once(area: Area) -> None:
    key = DeviceKey.generate()
    request = enrol_request(key, "0000-0000-0000", area.clock.now())
    with pytest.raises(EnrolmentCodeInvalid):
        await area.servicer.EnrolDevice(request, area.context)
    with area.engine.begin() as connection:
        area.unit(connection).remember_nonce(key.public_key, request.proof_nonce, area.clock.now())
    with pytest.raises(ProofReplayed):
        await area.servicer.EnrolDevice(request, area.context)


@pytest.mark.parametrize("field", ["request_id", "enrolment_code", "display_name", "proof_nonce", "proof", "time"])
async def test_the_proof_covers_every_field(area: Area, field: str) -> None:
    request = enrol_request(DeviceKey.generate(), area.code(), area.clock.now())
    if field == "time":
        area.clock.forward(seconds=1)
        request.proof_time.CopyFrom(timestamp(area.clock.now()))
    elif field in {"proof_nonce", "proof"}:
        value = bytearray(getattr(request, field))
        value[-1] ^= 1
        setattr(request, field, bytes(value))
    else:
        setattr(request, field, {"request_id": str(uuid.uuid4())}.get(field, "0000-0000-0000"))
    with pytest.raises(DeviceProofInvalid):
        await area.servicer.EnrolDevice(request, area.context)


async def test_the_proof_of_another_key_is_refused(area: Area) -> None:
    request = enrol_request(DeviceKey.generate(), area.code(), area.clock.now())
    request.device_public_key = DeviceKey.generate().public_key
    with pytest.raises(DeviceProofInvalid):
        await area.servicer.EnrolDevice(request, area.context)


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_wrong_clock_is_named(area: Area, minutes: int) -> None:
    request = enrol_request(DeviceKey.generate(), area.code(), area.clock.now())
    area.clock.forward(minutes=minutes)
    with pytest.raises(ClockSkew):
        await area.servicer.EnrolDevice(request, area.context)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("request_id", "7"),
        ("request_id", "{8f14e45-ceea-467f-a8b1-5d8f2c9d8b7e}"),
        ("device_public_key", b"\x02" * 32),
        ("proof_nonce", b"n" * 15),
        ("proof", b"p" * 63),
        ("display_name", ""),
        ("display_name", "x" * 65),
        ("display_name", "a\nb"),
        ("display_name", "\u202eabc"),
    ],
)
async def test_a_wrong_field_is_named(area: Area, field: str, value: str | bytes) -> None:
    key = DeviceKey.generate()
    if field == "display_name":
        request = enrol_request(key, area.code(), area.clock.now(), name=str(value))
    else:
        request = enrol_request(key, area.code(), area.clock.now())
        setattr(request, field, value)
    with pytest.raises(FieldInvalid) as caught:
        await area.servicer.EnrolDevice(request, area.context)
    assert caught.value.field == field


@pytest.mark.parametrize("point", [b"\x04" + b"\x01" * 32, b"\x02" + b"\xff" * 32, bytes(33)])
async def test_a_key_off_the_curve_is_refused(area: Area, point: bytes) -> None:
    request = enrol_request(DeviceKey.generate(), area.code(), area.clock.now())
    request.device_public_key = point
    with pytest.raises(MalformedPoint):
        await area.servicer.EnrolDevice(request, area.context)


async def test_a_time_out_of_range_is_named(area: Area) -> None:
    request = enrol_request(DeviceKey.generate(), area.code(), area.clock.now())
    request.proof_time.seconds = 1 << 60
    with pytest.raises(FieldInvalid):
        await area.servicer.EnrolDevice(request, area.context)
