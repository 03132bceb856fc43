"""OpenTelemetry traces: one span per call, with a span per stage of a key operation. Off unless configured.

::

    /cosign.api.v1.SigningService/Sign     from the arrival of the call to its answer; child of the caller's traceparent
      ├── receive    until the message is there and handed over
      ├── queue      until a micro-batch takes it
      ├── batch      envelope, proofs, locks, evaluation, COMMIT: shared with the other requests of the batch
      └── reply      until the answer is on its way

A span is made, with all its times, when the call has ended: nothing exists before the commit that depends on the
outcome (TX-6). Attributes come from closed sets: method, status, reason. The packages are loaded only here.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosign.call_context import CallContext, metadata_value
from cosign.errors import ConfigInvalid
from cosign.server.config import Config

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

MISSING: Final = "needs the packages of the extra cosign-server[tracing]"
_FLUSH_MS: Final = 2_000
"""How long the spans that are left may take at the end of the process."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of a call; moments of `time.perf_counter`."""

    name: str
    began: float
    ended: float


class Tracing:
    """Makes spans of calls that have ended; for any thread."""

    def __init__(self, config: Config, *, version: str, exporter: "Callable[[], SpanExporter] | None" = None) -> None:
        """Starts the exporter's thread.

        Args:
            config: The section `tracing` and the names of this node.
            version: Of the program.
            exporter: For tests; OTLP over gRPC by default.

        Raises:
            ConfigInvalid: The packages are not installed.
        """
        try:
            from opentelemetry import trace
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

            made = exporter() if exporter is not None else _otlp(config.tracing.endpoint)
        except ImportError as fault:
            raise ConfigInvalid("tracing.endpoint", f"{MISSING} ({fault.name})") from None
        resource = Resource({
            "service.name": "cosignd",
            "service.version": version,
            "service.namespace": config.server.server_id,
            "service.instance.id": config.server.node_id,
        })  # fmt: skip
        self._provider: TracerProvider = TracerProvider(
            resource=resource, sampler=TraceIdRatioBased(config.tracing.ratio), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(made))
        self._tracer = self._provider.get_tracer("cosign")
        self._propagator = TraceContextTextMapPropagator()
        self._server = trace.SpanKind.SERVER
        self._failed = trace.Status(trace.StatusCode.ERROR)
        self._within = trace.set_span_in_context

    def call(
        self, method: str, context: CallContext, began: float, code: str, reason: str, stages: Sequence[Stage]
    ) -> None:
        """Records a call that ends now.

        Args:
            method: Full gRPC name.
            context: Its metadata may hold a `traceparent` (W3C Trace Context).
            began: Moment of `time.perf_counter`.
            code: Name of the gRPC status.
            reason: Reason of the error catalogue, or empty.
            stages: In order; empty for a call that has none.
        """
        ended = time.perf_counter()
        offset = time.time_ns() - round(ended * 1e9)
        carried = {name: metadata_value(context, name) for name in ("traceparent", "tracestate")}
        service, _, name = method.removeprefix("/").partition("/")
        span = self._tracer.start_span(
            method.removeprefix("/"),
            context=self._propagator.extract({key: value for key, value in carried.items() if value}),
            kind=self._server,
            start_time=offset + round(began * 1e9),
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": name, "rpc.grpc.status": code},
        )
        if span.is_recording():
            if code != "OK":
                span.set_status(self._failed)
                span.set_attribute("cosign.reason", reason)
            for stage in stages:
                part = self._tracer.start_span(
                    stage.name, context=self._within(span), start_time=offset + round(stage.began * 1e9)
                )
                part.end(offset + round(stage.ended * 1e9))
        span.end(offset + round(ended * 1e9))

    def close(self) -> None:
        """Sends what is left, for two seconds at most, and ends the thread."""
        self._provider.force_flush(_FLUSH_MS)
        self._provider.shutdown()


def _otlp(endpoint: str) -> "SpanExporter":
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"), timeout=_FLUSH_MS // 1000)
