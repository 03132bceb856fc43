"""What one request costs the server as a whole: real processes, gRPC over TLS 1.3, durable commits, 64 phones."""

import sys
from dataclasses import dataclass
from typing import Final

from benchmarks.fleet import Fleet, Op, Task
from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.service import MeasuredServer, running
from tests.support.postgres import cluster


@dataclass(frozen=True, slots=True)
class Case:
    """One operation to measure; `batch` items per request, costs are per item."""

    name: str
    op: Op
    batch: int = 1


SQLITE: Final = (Case("rpc.sign.unary.sqlite", "sign"),)
POSTGRES: Final = (
    Case("rpc.sign.unary.postgres", "sign"),
    Case("rpc.sign.batch64.postgres", "sign", 64),
    Case("rpc.decrypt.unary.postgres", "decrypt"),
    Case("rpc.sign.ecdsa.postgres", "ecdsa"),
)


def run(*, phones: int, runs: int, seconds: float) -> list[Result]:
    """Measures on SQLite, and on PostgreSQL where its programs are installed; a server of its own for each case."""
    found: list[Result] = []
    for case in SQLITE:
        with running() as server:
            found += measure(server, case, phones=phones, runs=runs, seconds=seconds)
    try:
        with cluster(durable=True) as postgres:
            for case in POSTGRES:
                with running({"COSIGN_DATABASE__URL": postgres.create()}) as server:
                    found += measure(server, case, phones=phones, runs=runs, seconds=seconds)
    except FileNotFoundError as missing:
        print(f"bench: nothing on PostgreSQL: {missing}", file=sys.stderr)
    return found


def measure(server: MeasuredServer, case: Case, *, phones: int, runs: int, seconds: float) -> list[Result]:
    """Server processor time per item and latency per request as phones see it, one window per run."""
    say(f"{case.name}: enrolling {phones} phones")
    codes = server.codes(phones)
    cpu_us, latency_us = [], []
    with Fleet(address=server.address, ca=server.ca, codes=codes, op=case.op, batch=case.batch, processes=1) as fleet:
        fleet.run(Task(min(seconds, 2.0)))
        for number in range(runs):
            say(f"{case.name}: window {number + 1} of {runs}")
            before = server.usage()
            window = fleet.run(Task(seconds))
            after = server.usage()
            if window.errors or not window.latencies_ms:
                raise RuntimeError(f"the server refused requests: {dict(window.errors)}")
            items = len(window.latencies_ms) * case.batch
            cpu_us.append((after.cpu_seconds - before.cpu_seconds) * 1e6 / items)
            latency_us.append(window.percentile_ms(0.5) * 1e3)
    return [Result.of(f"{case.name}.server_cpu", cpu_us), Result.of(f"{case.name}.latency_p50", latency_us)]
