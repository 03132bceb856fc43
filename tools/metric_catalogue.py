"""The page of metrics, made from the registry of a server."""

from typing import Any, Final

from prometheus_client.registry import Collector

from cosign.server.linked_logins_metrics import ProviderMetrics
from cosign.server.merged_metrics import OWN
from cosign.server.metrics import Metrics
from cosign.server.outbox_metrics import OutboxMetrics
from hsm.ports import PoolState

HEAD: Final = """# Metrics

Made by `make gen` from `cosign/server/metrics.py` and the `*_metrics.py` beside it; do not edit. Every label value \
comes from a closed set: no ids of devices, keys or users. Nothing is observed before the transaction that decides an \
outcome has committed (TX-6).

Histograms have `_bucket`, `_sum` and `_count`. What `process_` and `python_` metrics mean is told by \
[prometheus-client](https://prometheus.github.io/client_python/). Alerts on these metrics are in \
`deploy/prometheus/alerts.yaml`, panels in `deploy/grafana/cosign.json`, traces in \
[operations.md](operations.md#traces).

| Metric | Type | Labels | Meaning |
|---|---|---|---|
"""


def _pool() -> PoolState:
    """No pool: only the names are asked for."""
    raise LookupError


def complete() -> Metrics:
    """The metrics of a server with all its areas."""
    metrics = Metrics()
    metrics.token_pool(_pool)
    OutboxMetrics(metrics.registry)
    ProviderMetrics(metrics.registry)
    return metrics


def rows() -> list[tuple[str, str, tuple[str, ...], str]]:
    """Name as it is exposed, type, labels and meaning of every metric of ours, by name."""
    known: dict[str, Collector] = complete().registry._names_to_collectors
    found = {(one._name, one._type, one._labelnames, one._documentation) for one in _ours(known)}
    named = [(_exposed(name, kind), kind, labels, meaning) for name, kind, labels, meaning in found]
    return sorted(named + [(name, kind, (), meaning) for name, kind, meaning in OWN])


def markdown() -> str:
    """The whole page."""
    lines = []
    for name, kind, labels, meaning in rows():
        told = ", ".join(f"`{label}`" for label in labels) or "–"
        lines.append(f"| `{name}` | {kind} | {told} | {meaning} |\n")
    return HEAD + "".join(lines)


def _ours(known: dict[str, Collector]) -> list[Any]:
    return [one for name, one in known.items() if name.startswith("cosign_") and hasattr(one, "_labelnames")]


def _exposed(name: str, kind: str) -> str:
    suffix = {"counter": "_total", "info": "_info"}.get(kind, "")
    return name + suffix
