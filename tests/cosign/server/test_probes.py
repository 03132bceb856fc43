"""Callers that send headers and nothing else hold up neither health nor the calls of the API."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2 as reflection
from grpc_reflection.v1alpha import reflection_pb2_grpc

from cosign.api.v1 import server_info_pb2
from cosign.server.awaited import MESSAGE_SECONDS
from cosign.server.services import SERVICES
from tests.cosign.server.calls import refused, stub
from tests.cosign.server.process import ServerProcess, running

INFO = "/cosign.api.v1.ServerInfoService/GetServerInfo"
CHECK = "/grpc.health.v1.Health/Check"
SIGN = "/cosign.api.v1.SigningService/Sign"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path, {"COSIGN_SERVER__MAX_CONCURRENT_RPCS": "200"}) as server:
        yield server


def test_calls_without_a_message_hold_nobody_up(server: ServerProcess) -> None:
    done = threading.Event()

    def silence() -> Iterator[Any]:
        done.wait(60)
        yield from ()

    with server.channel() as quiet, server.channel() as channel:
        calls: list[Any] = [
            quiet.stream_unary(method).future(silence()) for method in (INFO, CHECK, SIGN) for _ in range(40)
        ]
        calls += [quiet.stream_stream(REFLECTION)(silence()) for _ in range(40)]
        time.sleep(1)
        began = time.monotonic()
        health: Any = health_pb2_grpc.HealthStub(channel)
        assert health.Check(health_pb2.HealthCheckRequest(), timeout=5).status == 1
        info = stub(channel, "ServerInfoService").GetServerInfo(server_info_pb2.GetServerInfoRequest(), timeout=5)
        assert info.server_id == "cosign"
        for call in calls:
            assert call.code() is grpc.StatusCode.CANCELLED
        assert time.monotonic() - began < MESSAGE_SECONDS + 5
        done.set()
        services: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection.ServerReflectionRequest(list_services="")
        (answer,) = services.ServerReflectionInfo(iter([asked]), timeout=10)
        assert len(answer.list_services_response.service) == len(SERVICES) + 2


def test_health_and_reflection_are_charged_to_the_address(tmp_path: Path) -> None:
    limits = {"COSIGN_LIMITS__ADDRESS_BURST": "4", "COSIGN_LIMITS__ADDRESS_PER_SECOND": "0.001"}
    with running(tmp_path, limits) as server, server.channel() as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        services: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection.ServerReflectionRequest(list_services="")
        for _ in range(2):
            assert health.Check(health_pb2.HealthCheckRequest(), timeout=30).status == 1
            assert len(list(services.ServerReflectionInfo(iter([asked]), timeout=30))) == 1
        info = stub(channel, "ServerInfoService")
        for call in (
            lambda: health.Check(health_pb2.HealthCheckRequest(), timeout=30),
            lambda: list(services.ServerReflectionInfo(iter([asked]), timeout=30)),
            lambda: list(health.Watch(health_pb2.HealthCheckRequest(), timeout=30)),
            lambda: info.GetServerInfo(server_info_pb2.GetServerInfoRequest(), timeout=30),
        ):
            code, reason, details = refused(call)
            assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
            assert details["RetryInfo"].retry_delay.ToMilliseconds() > 0


def test_a_call_is_charged_when_it_arrives(tmp_path: Path) -> None:
    with running(tmp_path, {"COSIGN_LIMITS__ADDRESS_BURST": "3", "COSIGN_LIMITS__ADDRESS_PER_SECOND": "1"}) as server:
        done = threading.Event()

        def silence() -> Iterator[Any]:
            done.wait(60)
            yield from ()

        with server.channel() as channel:
            calls: list[Any] = [channel.stream_unary(SIGN).future(silence()) for _ in range(8)]
            end = time.monotonic() + MESSAGE_SECONDS / 2
            while not any(call.done() for call in calls):
                assert time.monotonic() < end
                time.sleep(0.05)
            ended = [call.code() for call in calls if call.done()]
            assert set(ended) == {grpc.StatusCode.RESOURCE_EXHAUSTED}
            done.set()
