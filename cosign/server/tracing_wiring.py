"""Puts traces around the parts of a server when they are configured, and nothing when they are not."""

from typing import TYPE_CHECKING, Any

from cosign.server.config import Config
from cosign.server.guard import CallGuard
from cosign.signing.batcher import Stage
from cosign.signing.intake import Operation
from cosign.signing.key_operations import Operations

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter


class Untraced:
    """Every part as it is."""

    def guard(self, **arguments: Any) -> CallGuard:
        """The guard of all calls; arguments of `CallGuard`."""
        return CallGuard(**arguments)

    def stage(self, stage: Stage[Operation]) -> Stage[Operation]:
        """What the batch thread runs."""
        return stage

    def operations(self, operations: Operations) -> Operations:
        """What the listener hands requests to."""
        return operations

    def close(self) -> None:
        """Sends what is left."""


class Traced(Untraced):
    """Every part with its times."""

    def __init__(self, config: Config, *, version: str, exporter: "SpanExporter | None" = None) -> None:
        """Starts the exporter. Raises ConfigInvalid when its packages are not installed."""
        from cosign.server import traced
        from cosign.server.tracing import Tracing

        self._traced = traced
        self._moments = traced.Moments()
        self._tracing = Tracing(config, version=version, exporter=None if exporter is None else lambda: exporter)

    def guard(self, **arguments: Any) -> CallGuard:
        """See the base."""
        return self._traced.TracedGuard(self._tracing, self._moments, **arguments)

    def stage(self, stage: Stage[Operation]) -> Stage[Operation]:
        """See the base."""
        return self._traced.TracedStage(stage, self._moments)

    def operations(self, operations: Operations) -> Operations:
        """See the base."""
        return self._traced.TracedOperations(operations, self._moments)

    def close(self) -> None:
        """See the base."""
        self._tracing.close()


def traces(config: Config, version: str) -> Untraced:
    """For a server with this configuration. Raises ConfigInvalid."""
    return Traced(config, version=version) if config.tracing.endpoint else Untraced()
