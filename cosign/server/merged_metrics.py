"""One Prometheus endpoint for all workers: counters, histograms and amounts of ours are added up.

Of what tells a state or a number that workers share, the worst is told: a service whose one worker has lost its token
is not whole. What the process and platform collectors report gets a label `worker` instead: the sum of start times
says nothing.
"""

import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

WORKERS: Final = ("cosign_workers", "gauge", "Worker processes that serve.")
RESTARTS: Final = ("cosign_worker_restarts_total", "counter", "Workers that had to be replaced.")
OWN: Final = (WORKERS, RESTARTS)
"""Name, type and help of what the supervisor adds."""
_SCRAPE_SECONDS: Final = 2.0
_PREFIX: Final = "cosign_"
_INFO: Final = "cosign_build_info"
_SUMS: Final = frozenset({"counter", "histogram"})
_WORST: Final[Mapping[str, Callable[[float, float], float]]] = {
    "cosign_token_ready": min,
    "cosign_certificate_days_left": min,
    "cosign_token_generation": max,
    "cosign_reviews_open": max,
    "cosign_reviews_overdue": max,
    "cosign_reviews_oldest_seconds": max,
}
"""Gauges that are no amounts."""

Sample = tuple[str, tuple[tuple[str, str], ...]]


class Source(NamedTuple):
    """A worker process; another one in its slot is another source."""

    slot: int
    pid: int


@dataclass(slots=True)
class _Exposition:
    """Samples by family; a head is the type and the help text."""

    heads: dict[str, tuple[str, str]] = field(default_factory=dict)
    values: dict[str, dict[Sample, float]] = field(default_factory=dict)

    def add(self, other: "_Exposition", *, only_sums: bool = False) -> None:
        """Adds values up; with `only_sums` no others than counters and histograms of ours."""
        for name, head in other.heads.items():
            if only_sums and not _is_sum(name, head[0]):
                continue
            self.heads.setdefault(name, head)
            samples = self.values.setdefault(name, {})
            for key, value in other.values[name].items():
                if key not in samples or key[0] == _INFO:
                    samples[key] = value
                else:
                    samples[key] = _WORST.get(name, float.__add__)(samples[key], value)


class MergedMetrics:
    """Merges what workers expose, and remembers what those that are gone had counted: a sum that fell would look to
    `rate()` like a reset. What a worker counted between its last exposition and its end is lost. Not thread-safe."""

    def __init__(self) -> None:
        """Nothing was counted yet."""
        self._last: dict[Source, _Exposition] = {}
        self._gone = _Exposition()
        self._told: dict[Sample, float] = {}

    def merge(self, texts: Mapping[Source, str], own: Iterable[tuple[str, str, str, float]] = ()) -> str:
        """The exposition of all workers.

        Args:
            texts: Exposition of each living worker, empty if it did not answer. A source that is left out is gone
                and never comes back.
            own: Further samples: name, type, help, value.
        """
        self._last |= {source: _parsed(source.slot, text) for source, text in texts.items() if text}
        for source in self._last.keys() - texts.keys():
            self._gone.add(self._last.pop(source), only_sums=True)
        total = _Exposition()
        total.add(self._gone)
        for source, last in self._last.items():
            total.add(last, only_sums=not texts[source])
        lines: list[str] = []
        for name, (kind, text) in total.heads.items():
            full = f"{name}_total" if kind == "counter" else name
            lines += [f"# HELP {full} {text}", f"# TYPE {full} {kind}"]
            if _is_sum(name, kind):
                self._never_less(total.values[name])
            lines += [f"{sample}{_labels(labels)} {value}" for (sample, labels), value in total.values[name].items()]
        for name, kind, text, value in own:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
        return "\n".join(lines) + "\n"

    def _never_less(self, samples: dict[Sample, float]) -> None:
        """Added up in another order than before, a sum may come out smaller by a rounding."""
        for key, value in samples.items():
            samples[key] = self._told[key] = max(value, self._told.get(key, value))


def _is_sum(name: str, kind: str) -> bool:
    return kind in _SUMS and name.startswith(_PREFIX)


def _parsed(slot: int, text: str) -> _Exposition:
    parsed = _Exposition()
    for family in text_string_to_metric_families(text):
        parsed.heads[family.name] = (family.type, family.documentation)
        samples = parsed.values.setdefault(family.name, {})
        for sample in family.samples:
            labels = dict(sample.labels)
            if not sample.name.startswith(_PREFIX):
                labels["worker"] = str(slot)
            samples[sample.name, tuple(sorted(labels.items()))] = sample.value
    return parsed


def scrape(port: int) -> str:
    """The exposition of the worker whose endpoint is on a loopback port; empty when it does not answer."""
    address = f"http://127.0.0.1:{port}/metrics"
    try:
        with urllib.request.urlopen(address, timeout=_SCRAPE_SECONDS) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def ready(port: int) -> bool:
    """Whether the worker whose endpoint is on a loopback port can do its work."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=_SCRAPE_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    escaped = (f'{name}="{_escaped(value)}"' for name, value in labels)
    return "{" + ",".join(escaped) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
