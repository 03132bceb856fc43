"""Load harness: drives many virtual phones against a server it starts.

    python -m benchmarks.load --phones 64 --seconds 20
    python -m benchmarks.load --phones 16 --count 1000 --op decrypt --batch 8 --json build/bench/load.json

Reports throughput, latency percentiles, server processor time per request, server memory and errors by reason. The
exit status is 1 if any request failed.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.fleet import Fleet, Op, Task, Window
from benchmarks.service import MeasuredServer, Usage, running

LONGEST_SECONDS: Final = 3600.0
WARM_UP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to drive and for how long."""

    phones: int
    op: Op
    batch: int
    processes: int
    task: Task


def report(plan: Plan, window: Window, before: Usage, after: Usage) -> dict[str, Any]:
    """Puts the figures of one window together; times in the units of their names."""
    requests = len(window.latencies_ms)
    cpu_us = (after.cpu_seconds - before.cpu_seconds) * 1e6
    return {
        "op": plan.op,
        "phones": plan.phones,
        "processes": plan.processes,
        "batch": plan.batch,
        "seconds": round(window.seconds, 3),
        "requests": requests,
        "requests_per_second": round(requests / window.seconds, 1),
        "items_per_second": round(requests * plan.batch / window.seconds, 1),
        "latency_ms": {
            **{f"p{share}": round(window.percentile_ms(share / 100), 2) for share in (50, 95, 99)},
            "max": round(window.percentile_ms(1.0), 2),
        },
        "server_cpu_us_per_request": round(cpu_us / requests, 1) if requests else None,
        "server_cpu_us_per_item": round(cpu_us / requests / plan.batch, 1) if requests else None,
        "server_memory_mb": round(after.memory_bytes / 1e6, 1),
        "errors": dict(window.errors),
    }


def drive(server: MeasuredServer, plan: Plan) -> dict[str, Any]:
    """Enrols the phones, warms up, runs the window."""
    say(f"enrolling {plan.phones} phones, one {plan.op} key each")
    codes = server.codes(plan.phones)
    fleet = Fleet(
        address=server.address, ca=server.ca, codes=codes, op=plan.op, batch=plan.batch, processes=plan.processes
    )
    with fleet:
        fleet.run(Task(WARM_UP_SECONDS, plan.task.count))
        say("measuring")
        before = server.usage()
        window = fleet.run(plan.task)
        return report(plan, window, before, server.usage())


def say(text: str) -> None:
    """Progress, for people."""
    print(f"load: {text}", file=sys.stderr, flush=True)


def parse(arguments: list[str] | None) -> tuple[Plan, Path | None]:
    """Reads the command line; wrong usage ends the program with status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description="Load harness of the co-signing server."
    )
    parser.add_argument("--phones", type=_number(1, 4096), default=64, help="virtual phones, a key each")
    parser.add_argument("--seconds", type=float, default=None, help="length of the run, at most an hour")
    parser.add_argument("--count", type=_number(1, 10_000_000), default=None, help="requests to make at most")
    parser.add_argument("--batch", type=_number(1, 256), default=1, help="digests or ciphertexts per request")
    parser.add_argument("--op", choices=("sign", "decrypt"), default="sign")
    parser.add_argument("--processes", type=_number(1, 64), default=1, help="processes the phones are spread over")
    parser.add_argument("--json", type=Path, default=None, help="write the report here as well")
    options = parser.parse_args(arguments)
    if options.seconds is not None and not 0 < options.seconds <= LONGEST_SECONDS:
        parser.error("--seconds must be more than 0 and at most 3600")
    seconds = options.seconds or (LONGEST_SECONDS if options.count else 20.0)
    processes = min(options.processes, options.phones)
    plan = Plan(options.phones, options.op, options.batch, processes, Task(seconds, options.count))
    return plan, options.json


def _number(least: int, greatest: int) -> Any:
    def parse_number(text: str) -> int:
        number = int(text)
        if not least <= number <= greatest:
            raise argparse.ArgumentTypeError(f"must be {least} to {greatest}")
        return number

    return parse_number


def main(arguments: list[str] | None = None) -> int:
    """Runs the harness; returns the exit status."""
    plan, file = parse(arguments)
    with running() as server:
        figures = drive(server, plan)
    text = json.dumps(figures, indent=2)
    print(text)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    return 1 if figures["errors"] or not figures["requests"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
