"""Traces as a collector gets them, and what must not be in them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from cosign.api.v1 import server_info_pb2, signing_pb2
from cosign.errors import ConfigInvalid
from cosign.server.config import Config, checked
from cosign.server.config_tracing import TracingSection
from cosign.server.tracing_wiring import Traced, Untraced, traces
from tests.cosign.server.calls import refused, stub
from tests.cosign.server.process import PIN, running, sign_key

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
STAGES = ["receive", "queue", "batch", "reply"]
ATTRIBUTES = {"rpc.system", "rpc.service", "rpc.method", "rpc.grpc.status", "cosign.reason"}


class Collector(trace_service_pb2_grpc.TraceServiceServicer):  # type: ignore[misc,unused-ignore]
    """Takes OTLP over gRPC and keeps what it gets."""

    def __init__(self) -> None:
        self.requests: list[pb.ExportTraceServiceRequest] = []
        self._changed = threading.Condition()

    def Export(self, request: pb.ExportTraceServiceRequest, context: Any) -> pb.ExportTraceServiceResponse:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        return pb.ExportTraceServiceResponse()

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def wait_for(self, name: str) -> Span:
        """The newest span of this name."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(span.name == name for span in self.spans), 60)
        return [span for span in self.spans if span.name == name][-1]

    def children(self, parent: Span) -> list[Span]:
        return sorted((s for s in self.spans if s.parent_span_id == parent.span_id), key=lambda s: STAGES.index(s.name))


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    """A collector and its endpoint."""
    taken = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(taken, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield taken, f"http://127.0.0.1:{port}"
    server.stop(None).wait()


def traced(folder: Path, endpoint: str) -> Any:
    return running(folder, {"COSIGN_TRACING__ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"})


def test_a_signature_is_a_span_with_its_stages(tmp_path: Path, collector: tuple[Collector, str]) -> None:
    taken, endpoint = collector
    with traced(tmp_path, endpoint) as server:
        with server.phone() as phone:
            key_id = sign_key(phone)
            phone.sign(key_id, [b"message"], PIN)
            device_id = phone.status().device_id
        assert server.stop() == 0
    span = taken.wait_for("cosign.api.v1.SigningService/Sign")
    assert span.kind == Span.SPAN_KIND_SERVER
    stages = taken.children(span)
    assert [stage.name for stage in stages] == STAGES
    assert stages[0].start_time_unix_nano == span.start_time_unix_nano
    for before, after in pairwise(stages):
        assert before.start_time_unix_nano <= before.end_time_unix_nano == after.start_time_unix_nano
    assert stages[-1].end_time_unix_nano <= span.end_time_unix_nano
    names = {span.name for span in taken.spans}
    assert {"cosign.api.v1.DeviceService/EnrolDevice", "cosign.api.v1.KeyService/ActivateKey"} <= names
    assert {pair.key for span in taken.spans for pair in span.attributes} <= ATTRIBUTES
    everything = b"".join(request.SerializeToString() for request in taken.requests)
    for private in (device_id, key_id, "user-1", PIN):
        assert private.encode() not in everything
    (resource,) = {r.resource.SerializeToString() for request in taken.requests for r in request.resource_spans}
    assert b"cosignd" in resource


def test_a_call_is_the_child_of_its_callers_span(tmp_path: Path, collector: tuple[Collector, str]) -> None:
    taken, endpoint = collector
    with traced(tmp_path, endpoint) as server, server.channel() as channel:
        metadata = (("traceparent", f"00-{TRACE}-{PARENT}-01"), ("accept-language", "en"))
        asked = server_info_pb2.GetServerInfoRequest()
        stub(channel, "ServerInfoService").GetServerInfo(asked, metadata=metadata, timeout=30)
        span = taken.wait_for("cosign.api.v1.ServerInfoService/GetServerInfo")
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
        envelope = signing_pb2.SignRequest(envelope=bytes(400))
        _, reason, _ = refused(lambda: stub(channel, "SigningService").Sign(envelope, metadata=metadata, timeout=30))
        failed = taken.wait_for("cosign.api.v1.SigningService/Sign")
    told = {pair.key: pair.value.string_value for pair in failed.attributes}
    assert told["cosign.reason"] == reason == "ENVELOPE_INVALID"
    assert told["rpc.grpc.status"] == "INVALID_ARGUMENT"
    assert failed.status.code == 2


def test_a_collector_that_is_away_costs_nobody_an_answer(tmp_path: Path) -> None:
    with traced(tmp_path, "http://127.0.0.1:1") as server:
        with server.phone() as phone:
            phone.sign(sign_key(phone), [b"message"], PIN)
        assert server.stop() == 0


def test_without_an_endpoint_nothing_is_loaded_and_nothing_wrapped() -> None:
    code = "import sys; import cosign.server.main; print(any(name.startswith('opentelemetry') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
    assert type(traces(Config(), "1")) is Untraced
    part = object()
    untraced: Any = Untraced()
    assert untraced.stage(part) is part
    assert untraced.operations(part) is part


def test_missing_packages_are_named_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(ConfigInvalid, match=r"cosign-server\[tracing\]"):
        Traced(Config(tracing=TracingSection(endpoint="http://127.0.0.1:4317")), version="1")


@pytest.mark.parametrize(
    ("section", "key"),
    [
        (TracingSection(endpoint="127.0.0.1:4317"), "tracing.endpoint"),
        (TracingSection(endpoint="http://user:word@collector:4317"), "tracing.endpoint"),
        (TracingSection(ratio=1.5), "tracing.ratio"),
    ],
)
def test_a_wrong_section_is_refused_by_name(section: TracingSection, key: str) -> None:
    with pytest.raises(ConfigInvalid, match=key):
        checked(Config(tracing=section))
