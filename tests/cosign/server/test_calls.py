"""What every call passes through: sessions, sizes, limits, languages, request ids."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from cosign.api.v1 import (
    device_pb2,
    key_pb2,
    server_info_pb2,
    share_pb2,
    signing_pb2,
)
from cosign.client.phone.errors import Rejected
from tests.cosign.server.calls import Caller, refused, stub
from tests.cosign.server.process import PIN, ServerProcess, running, sign_key


@pytest.fixture
def channel(shared: ServerProcess) -> Iterator[grpc.Channel]:
    with shared.channel() as channel:
        yield channel


def test_server_info_is_open_to_all(channel: grpc.Channel) -> None:
    info = stub(channel, "ServerInfoService").GetServerInfo(server_info_pb2.GetServerInfoRequest(), timeout=30)
    assert info.server_id == "cosign"
    assert len(info.identity_public_key) == 33
    assert list(info.suites) == ["SM2"]
    assert info.token_level == server_info_pb2.TOKEN_LEVEL_SOFTWARE
    assert len(info.envelope_keys) == 1
    key = info.envelope_keys[0]
    assert (len(key.core_key_id), len(key.public_key), len(key.statement_signature)) == (8, 33, 64)
    assert (key.not_after.seconds - key.not_before.seconds) == 8 * 24 * 3600
    assert abs(info.server_time.seconds - time.time()) < 60


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer made-up", "Basic dTpw", "Bearer " + "x" * 500]
)
def test_without_a_session(channel: grpc.Channel, header: str | None) -> None:
    metadata = (("authorization", header),) if header is not None else ()
    service = stub(channel, "KeyService")
    code, reason, _ = refused(lambda: service.ListKeys(key_pb2.ListKeysRequest(), timeout=30, metadata=metadata))
    assert (code, reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")


@pytest.mark.parametrize("size", [0, 32 * 1024 + 1])
def test_an_envelope_of_a_wrong_size(channel: grpc.Channel, size: int) -> None:
    service = stub(channel, "SigningService")
    _, reason, details = refused(lambda: service.Sign(signing_pb2.SignRequest(envelope=bytes(size)), timeout=30))
    assert reason == "FIELD_INVALID"
    assert details["BadRequest"].field_violations[0].field == "envelope"


def test_small_operations_take_small_envelopes(channel: grpc.Channel) -> None:
    service = stub(channel, "ShareService")
    _, reason, _ = refused(lambda: service.Sync(share_pb2.SyncRequest(envelope=bytes(4097)), timeout=30))
    assert reason == "FIELD_INVALID"


def test_a_message_of_a_megabyte_is_not_read(channel: grpc.Channel) -> None:
    service = stub(channel, "SigningService")
    with pytest.raises(grpc.RpcError) as caught:
        service.Sign(signing_pb2.SignRequest(envelope=bytes(1 << 20)), timeout=30)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("envelope", [b"x", bytes(64), b"\x00\x01\x01" + bytes(200)])
def test_an_envelope_that_cannot_be_opened(channel: grpc.Channel, envelope: bytes) -> None:
    service = stub(channel, "SigningService")
    code, reason, _ = refused(lambda: service.Sign(signing_pb2.SignRequest(envelope=envelope), timeout=30))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "ENVELOPE_INVALID")


def test_texts_are_chinese_unless_english_is_asked_for(channel: grpc.Channel) -> None:
    service = stub(channel, "KeyService")
    _, _, details = refused(lambda: service.ListKeys(key_pb2.ListKeysRequest(), timeout=30))
    assert details["LocalizedMessage"].message == "会话已过期。"
    english = (("accept-language", "en-GB"),)
    _, _, details = refused(lambda: service.ListKeys(key_pb2.ListKeysRequest(), timeout=30, metadata=english))
    assert details["LocalizedMessage"].message == "The session has ended."


def wait_for(condition: Callable[[], bool]) -> None:
    """The access log is written a moment after the call."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_request_id_comes_back_if_it_is_harmless(channel: grpc.Channel, shared: ServerProcess) -> None:
    service = stub(channel, "KeyService")

    def asked(request_id: str) -> str:
        metadata = (("x-request-id", request_id),)
        _, _, details = refused(lambda: service.ListKeys(key_pb2.ListKeysRequest(), timeout=30, metadata=metadata))
        return str(details["ErrorInfo"].metadata["request_id"])

    assert asked("trace-1.2_3") == "trace-1.2_3"
    assert asked("a b {evil}") != "a b {evil}"
    wait_for(lambda: '"request_id":"trace-1.2_3"' in shared.output)
    assert "evil" not in shared.output


