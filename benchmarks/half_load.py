"""Latency at half of saturation: an open loop at half of the rate that a closed loop has just reached.

`cosignd` and its PostgreSQL share the first processor, the phones have the others: what saturates is the service, not
the load generator. Latency counts from the moment a request was due.
"""

import random

from benchmarks import arrivals
from benchmarks.fleet import Task
from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.rig import Rig, apart, missing, result
from benchmarks.service import running
from tests.support.postgres import cluster

NAME = "rpc.sign.unary.postgres"
_SEED = 1
_DEFAULT_NAPTIME = "1min"
"""Clusters of tests look for something to vacuum every ten seconds, more often than PostgreSQL does by itself."""


def run(*, phones: int, runs: int, seconds: float) -> list[Result]:
    """Time per signature at saturation, and the latency that 99 % of the requests keep at half of that rate."""
    source = random.Random(_SEED)
    try:
        with (
            cluster(durable=True, autovacuum_naptime=_DEFAULT_NAPTIME) as postgres,
            running({"COSIGN_DATABASE__URL": postgres.create()}) as server,
            apart(server, postgres.pid),
            Rig(server, phones=phones, seconds=seconds) as rig,
        ):
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
