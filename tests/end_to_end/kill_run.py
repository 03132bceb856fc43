"""Kills workers and supervisors of a service under load, at random moments, and checks afterwards that nothing is lost.

    python -m tests.end_to_end.kill_run [--minutes 5] [--database URL | --postgres] [--workers 2] [--seed N]

The seed decides who is killed, after how much progress, and what the phones do; how the processes interleave is the
machine's. A run prints one line of JSON and ends with exit status 1 when the model finds a violation.
"""

import argparse
import contextlib
import enum
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import psutil

from cosign.client.phone import Phone
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.unit_of_work import reading
from demo.programs import PhoneProgram, ProgramFailed, Server
from tests.end_to_end.conftest import CHEAP, SETTINGS, issue
from tests.end_to_end.kill_load import PATIENCE_SECONDS, Journal, LoadPhone, Progress
from tests.end_to_end.kill_model import violations
from tests.support.postgres import cluster

_ENDED_SECONDS: Final = 60.0
_PROGRESS: Final = (0, 1, 5, 20, 60, 150)
"""Acknowledged requests between two kills."""
_LONGEST_PAUSE_SECONDS: Final = 0.03


class Victim(enum.StrEnum):
    """Who is killed."""

    WORKER = "worker"
    SUPERVISOR = "supervisor"
    """Its workers drain and end; then it is started again."""
    EVERYTHING = "everything"
    """Supervisor and workers together, as by a power cut."""


_WEIGHTS: Final = {Victim.WORKER: 6, Victim.SUPERVISOR: 3, Victim.EVERYTHING: 2}


@dataclass(frozen=True, slots=True)
class Strike:
    """One kill."""

    victim: Victim
    after: int
    """Acknowledged requests since the strike before."""
    pause_seconds: float
    chosen: float
    """Which of the workers, 0 to 1."""


def strikes(seed: int) -> Iterator[Strike]:
    """The endless plan of a seed; its first three strikes have one victim of each kind."""
    source = random.Random(seed)
    victims = list(Victim)
    source.shuffle(victims)
    while True:
        victim = victims.pop() if victims else source.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        pause = source.random() * _LONGEST_PAUSE_SECONDS
        yield Strike(victim, source.choice(_PROGRESS), pause, source.random())


