"""`python -m benchmarks`: measures ours and the peers in one run.

Prints a table and writes `build/bench/results.json`. `--only PART` runs a part and leaves the results of the others in
the file, if they are about the same commit; `population` and `lists` run only when they are named, because filling a
database takes minutes. `--tiny` makes everything as short as possible, to see that it works.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks import (
    compare,
    half_load,
    idle,
    lists,
    logins,
    memory,
    native,
    openssl_peer,
    population,
    reach,
    results,
    rpc,
    scaling,
    service,
    sessions,
    stages,
    tokens,
    two_party,
)
from benchmarks.results import Result
from tests.support.postgres import cluster


def core(tiny: bool) -> list[Result]:
    """The native core, by its own programs."""
    return [result for program in native.build() for result in native.run(program, tiny=tiny)]


def peer(tiny: bool) -> list[Result]:
    """OpenSSL's generic SM2, or a note that it is missing."""
    try:
        return openssl_peer.run(runs=3 if tiny else 15, seconds=0.05 if tiny else 3.0)
    except openssl_peer.LibraryMissing as reason:
        print(f"bench: no OpenSSL beside ours: {reason}", file=sys.stderr)
        return []


def both_parties(tiny: bool) -> list[Result]:
    """Our two-party signature beside gmssl's."""
    return two_party.run(runs=3 if tiny else 15, seconds=0.05 if tiny else 5.0)


def service_cost(tiny: bool) -> list[Result]:
    """A whole server."""
    if tiny:
        return rpc.run(phones=2, runs=1, seconds=0.3, postgres_cases=rpc.SHORTEST)
    return rpc.run(phones=64, runs=5, seconds=6.0)


def token_cost(tiny: bool) -> list[Result]:
    """SoftHSM2 beside the software token."""
    return tokens.run(phones=2 if tiny else 64, runs=1 if tiny else 5, seconds=0.3 if tiny else 5.0)


def latency(tiny: bool) -> list[Result]:
    """What users see at half of saturation."""
    return half_load.run(phones=2 if tiny else 64, runs=1 if tiny else 5, seconds=0.5 if tiny else 6.0)


def workers(tiny: bool) -> list[Result]:
    """Two workers against one."""
    return scaling.run(phones=2 if tiny else 32, runs=1 if tiny else 5, seconds=0.3 if tiny else 5.0)


def connections(tiny: bool) -> list[Result]:
    """Memory of idle connections."""
    return idle.run(100 if tiny else idle.CONNECTIONS)


def keys(tiny: bool) -> list[Result]:
    """A million keys in the database."""
    return population.run(
        phones=2 if tiny else 64,
        runs=1 if tiny else 7,
        seconds=0.3 if tiny else 6.0,
        keys=2 * population.FEW if tiny else population.MANY,
    )


def login_cost(tiny: bool) -> list[Result]:
    """Logins, and the token check of every call after them."""
    found = logins.run(phones=2 if tiny else 16, runs=1 if tiny else 5, logins=20 if tiny else 400, sqlite_only=tiny)
    return found + sessions.run(sessions=50 if tiny else 10_000, seconds=0.0 if tiny else 2.0)


def pages(tiny: bool) -> list[Result]:
    """Pages out of ten million rows."""
    return lists.run(rows=500, pages=3, own=120) if tiny else lists.run()


def stage_tables(tiny: bool) -> list[str]:
    """Where the processor time of unary requests goes, on PostgreSQL, or on SQLite where there is none."""
    phones, seconds = (2, 0.5) if tiny else (64, 6.0)
    try:
        with cluster(durable=True) as postgres:
            return [
                stages.table(
                    stages.measure(phones=phones, seconds=seconds, op=op, batch=1, database=postgres.create()),
                    title=f"one unary {op} on PostgreSQL",
                )
                for op in ("sign", "decrypt", "ecdsa")
            ]
    except FileNotFoundError:
        found = stages.measure(phones=phones, seconds=seconds, op="sign", batch=1)
        return [stages.table(found, title="one unary sign on SQLite")]


MEASURED: Final[dict[str, Callable[[bool], list[Result]]]] = {
    "core": core,
    "peer": peer,
    "two_party": both_parties,
    "rpc": service_cost,
    "tokens": token_cost,
    "half_load": latency,
    "scaling": workers,
    "idle": connections,
    "logins": login_cost,
    "population": keys,
    "lists": pages,
}
PARTS: Final = (*MEASURED, "memory")
NAMED: Final = ("population", "lists")
DEFAULT: Final = tuple(part for part in PARTS if part not in NAMED)


def main(arguments: list[str] | None = None) -> int:
    """Runs the parts asked for; returns the exit status, 0 also when a reach was missed: a benchmark informs."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Costs of ours and of peers, side by side."
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="run this part; may be repeated")
    parser.add_argument("--tiny", action="store_true", help="shortest possible runs")
    parser.add_argument("--out", type=Path, default=results.RESULTS, help="where to write the results")
    parser.add_argument("--against", type=Path, help="results to compare with; default: what --out held before")
    parser.add_argument("--memory-signatures", type=int, default=100_000, help="signatures of the memory part")
    options = parser.parse_args(arguments)
    wanted = options.only or DEFAULT
    older = options.against or options.out
    before = compare.read(older) if older.exists() else None
    found: list[Result] = []
    for name, run in MEASURED.items():
        if name in wanted:
            print(f"bench: {name}", file=sys.stderr, flush=True)
            found += run(options.tiny)
    staged: list[str] = []
    if "rpc" in wanted:
        print("bench: stages", file=sys.stderr, flush=True)
        staged = stage_tables(options.tiny)
    remembered = None
    if "memory" in wanted:
        print("bench: memory", file=sys.stderr, flush=True)
        with service.running() as server:
            remembered = memory.run(server, signatures=512 if options.tiny else options.memory_signatures)
    before_these = results.kept(options.out, found) if options.only else []
    results.write([*before_these, *found], options.out)
    print(f"cpu: {results.cpu_name()}, commit: {results.commit()}")
    print(reach.table(found))
    rows = {result.name: result.median for result in found}
    for text in staged:
        print(text)
    if remembered is not None:
        print("\n".join(remembered.lines()))
    if before is not None:
        print("against the run before:")
        print(compare.table({name: before[name] for name in before if name in rows}, rows))
    print(f"written: {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
