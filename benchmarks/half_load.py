"""Latency at half of saturation: an open loop at half of the rate that a closed loop has just reached.

`cosignd` and its PostgreSQL share the first processor, the phones have the others: what saturates is the service, not
the load generator. Latency counts from the moment a request was due. PostgreSQL is one that has been at work for a
while: it writes its log into files used before, as a server does after its first checkpoints. A new file every few
seconds costs commits 10 to 20 ms (docs/operations.md, PostgreSQL).
"""

import random
from typing import Final

from benchmarks import arrivals
from benchmarks.fleet import Task
from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.rig import Rig, apart, missing, result
from benchmarks.service import running
from tests.support.postgres import Cluster, cluster

NAME: Final = "rpc.sign.unary.postgres"
_SEED: Final = 1
_DEFAULT_NAPTIME: Final = "1min"
"""Clusters of tests look for something to vacuum every ten seconds, more often than PostgreSQL does by itself."""

_LOG_FILES: Final = 24
"""Of 16 MB each: more than all windows write."""


def run(*, phones: int, runs: int, seconds: float) -> list[Result]:
    """Time per signature at saturation, and the latency that 99 % of the requests keep at half of that rate."""
    source = random.Random(_SEED)
    try:
        with (
            cluster(durable=True, autovacuum_naptime=_DEFAULT_NAPTIME, min_wal_size="1GB") as postgres,
            running({"COSIGN_DATABASE__URL": postgres.create()}) as server,
            apart(server, postgres.pid),
            Rig(server, phones=phones, seconds=seconds) as rig,
        ):
            use_log_files(postgres)
            full = rig.samples(runs)
            saturated = result(f"{NAME}.at_saturation", full, lambda sample: sample.seconds_per_item * 1e6)
            rate = 1e6 / saturated.median
            say(f"{NAME}: {rate:.0f} signatures a second at saturation, now half of it")
            half = []
            for _ in range(runs):
                due = arrivals.poisson(rate / 2, seconds, source) or [0.0]
                half.append(rig.sample(Task(seconds, len(due), tuple(due))))
    except FileNotFoundError as fault:
        return missing("PostgreSQL", fault)
    return [
        saturated,
        result(f"{NAME}.p50_half_load", half, lambda sample: sample.window.percentile_ms(0.5) * 1e3),
        result(f"{NAME}.p99_half_load", half, lambda sample: sample.window.percentile_ms(0.99) * 1e3),
    ]


def use_log_files(postgres: Cluster) -> None:
    """Begins so many files of PostgreSQL's log, and has them kept for what comes."""
    for _ in range(_LOG_FILES):
        postgres.sql("SELECT pg_create_restore_point('used'), pg_switch_wal()")
    postgres.sql("CHECKPOINT")
