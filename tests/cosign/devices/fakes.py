"""Fakes and builders for tests of the devices area."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf import timestamp_pb2
from sqlalchemy import Connection, Engine

from cosign.api.v1 import device_pb2 as pb
from cosign.devices.directory import DeviceDirectory, SessionDirectory
from cosign.devices.model import request_hash
from cosign.devices.repository import SqlDeviceUnit
from cosign.devices.servicer import DeviceServicer
from cosign.devices.usecases.issue_code import issue_code
from cosign.store.unit_of_work import writing
from protocol._core import DeviceKey

SERVICE = "/cosign.api.v1.DeviceService/"


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = dt.datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.moment

    def now_ms(self) -> int:
        return round(self.moment.timestamp() * 1000)

    def forward(self, **parts: float) -> None:
        self.moment += dt.timedelta(**parts)


class FakeSigning:
    """The signing area as the devices area sees it."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, str]] = []
        self.unbound: list[str] = []
        self.states: dict[str, str] = {}

    def open_device(self, connection: Connection, *, device_id: str, user_id: str) -> None:
        self.opened.append((device_id, user_id))

    def unbind_device(self, connection: Connection, *, device_id: str) -> None:
        self.unbound.append(device_id)

    def device_state(self, connection: Connection, device_id: str) -> str:
        return self.states.get(device_id, "active")


def timestamp(moment: dt.datetime) -> timestamp_pb2.Timestamp:
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(moment)
    return message


def proof_of(key: DeviceKey, method: str, named: bytes, nonce: bytes, moment: dt.datetime) -> bytes:
    time_ms = round(moment.timestamp() * 1000)
    return key.sign("DEV/rpc", [(SERVICE + method).encode(), named, nonce, time_ms.to_bytes(8)])


def enrol_request(
    key: DeviceKey, code: str, moment: dt.datetime, *, name: str = "Test phone", request_id: str = ""
) -> pb.EnrolDeviceRequest:
    request_id = request_id or str(uuid.uuid4())
    nonce = secrets.token_bytes(16)
    named = request_hash(request_id.encode(), code.encode(), key.public_key, name.encode())
    return pb.EnrolDeviceRequest(
        request_id=request_id,
        enrolment_code=code,
        device_public_key=key.public_key,
        display_name=name,
        proof_time=timestamp(moment),
        proof_nonce=nonce,
        proof=proof_of(key, "EnrolDevice", named, nonce, moment),
    )


def session_request(key: DeviceKey, device_id: str, moment: dt.datetime) -> pb.CreateSessionRequest:
    nonce = secrets.token_bytes(16)
    proof = proof_of(key, "CreateSession", request_hash(device_id.encode()), nonce, moment)
    return pb.CreateSessionRequest(device_id=device_id, proof_time=timestamp(moment), proof_nonce=nonce, proof=proof)


@dataclass
class Area:
    """The devices area under test."""

    engine: Engine
    clock: MovableClock
    signing: FakeSigning
    unit: Callable[[Connection], SqlDeviceUnit]
    servicer: DeviceServicer
    sessions: SessionDirectory
    directory: DeviceDirectory
    charged: list[str]
    """Devices that the rate limit was charged to by the servicer."""
    bearer: str = ""
    context: Any = None
    """The servicer passes it on to `caller` only."""

    def code(self, user: str = "user-1", hours: int = 24) -> str:
        with writing(self.engine) as connection:
            code, _ = issue_code(
                self.unit(connection), user_id=user, clock=self.clock, lifetime=dt.timedelta(hours=hours)
            )
        return code

    async def enrolled(self, user: str = "user-1") -> tuple[DeviceKey, str]:
        """A device of `user`: its key and id."""
        key = DeviceKey.generate()
        request = enrol_request(key, self.code(user), self.clock.now())
        response = await self.servicer.EnrolDevice(request, self.context)
        return key, response.device.device_id

    async def session(self, key: DeviceKey, device_id: str) -> str:
        request = session_request(key, device_id, self.clock.now())
        return (await self.servicer.CreateSession(request, self.context)).access_token
