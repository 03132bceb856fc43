"""The figures of one load window, and the file that keeps them."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.fleet import Window
from benchmarks.service import Usage

PERCENTILES: Final = (50, 90, 95, 99, 99.9)


def figures(window: Window, usages: Sequence[Usage], *, batch: int, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Puts the figures of one window together; times in the units of their names.

    Args:
        window: What the phones saw.
        usages: Meters of the server, the first from the start of the window, the last from its end.
        batch: Digests or ciphertexts per request.
        plan: What was driven; goes into the result as it is.
    """
    requests = len(window.latencies_ms)
    before, after = usages[0], usages[-1]
    cpu_us = (after.cpu_seconds - before.cpu_seconds) * 1e6
    return {
        **plan,
        "seconds": round(window.seconds, 3),
        "requests": requests,
        "requests_per_second": round(requests / window.seconds, 1),
        "items_per_second": round(requests * batch / window.seconds, 1),
        "latency_ms": {
            **{f"p{share:g}": round(window.percentile_ms(share / 100), 2) for share in PERCENTILES},
            "max": round(window.percentile_ms(1.0), 2),
        },
        "server_cpu_us_per_request": round(cpu_us / requests, 1) if requests else None,
        "server_cpu_us_per_item": round(cpu_us / requests / batch, 1) if requests else None,
        "server_cpu_share": round(cpu_us / 1e6 / (after.at_s - before.at_s), 3),
        "server_memory_mb": round(after.memory_bytes / 1e6, 1),
        "errors": dict(window.errors),
        "timeline": timeline(window, usages),
    }


def timeline(window: Window, usages: Sequence[Usage]) -> dict[str, list[float]]:
    """Second by second: requests that ended, their median and 99th percentile in ms; and the server's processor share
    between two readings of its meters."""
    seconds = max(1, math.ceil(window.seconds))
    parts = [Window() for _ in range(seconds)]
    for latency, finished in zip(window.latencies_ms, window.finished_s, strict=True):
        parts[min(seconds - 1, int(finished))].latencies_ms.append(latency)
    pairs = list(itertools.pairwise(usages))
    return {
        "requests": [float(len(part.latencies_ms)) for part in parts],
        "p50_ms": [round(part.percentile_ms(0.5), 2) for part in parts],
        "p99_ms": [round(part.percentile_ms(0.99), 2) for part in parts],
        "latency_quantiles_ms": [round(window.percentile_ms(step / 200), 3) for step in range(201)],
        "cpu_at_s": [round(later.at_s - usages[0].at_s, 2) for _, later in pairs],
        "cpu_share": [
            round((later.cpu_seconds - earlier.cpu_seconds) / (later.at_s - earlier.at_s), 3)
            for earlier, later in pairs
        ],
    }


def write(report: Mapping[str, Any], path: Path) -> None:
    """Writes the figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
