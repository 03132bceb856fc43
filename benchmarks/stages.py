"""Where the server's processor time goes: microseconds per request and stage, from a server that measures itself.

    python -m benchmarks.stages --phones 64 --seconds 10 [--op decrypt] [--batch 64]

The server is the real one with a clock around its steps: each thread's own processor time, without the steps inside.
What no step accounts for is transport: HTTP/2, TLS and gRPC's threads. The clocks themselves cost about a tenth.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.fleet import Fleet, Task
from benchmarks.load import say
from benchmarks.service import WITHOUT_RATE_LIMITS, MeasuredServer
from benchmarks.staged_server import FILE, read_totals
from demo.programs import Server

STAGES: Final = (
    "transport",
    "admission and decode",
    "end-to-end layer",
    "device signature",
    "share look-up and unseal",
    "clone rules and counters",
    "core",
    "SQL",
    "reply",
    "logs and metrics",
)


class ProfiledServer(Server):
    """`cosignd` with clocks."""

    PROGRAM = ("-m", "benchmarks.staged_server")


def measure(*, phones: int, seconds: float, op: Any, batch: int, database: str = "") -> dict[str, float]:
    """Microseconds of server processor time per request by stage, in the order of STAGES."""
    with tempfile.TemporaryDirectory(prefix="cosign-bench-") as folder:
        file = Path(folder) / "stages.json"
        settings = {"COSIGN_DATABASE__URL": database} if database else {}
        server = ProfiledServer(Path(folder) / "state", {**WITHOUT_RATE_LIMITS, **settings, FILE: str(file)})
        server.start()
        try:
            measured = MeasuredServer(server, settings)
            codes = measured.codes(phones)
            address, ca = measured.address, measured.ca
            with Fleet(address=address, ca=ca, codes=codes, op=op, batch=batch, processes=1) as fleet:
                fleet.run(Task(2.0))
                time.sleep(1.0)
                before, first = read_totals(file), measured.usage()
                window = fleet.run(Task(seconds))
                last = measured.usage()
                time.sleep(1.0)
                after = read_totals(file)
        finally:
            server.stop()
    count = max(1, len(window.latencies_ms))
    found = {stage: (after.get(stage, 0.0) - before.get(stage, 0.0)) * 1e6 / count for stage in STAGES}
    total = (last.cpu_seconds - first.cpu_seconds) * 1e6 / count
    found["transport"] += total - sum(found.values())
    return found


def table(found: dict[str, float], *, title: str) -> str:
    """The stages as lines for people."""
    lines = [f"stages of {title}, µs of server processor time per request"]
    lines += [f"  {stage:<26} {found[stage]:>8.1f}" for stage in STAGES]
    lines.append(f"  {'all':<26} {sum(found.values()):>8.1f}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description="Processor time by stage.")
    parser.add_argument("--phones", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--op", choices=("sign", "ecdsa", "decrypt"), default="sign")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--database", default="", help="URL of an empty database; SQLite in a temporary folder if none")
    options = parser.parse_args(arguments)
    say("starting a server that measures itself")
    found = measure(
        phones=options.phones,
        seconds=options.seconds,
        op=options.op,
        batch=options.batch,
        database=options.database,
    )
    print(table(found, title=f"{options.op}, {options.phones} phones, {options.batch} per request"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
