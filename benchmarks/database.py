"""Cost of a micro-batch's transaction on PostgreSQL, with few and with a million keys in the database.

    python -m benchmarks.database [--keys 1000000]

Makes a cluster of its own that flushes, measures processor time of the application and of its server process, and
fills the database between the two measurements. Exit status 1 when the unary cost grew by more than 15 %.
"""

import argparse
import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.population import populate
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.postgres import PostgresOptions
from cosign.store.wire import wire_of
from keyshare.batch_locks import BatchLocks
from keyshare.device_row import DeviceRow
from keyshare.outcomes import next_version
from keyshare.ports import AuditKind, AuditRow, DeviceChange
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.fakes import FakeRequest
from tests.keyshare.world import FakePhone, World
from tests.support.postgres import cluster

SIZES: Final = (1, 8, 32)
ROUNDS: Final = 400
REACH: Final = 1.15
_FIRST: Final = 1_000
_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of processor time per request."""

    application: float
    server: float

    @property
    def both(self) -> float:
        """Sum."""
        return self.application + self.server


class Bench:
    """Runs the store's part of a signature, nothing else."""

    def __init__(self, store: SqlBacking) -> None:
        self._store = store
        self._world = World(store)
        self._phones = [self._world.add_phone(f"dev_{number:03}") for number in range(max(SIZES))]
        self._requests: dict[str, FakeRequest] = {p.device_id: self._world.request(p) for p in self._phones}

    def measure(self, size: int) -> Cost:
        """Lower decile of the application's cost, mean of the server's."""
        pid = self._server_pid()
        self._batch(self._phones[:size])
        samples, before = [], _server_seconds(pid)
        for _ in range(ROUNDS):
            began = time.thread_time()
            self._batch(self._phones[:size])
            samples.append(time.thread_time() - began)
        server = (_server_seconds(pid) - before) / ROUNDS
        samples.sort()
        return Cost(samples[ROUNDS // 10] / size * 1e6, server / size * 1e6)

    def traffic(self, size: int) -> tuple[int, int]:
        """Statements and round trips of one batch."""
        with self._store._writer.use() as connection:
            wire = wire_of(connection)
        self._batch(self._phones[:size])  # prepares what is not yet prepared
        before = wire.statements, wire.round_trips
        self._batch(self._phones[:size])
        return wire.statements - before[0], wire.round_trips - before[1]

    def _server_pid(self) -> int:
        with self._store._writer.use() as connection:
            return wire_of(connection).raw.pgconn.backend_pid

    def _batch(self, phones: list[FakePhone]) -> None:
        now_ms = time.time_ns() // 1_000_000
        ids = [phone.device_id for phone in phones]
        requests = [secrets.token_bytes(16) for _ in ids]
        shares = [phone.key.blobs[0][0] for phone in phones]
        with self._store.begin() as tx:
            pairs = list(zip(ids, requests, strict=True))
            locked = tx.lock_batch(BatchLocks(devices=ids, shares=shares, seen=pairs, pks=[]))
            rows: list[DeviceRow] = [locked.devices[one].row for one in ids]
            missed = tx.update_devices([DeviceChange(row, next_version(row, row), bytes(32)) for row in rows])
            if missed:
                raise RuntimeError("a guard was missed")
            tx.add_seen([(device_id, request, now_ms + 120_000) for device_id, request in pairs])
            tx.append_audit([self._row(device_id, now_ms) for device_id in ids])
            tx.commit()

    def _row(self, device_id: str, now_ms: int) -> AuditRow:
        return AuditRow(
            kind=AuditKind.EVALUATED,
            time_ms=now_ms,
            outcome="right",
            device_id=device_id,
            request=self._requests[device_id],
            clone_case="A",
            audit_hash=bytes(32),
            key_id="key",
            share_id=bytes(16),
        )


def _server_seconds(pid: int) -> float:
    """Processor time of a server process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def main(arguments: list[str]) -> int:
    """Measures, prints a table, returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--keys", type=int, default=1_000_000)
    keys = parser.parse_args(arguments).keys
    unary = []
    with cluster(durable=True, shared_buffers="512MB", max_wal_size="4GB") as made:
        url = made.create()
        engine = make_engine(url, PostgresOptions(deadline_seconds=0))  # filling takes its time
        migrations.upgrade(engine)
        store = SqlBacking(url)
        bench = Bench(store)
        statements, trips = bench.traffic(1)
        print(f"{statements} statements in {trips} round trips per batch")
        for first, amount in ((1, _FIRST), (_FIRST + 1, keys)):
            populate(engine, amount, first=first)
            for size in SIZES:
                cost = bench.measure(size)
                if size == 1:
                    unary.append(cost.both)
                print(f"{amount:>9} keys, batch {size:>2}: {cost.application:6.1f} + {cost.server:6.1f} us per request")
        store.end()
        engine.dispose()
    ratio = unary[1] / unary[0]
    print(f"unary cost with {keys} keys against {_FIRST}: {ratio:.2f}")
    return 0 if ratio <= REACH else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