class Service(Server):
    """A supervised service on one address."""

    def __init__(self, folder: Path, *, database: str, workers: int) -> None:
        limits = {"ADDRESS_PER_SECOND": "100000", "ADDRESS_BURST": "100000", "DEVICE_PER_SECOND": "100000"}
        super().__init__(
            folder,
            {
                **SETTINGS,
                **{f"COSIGN_LIMITS__{name}": value for name, value in limits.items()},
                "COSIGN_DATABASE__URL": database,
                "COSIGN_SERVER__WORKERS": str(workers),
                "COSIGN_SERVER__DRAIN_SECONDS": "2",
                "COSIGN_LOG__ACCESS": "false",
            },
        )
        self.starts = 0
        self.kills: Counter[Victim] = Counter()

    def start(self) -> None:
        """Starts the supervisor, again when a kill hit a worker before all had served: it then ends by itself."""
        self.starts += 1
        super().start()

    def workers(self) -> list[psutil.Process]:
        """Living worker processes."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return [one for one in psutil.Process(self.pid).children() if one.status() != psutil.STATUS_ZOMBIE]
        return []

    def strike(self, strike: Strike) -> None:
        """Kills the victim, and starts the service again unless its supervisor does."""
        self.kills[strike.victim] += 1
        workers = self.workers()
        if strike.victim is Victim.WORKER:
            if workers:
                with contextlib.suppress(psutil.NoSuchProcess):
                    workers[int(strike.chosen * len(workers))].kill()
            return
        self.kill()
        if strike.victim is Victim.EVERYTHING:
            for one in workers:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
        self._start_after(workers)

    def tend(self) -> None:
        """Starts the service again if it has ended by itself, as an init system would."""
        if self._process is None or self._process.poll() is not None:
            self._start_after([])

    def _start_after(self, workers: Sequence[psutil.Process]) -> None:
        """The state folder is free when the last worker has ended."""
        _, left = psutil.wait_procs(workers, timeout=_ENDED_SECONDS)
        if left:
            raise ProgramFailed(f"{len(left)} workers outlived their supervisor:\n{self.tail()}")
        self.start()


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has seen."""

    seed: int
    kills: dict[str, int]
    starts: int
    signatures: int
    decryptions: int
    wrong_pins: int
    outages: int
    violations: list[str]
    journals: list[Journal]

    def summary(self) -> dict[str, object]:
        """Everything but the journals."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "journals"}


def run(
    folder: Path, *, database: str, workers: int, phones: int, seed: int, kills: int = 0, minutes: float = 0.0
) -> Result:
    """Runs until so many kills were done, or so much time has passed; then checks.

    Args:
        folder: Empty; state, logs and homes of the phones go there.
        database: SQLAlchemy URL of an empty database.
        workers: Worker processes, 1 on SQLite.
        phones: Phones that use the service at once.
        seed: Of strikes and phones.
        kills: How many; 0 for no bound.
        minutes: How long; 0 for no bound.

    Raises:
        ProgramFailed: The service did not come back.
        BaseException: What a phone met that no outage explains: a freeze, a lock, a refused right PIN.
    """
    (folder / "state").mkdir()
    service = Service(folder / "state", database=database, workers=workers)
    service.start()
    progress = Progress()
    users = [_enrolled(service, folder / f"phone-{number}") for number in range(phones)]
    load = [LoadPhone(program, progress, seed=f"{seed}/{number}") for number, program in enumerate(users)]
    try:
        for one in load:
            one.start()
        end = time.monotonic() + minutes * 60 if minutes else float("inf")
        for number, strike in enumerate(strikes(seed)):
            if number == (kills or -1) or time.monotonic() > end:
                break
            _wait_for_progress(service, progress, strike.after)
            time.sleep(strike.pause_seconds)
            service.strike(strike)
        _wait_for_progress(service, progress, phones)
    finally:
        progress.stopping.set()
        for one in load:
            one.join()
    try:
        for fault in progress.faults:
            raise fault
        for one in load:
            one.settle(service.tend)
    finally:
        service.stop()
    return _judged(service, load, seed, database)


def _judged(service: Service, load: Sequence[LoadPhone], seed: int, database: str) -> Result:
    journals = [one.journal for one in load]
    found = []
    engine = make_engine(database)
    try:
        with reading(engine) as connection:
            found += violations(connection, journals)
    finally:
        engine.dispose()
    try:
        service.control("audit", "verify")
    except ProgramFailed as fault:
        found.append(str(fault))
    return Result(
        seed=seed,
        kills={victim.value: count for victim, count in service.kills.items()},
        starts=service.starts,
        signatures=sum(len(done.signatures) for journal in journals for done in journal.signed),
        decryptions=sum(len(journal.decrypted) for journal in journals),
        wrong_pins=sum(journal.wrong_told for journal in journals),
        outages=sum(journal.outages for journal in journals),
        violations=found,
        journals=journals,
    )


def _enrolled(service: Service, home: Path) -> PhoneProgram:
    program = PhoneProgram(home, service)
    with Phone.open(program.home, service.address, service.ca, kdf=CHEAP) as phone:
        phone.enrol(code=issue(service), display_name="test")
    return program


def _wait_for_progress(service: Service, progress: Progress, count: int) -> None:
    """Raises ProgramFailed when nothing is acknowledged for long."""
    wanted = progress.count + count
    while progress.count < wanted and not progress.faults:
        before, end = progress.count, time.monotonic() + PATIENCE_SECONDS
        while progress.count == before and not progress.wait_until(before + 1, 1.0):
            service.tend()
            if time.monotonic() > end:
                raise ProgramFailed(f"the service did not come back:\n{service.tail(40)}")


@contextlib.contextmanager
def _database(url: str, *, postgres: bool, folder: Path) -> Iterator[str]:
    if postgres:
        with cluster(durable=True) as made:
            yield made.create()
    else:
        yield url or sqlite_url(folder / "cosign.db")


def main() -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.kill_run", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--database", default="", metavar="URL", help="empty database; default: a new SQLite file")
    parser.add_argument("--postgres", action="store_true", help="a new PostgreSQL cluster of its own")
    parser.add_argument("--workers", type=int, default=0, help="default: 1 on SQLite, 2 on PostgreSQL")
    parser.add_argument("--phones", type=int, default=6)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cosign-kill-") as name:
        folder = Path(name)
        with _database(given.database, postgres=given.postgres, folder=folder) as database:
            workers = given.workers or (1 if database.startswith("sqlite") else 2)
            print(f"seed {given.seed}, {workers} workers, {given.minutes:g} minutes", file=sys.stderr)
            result = run(
                folder,
                database=database,
                workers=workers,
                phones=given.phones,
                seed=given.seed,
                minutes=given.minutes,
            )
    print(json.dumps(result.summary()))
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
