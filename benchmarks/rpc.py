"""What one request costs the server as a whole: real processes, gRPC over TLS 1.3, durable commits, 64 phones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.fleet import Op
from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.rig import Rig, missing, result
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


SHORTEST: Final = POSTGRES[1::2]
"""Enough to see that everything works: single signatures run on SQLite, decryption in the load harness."""


def run(*, phones: int, runs: int, seconds: float, postgres_cases: Sequence[Case] = POSTGRES) -> list[Result]:
    """Measures on SQLite, and on PostgreSQL where its programs are installed; a server of its own for each case."""
    found: list[Result] = []
    for case in SQLITE:
        with running() as server:
            found += measure(server, case, phones=phones, runs=runs, seconds=seconds)
    try:
        with cluster(durable=True) as postgres:
            for case in postgres_cases:
                with running({"COSIGN_DATABASE__URL": postgres.create()}) as server:
                    found += measure(server, case, phones=phones, runs=runs, seconds=seconds)
    except FileNotFoundError as fault:
        found += missing("PostgreSQL", fault)
    return found


def measure(server: MeasuredServer, case: Case, *, phones: int, runs: int, seconds: float) -> list[Result]:
    """Server processor time per item and latency per request as phones see it, one window per run."""
    say(f"{case.name}: {phones} phones, {runs} windows")
    with Rig(server, op=case.op, batch=case.batch, phones=phones, seconds=seconds) as rig:
        samples = rig.samples(runs)
    return [
        result(f"{case.name}.server_cpu", samples, lambda sample: sample.server_us),
        result(f"{case.name}.latency_p50", samples, lambda sample: sample.window.percentile_ms(0.5) * 1e3),
    ]
