"""Two workers against one, without the load generator's share.

The phones and PostgreSQL need processors too, so that the throughput of two workers on two cores says more about the
phones than about the server. What a worker can do is therefore taken from the processor time it used: a signature
that costs c microseconds of `cosignd` gives a worker with a core of its own 1/c signatures per microsecond, and w
workers w/c. The result is c/w, the time from one signature to the next of workers that are never kept waiting for a
processor; whatever two workers cost each other in processor time (smaller micro-batches, contended rows, shared
caches) is in it. Every worker has the same number of phones and connections in both measurements.
"""

from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.rig import Rig, missing
from benchmarks.service import running
from tests.support.postgres import cluster

NAME = "rpc.sign.scaling"
WORKERS = (1, 2)


def run(*, phones: int, runs: int, seconds: float) -> list[Result]:
    """`phones` are those of one worker, each with a connection of its own, which the kernel deals out."""
    found = []
    try:
        with cluster(durable=True) as postgres:
            for workers in WORKERS:
                say(f"{NAME}: {workers} workers")
                url = postgres.create()
                settings = {"COSIGN_DATABASE__URL": url, "COSIGN_SERVER__WORKERS": str(workers)}
                count = phones * workers
                with running(settings) as server:
                    server.wait_for_listeners(workers)
                    with Rig(server, phones=count, connections=count, seconds=seconds) as rig:
                        samples = rig.samples(runs)
                name = f"{NAME}.workers{workers}"
                found.append(Result.of(name, [sample.server_us / workers for sample in samples]))
    except FileNotFoundError as fault:
        return missing("PostgreSQL", fault)
    return found
