"""What one signature costs the server as a whole: unary Sign over gRPC and TLS 1.3 on SQLite with full durability."""

from benchmarks.fleet import Fleet, Task
from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.service import MeasuredServer

NAME = "rpc.sign.unary.sqlite"


def run(server: MeasuredServer, *, phones: int, runs: int, seconds: float) -> list[Result]:
    """Measures server processor time per signature and latency as phones see it, one window per run."""
    say(f"enrolling {phones} phones")
    codes = server.codes(phones)
    cpu_us, latency_us = [], []
    with Fleet(address=server.address, ca=server.ca, codes=codes, op="sign", batch=1, processes=1) as fleet:
        fleet.run(Task(min(seconds, 2.0)))
        for number in range(runs):
            say(f"unary Sign, {phones} phones, window {number + 1} of {runs}")
            before = server.usage()
            window = fleet.run(Task(seconds))
            after = server.usage()
            if window.errors or not window.latencies_ms:
                raise RuntimeError(f"the server refused requests: {dict(window.errors)}")
            cpu_us.append((after.cpu_seconds - before.cpu_seconds) * 1e6 / len(window.latencies_ms))
            latency_us.append(window.percentile_ms(0.5) * 1e3)
    return [Result.of(f"{NAME}.server_cpu", cpu_us), Result.of(f"{NAME}.latency_p50", latency_us)]
