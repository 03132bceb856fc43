"""Addresses, error decoding, and retries that must stay off."""

from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from cosign.api.v1 import signing_pb2, signing_pb2_grpc
from cosign.client.phone.channel import GrpcConnection, open_channel, read_ca
from cosign.client.phone.decoding import decode_error
from cosign.client.phone.errors import HomeBroken, InputRefused, Rejected, Unreachable


class Failing(signing_pb2_grpc.SigningServiceServicer):
    """Refuses every Sign in the way a test asks for."""

    def __init__(self) -> None:
        self.calls = 0
        self.details = b""
        self.code = grpc.StatusCode.UNAVAILABLE

    def Sign(self, request: signing_pb2.SignRequest, context: Any) -> signing_pb2.SignResponse:
        self.calls += 1
        if self.details:
            context.set_trailing_metadata((("grpc-status-details-bin", self.details),))
        context.abort(self.code, "english text")
        raise AssertionError


@pytest.fixture
def failing() -> Failing:
    return Failing()


@pytest.fixture
def connection(failing: Failing) -> Any:
    server = grpc.server(futures.ThreadPoolExecutor(2))
    signing_pb2_grpc.add_SigningServiceServicer_to_server(failing, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with open_channel(f"plain://127.0.0.1:{port}") as channel:
        yield GrpcConnection(channel, deadline_seconds=5)
    server.stop(None).wait()


def test_a_failed_key_operation_is_not_repeated(failing: Failing, connection: GrpcConnection) -> None:
    with pytest.raises(Unreachable):
        connection.exchange("Sign", b"envelope")
    assert failing.calls == 1


def test_an_error_of_the_service_keeps_reason_and_texts(failing: Failing, connection: GrpcConnection) -> None:
    status = status_pb2.Status(code=grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], message="english text")
    info = error_details_pb2.ErrorInfo(reason="RATE_LIMITED", domain="cosign", metadata={"a": "b"})
    text = error_details_pb2.LocalizedMessage(locale="zh-CN", message="操作过于频繁")
    retry = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=2))
    for detail in (info, text, retry):
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    failing.code, failing.details = grpc.StatusCode.RESOURCE_EXHAUSTED, status.SerializeToString()
    with pytest.raises(Rejected) as rejected:
        connection.exchange("Sign", b"envelope")
    words = {"code": "RESOURCE_EXHAUSTED", "server_reason": "RATE_LIMITED", "a": "b"}
    assert rejected.value.facts() == {**words, "retry_after_ms": 2000}
    assert (rejected.value.text("en"), rejected.value.text("zh")) == ("english text", "操作过于频繁")


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with open_channel("plain://127.0.0.1:9") as channel, pytest.raises(Unreachable):
        GrpcConnection(channel, deadline_seconds=5).server_info()


def test_an_error_without_a_call_is_unreachable() -> None:
    assert isinstance(decode_error(grpc.RpcError()), Unreachable)


@pytest.mark.parametrize("address", ["", "host", "host:", ":1", "host:port", "plain://host:1", "plain://192.0.2.1:1"])
def test_an_unusable_address_is_refused(address: str) -> None:
    with pytest.raises(InputRefused):
        open_channel(address)


@pytest.mark.parametrize(
    "address", ["host:1", "[::1]:1", "plain://localhost:1", "plain://[::1]:1", "plain://127.0.0.1:1"]
)
def test_a_usable_address_opens(address: str) -> None:
    open_channel(address).close()


def test_a_missing_ca_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeBroken, match=r"missing\.pem"):
        read_ca(tmp_path / "missing.pem")
