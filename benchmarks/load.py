"""Load harness: drives many virtual phones against a server it starts.

    python -m benchmarks.load --phones 64 --seconds 20
    python -m benchmarks.load --phones 16 --count 1000 --op decrypt --batch 8 --json build/bench/load.json
    python -m benchmarks.load --mode open --rate 300 --seconds 30 --html build/bench/load.html
    python -m benchmarks.load --op ecdsa --phones 16 --stream --seconds 20
    python -m benchmarks.load --mode opening --phones 200 --op decrypt --count 2000 --seconds 600

`closed`: every phone asks again as soon as it has its answer, which finds the saturation. `open`: requests come at a
rate, whether the server is ready or not, which finds the latency users see. `opening`: the burst of a bid opening.
Reports throughput, latency percentiles, server processor time per request, server memory and errors by reason. The
exit status is 1 if any request failed.
"""

import argparse
import json
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from benchmarks import arrivals, load_page, load_report
from benchmarks.fleet import Fleet, Op, Task
from benchmarks.service import MeasuredServer, running, sampled
from cosign.server.config import LimitsSection

Mode = Literal["closed", "open", "opening"]

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
    mode: Mode = "closed"
    settings: tuple[tuple[str, str], ...] = ()
    """`COSIGN_*` variables for the server."""
    pinned: bool = False
    """Server on the first processor, phones on the others."""
    streams: bool = False
    """Every phone signs over one stream."""


def drive(server: MeasuredServer, plan: Plan) -> dict[str, Any]:
    """Enrols the phones, warms up, runs the window; returns the figures of `load_report`."""
    if plan.pinned:
        first, *others = sorted(os.sched_getaffinity(0))
        server.pin({first})
        os.sched_setaffinity(0, set(others) or {first})
    say(f"enrolling {plan.phones} phones, one {plan.op} key each")
    codes = server.codes(plan.phones)
    fleet = Fleet(
        address=server.address,
        ca=server.ca,
        codes=codes,
        op=plan.op,
        batch=plan.batch,
        processes=plan.processes,
        streams=plan.streams,
    )
    with fleet:
        fleet.run(Task(WARM_UP_SECONDS, plan.task.count))
        say("measuring")
        with sampled(server) as usages:
            window = fleet.run(plan.task)
    return load_report.figures(
        window,
        usages,
        batch=plan.batch,
        plan={
            "mode": plan.mode,
            "op": plan.op,
            "phones": plan.phones,
            "processes": plan.processes,
            "batch": plan.batch,
            "settings": dict(plan.settings),
            "pinned": plan.pinned,
            "streams": plan.streams,
        },
    )


def say(text: str) -> None:
    """Progress, for people."""
    print(f"load: {text}", file=sys.stderr, flush=True)


def parse(arguments: list[str] | None) -> tuple[Plan, argparse.Namespace]:
    """Reads the command line; wrong usage ends the program with status 2."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description="Load harness of the co-signing server."
    )
    parser.add_argument("--mode", choices=("closed", "open", "opening"), default="closed", help="how requests come")
    parser.add_argument("--rate", type=float, default=None, help="requests per second, for --mode open")
    parser.add_argument("--phones", type=_number(1, 4096), default=64, help="virtual phones, a key each")
    parser.add_argument("--seconds", type=float, default=None, help="length of the run, at most an hour")
    parser.add_argument("--count", type=_number(1, 10_000_000), default=None, help="requests to make at most")
    parser.add_argument("--batch", type=_number(1, 256), default=1, help="digests or ciphertexts per request")
    parser.add_argument("--op", choices=("sign", "ecdsa", "decrypt"), default="sign")
    parser.add_argument("--processes", type=_number(1, 64), default=1, help="processes the phones are spread over")
    parser.add_argument("--seed", type=int, default=1, help="of the moments requests are due")
    parser.add_argument("--set", action="append", default=[], metavar="COSIGN_X=Y", help="setting of the server")
    parser.add_argument("--pin", action="store_true", help="server on the first processor, phones on the others")
    parser.add_argument("--stream", action="store_true", help="sign over one stream per phone; at most 16 phones")
    parser.add_argument("--json", type=Path, default=None, help="write the report here as well")
    parser.add_argument("--html", type=Path, default=None, help="write a page with charts here")
    options = parser.parse_args(arguments)
    if options.seconds is not None and not 0 < options.seconds <= LONGEST_SECONDS:
        parser.error("--seconds must be more than 0 and at most 3600")
    settings = tuple(_setting(parser, text) for text in options.set)
    processes = min(options.processes, options.phones)
    task = _task(parser, options)
    if options.stream and (options.op == "decrypt" or options.phones > LimitsSection().streams_per_address):
        parser.error(f"--stream is for signatures of at most {LimitsSection().streams_per_address} phones")
    plan = Plan(
        options.phones,
        options.op,
        options.batch,
        processes,
        task,
        options.mode,
        settings,
        pinned=options.pin,
        streams=options.stream,
    )
    return plan, options


def _task(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Task:
    if (options.mode == "open") != (options.rate is not None):
        parser.error("--mode open and --rate go together")
    if options.mode == "closed":
        return Task(options.seconds or (LONGEST_SECONDS if options.count else 20.0), options.count)
    source = random.Random(options.seed)
    if options.mode == "open":
        if not 0 < options.rate <= 100_000:
            parser.error("--rate must be more than 0 and at most 100000")
        seconds = options.seconds or 20.0
        due = arrivals.poisson(options.rate, seconds, source)[: options.count]
    else:
        seconds = options.seconds or 600.0
        due = arrivals.bid_opening(options.count or options.phones, seconds, source)
    return Task(seconds, len(due), tuple(due))


def _setting(parser: argparse.ArgumentParser, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.startswith("COSIGN_"):
        parser.error("--set takes COSIGN_<SECTION>__<KEY>=VALUE")
    return name, value


def _number(least: int, greatest: int) -> Any:
    def parse_number(text: str) -> int:
        number = int(text)
        if not least <= number <= greatest:
            raise argparse.ArgumentTypeError(f"must be {least} to {greatest}")
        return number

    return parse_number


def main(arguments: list[str] | None = None) -> int:
    """Runs the harness; returns the exit status."""
    plan, options = parse(arguments)
    with running(dict(plan.settings)) as server:
        figures = drive(server, plan)
    print(json.dumps({name: value for name, value in figures.items() if name != "timeline"}, indent=2))
    if options.json is not None:
        load_report.write(figures, options.json)
    if options.html is not None:
        load_page.write(figures, options.html)
    return 1 if figures["errors"] or not figures["requests"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