def test_a_deadline_that_has_passed(channel: grpc.Channel) -> None:
    service = stub(channel, "ServerInfoService")
    with pytest.raises(grpc.RpcError) as caught:
        service.GetServerInfo(server_info_pb2.GetServerInfoRequest(), timeout=0.000_001)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_an_unknown_method(channel: grpc.Channel) -> None:
    unknown: Any = channel.unary_unary("/cosign.api.v1.KeyService/ExportKey")
    with pytest.raises(grpc.RpcError) as caught:
        unknown(b"", timeout=30)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_client_that_goes_away_does_no_harm(shared: ServerProcess) -> None:
    """Calls are cancelled at every stage; the server answers the next one as if nothing had been."""
    certificate = (shared.state / "tls-cert.pem").read_bytes()
    async with grpc.aio.secure_channel(shared.address, grpc.ssl_channel_credentials(certificate)) as channel:
        service = stub(channel, "ServerInfoService")
        for wait in range(20):
            call = service.GetServerInfo(server_info_pb2.GetServerInfoRequest())
            await asyncio.sleep(wait / 10_000)
            call.cancel()
        await service.GetServerInfo(server_info_pb2.GetServerInfoRequest(), timeout=30)
    assert '"event":"rpc_failed"' not in shared.output


def test_an_address_that_calls_too_often(tmp_path: Path) -> None:
    limits = {"COSIGN_LIMITS__ADDRESS_PER_SECOND": "1", "COSIGN_LIMITS__ADDRESS_BURST": "5"}
    with running(tmp_path, limits) as server, server.channel() as channel:
        service = stub(channel, "ServerInfoService")
        request = server_info_pb2.GetServerInfoRequest()
        for _ in range(5):
            service.GetServerInfo(request, timeout=30)
        code, reason, details = refused(lambda: [service.GetServerInfo(request, timeout=30) for _ in range(3)])
    assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert 0 < details["RetryInfo"].retry_delay.ToMilliseconds() <= 1000


def test_a_device_that_signs_too_often_is_not_charged(tmp_path: Path) -> None:
    limits = {"COSIGN_LIMITS__DEVICE_PER_SECOND": "0.5", "COSIGN_LIMITS__DEVICE_BURST": "12"}
    with running(tmp_path, limits) as server, server.phone("busy") as busy, server.phone("calm", "user-2") as calm:
        keys = sign_key(busy), sign_key(calm)

        def hurry() -> None:
            for _ in range(20):
                busy.sign(keys[0], [b"message"], PIN)

        with pytest.raises(Rejected) as caught:
            hurry()
        assert caught.value.server_reason == "RATE_LIMITED"
        calm.sign(keys[1], [b"message"], PIN)


def test_enrolment_attempts_are_limited(tmp_path: Path) -> None:
    limits = {"COSIGN_LIMITS__ENROLMENT_PER_MINUTE": "1", "COSIGN_LIMITS__ENROLMENT_BURST": "2"}
    with running(tmp_path, limits) as server, server.channel() as channel:
        for _ in range(2):
            Caller(server, channel, "user-1")
        service = stub(channel, "DeviceService")
        _, reason, _ = refused(lambda: service.EnrolDevice(device_pb2.EnrolDeviceRequest(), timeout=30))
    assert reason == "RATE_LIMITED"
