"""One Prometheus endpoint for all workers: counters, histograms and gauges of ours are added up.

What the process and platform collectors report gets a label `worker` instead: the sum of start times says nothing.
"""

import threading
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from cosign.server.config import parse_address

_SCRAPE_SECONDS: Final = 2.0
_OWN: Final = "cosign_"
_INFO: Final = "cosign_build_info"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

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


def serve(listen: str, collect: Callable[[], str]) -> int:
    """Serves `/metrics` on `host:port` from a thread of its own; returns the port that was bound."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = collect().encode()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are not logged."""

    server = ThreadingHTTPServer(parse_address("metrics.listen", listen), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="cosign-metrics", daemon=True).start()
    return int(server.server_address[1])


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    escaped = (f'{name}="{_escaped(value)}"' for name, value in labels)
    return "{" + ",".join(escaped) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
