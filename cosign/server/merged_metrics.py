"""One Prometheus endpoint for all workers: counters, histograms and gauges of ours are added up.

What the process and platform collectors report gets a label `worker` instead: the sum of start times says nothing.
"""

import urllib.request
from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

_SCRAPE_SECONDS: Final = 2.0
_OWN: Final = "cosign_"
_INFO: Final = "cosign_build_info"

Sample = tuple[str, tuple[tuple[str, str], ...]]


def merge(texts: Mapping[int, str], own: Iterable[tuple[str, str, str, float]] = ()) -> str:
    """The exposition of all workers.

    Args:
        texts: Exposition of each worker by its slot.
        own: Further samples: name, type, help, value.
    """
    heads: dict[str, tuple[str, str, str]] = {}
    values: dict[str, dict[Sample, float]] = {}
    for slot, text in texts.items():
        for family in text_string_to_metric_families(text):
            heads.setdefault(family.name, (family.name, family.type, family.documentation))
            samples = values.setdefault(family.name, {})
            for sample in family.samples:
                labels = dict(sample.labels)
                if not sample.name.startswith(_OWN):
                    labels["worker"] = str(slot)
                key = (sample.name, tuple(sorted(labels.items())))
                added = samples.get(key, 0.0) + sample.value
                samples[key] = sample.value if sample.name == _INFO else added
    lines: list[str] = []
    for name, (_, kind, text) in heads.items():
        full = f"{name}_total" if kind == "counter" else name
        lines += [f"# HELP {full} {text}", f"# TYPE {full} {kind}"]
        lines += [f"{sample}{_labels(labels)} {value}" for (sample, labels), value in values[name].items()]
    for name, kind, text, value in own:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
    return "\n".join(lines) + "\n"


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
