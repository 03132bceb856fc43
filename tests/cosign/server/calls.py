"""Raw calls with a session, and the error details they end with."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf import timestamp_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from cosign.api.v1 import (
    device_pb2,
    device_pb2_grpc,
    key_pb2_grpc,
    server_info_pb2_grpc,
    share_pb2_grpc,
    signing_pb2_grpc,
)
from cosign.devices.model import request_hash
from protocol._core import DeviceKey
from tests.cosign.server.process import ServerProcess

SERVICE = "/cosign.api.v1.DeviceService/"


_MODULES: Any = (device_pb2_grpc, key_pb2_grpc, server_info_pb2_grpc, share_pb2_grpc, signing_pb2_grpc)


def stub(channel: Any, service: str) -> Any:
    """The stub of a service by its short name; generated stubs have no types."""
    (made,) = (getattr(module, f"{service}Stub") for module in _MODULES if hasattr(module, f"{service}Stub"))
    return made(channel)


class Caller:
    """A device key with a session; no joint keys."""

    def __init__(self, server: ServerProcess, channel: grpc.Channel, user: str) -> None:
        self.key = DeviceKey.generate()
        self.stub = stub(channel, "DeviceService")
        self.device_id = self._enrol(server.code(user))
        self.metadata = (("authorization", f"Bearer {self.open_session()}"), ("accept-language", "en"))

    def _enrol(self, code: str) -> str:
        request_id = str(uuid.uuid4())
        named = request_hash(request_id.encode(), code.encode(), self.key.public_key, b"Test phone")
        moment, nonce, proof = self._prove("EnrolDevice", named)
        request = device_pb2.EnrolDeviceRequest(
            request_id=request_id,
            enrolment_code=code,
            device_public_key=self.key.public_key,
            display_name="Test phone",
            proof_time=moment,
            proof_nonce=nonce,
            proof=proof,
        )
        return str(self.stub.EnrolDevice(request, timeout=30).device.device_id)

    def open_session(self) -> str:
        moment, nonce, proof = self._prove("CreateSession", request_hash(self.device_id.encode()))
        request = device_pb2.CreateSessionRequest(
            device_id=self.device_id, proof_time=moment, proof_nonce=nonce, proof=proof
        )
        return str(self.stub.CreateSession(request, timeout=30).access_token)

    def _prove(self, method: str, named: bytes) -> tuple[timestamp_pb2.Timestamp, bytes, bytes]:
        now = dt.datetime.now(dt.UTC)
        time_ms = round(now.timestamp() * 1000)
        moment = timestamp_pb2.Timestamp()
        moment.FromMilliseconds(time_ms)
        nonce = secrets.token_bytes(16)
        fields = [(SERVICE + method).encode(), named, nonce, time_ms.to_bytes(8)]
        return moment, nonce, self.key.sign("DEV/rpc", fields)


def refused(call: Callable[[], Any]) -> tuple[grpc.StatusCode, str, dict[str, Any]]:
    """Runs a call that must fail; returns code, reason and the details by message name."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    status = rpc_status.from_call(caught.value)
    assert status is not None, caught.value
    details: dict[str, Any] = {}
    for packed in status.details:
        message = getattr(error_details_pb2, packed.type_url.rpartition(".")[2])()
        packed.Unpack(message)
        details[type(message).__name__] = message
    return caught.value.code(), details["ErrorInfo"].reason, details
