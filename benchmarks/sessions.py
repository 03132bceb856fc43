"""What it costs to find out who calls: bearer token to principal, as on every call with a session.

    python -m benchmarks.sessions [--sessions 10000] [--seconds 2]

Processor time of this thread. `rpc.token.check` is the hot path: the token was seen within the last seconds; `….read`
asks SQLite and is the event loop's part only.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert

from benchmarks import reach
from benchmarks.results import Result
from cosign import ids
from cosign.audit.trail import AuditTrail
from cosign.blocking import BlockingPool
from cosign.clock import SystemClock
from cosign.devices.directory import SessionDirectory
from cosign.devices.model import new_session_token, token_hash
from cosign.devices.repository import SqlDeviceUnit
from cosign.devices.tables import device_session
from cosign.server.callers import Callers
from cosign.server.metrics import Metrics
from cosign.server.ratelimit import Rate, RateLimiter
from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.waker import LocalWaker
from tests.cosign.accounts.world import Context
from tests.cosign.devices.fakes import FakeSigning

NAME: Final = "rpc.token.check"


def main() -> int:
    """Measures and prints; the exit status is 0 also when the reach was missed: a benchmark informs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description="Cost of a token check.")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    wanted = parser.parse_args()
    print(reach.table(run(sessions=wanted.sessions, seconds=wanted.seconds)))
    return 0


def run(*, sessions: int, seconds: float) -> list[Result]:
    """Processor time of a check with so many sessions; at least `seconds`."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder), sessions, seconds))


async def _measure(folder: Path, count: int, seconds: float) -> list[Result]:
    clock, blocking = SystemClock(), BlockingPool(1)
    engine = make_engine(sqlite_url(folder / "sessions.db"))
    migrations.upgrade(engine)
    tokens = [new_session_token() for _ in range(count)]
    now = clock.now()
    with engine.begin() as connection:
        rows = [
            {
                "token_hash": token_hash(token),
                "device_id": ids.new_id(ids.DEVICE, clock.now_ms()),
                "user_id": ids.new_id(ids.ACCOUNT, clock.now_ms()),
                "expires_at": now.replace(year=now.year + 1),
                "session_id": ids.new_id(ids.SESSION, clock.now_ms()),
                "brand": "bzt",
                "acting": "",
            }
            for token in tokens
        ]
        connection.execute(insert(device_session), rows)

    def unit(connection: Connection) -> SqlDeviceUnit:
        return SqlDeviceUnit(connection, signing=FakeSigning(), trail=AuditTrail("bench"))

    free = RateLimiter(Rate(1e9, 1_000_000_000))
    sessions = SessionDirectory(
        engine, clock=clock, unit=unit, blocking=blocking, waker=LocalWaker(engine), monotonic=lambda: 0.0
    )
    callers = Callers(sessions=sessions, devices=free, enrolments=free, guests=free, metrics=Metrics())
    contexts = [Context(token) for token in tokens]
    read = await _cost(lambda index: callers.principal(contexts[index]), count, seconds=0.0)
    cached = await _cost(lambda index: callers.principal(contexts[index % count]), count, seconds=seconds)
    blocking.close()
    engine.dispose()
    return [Result.of(NAME, [cached]), Result.of(f"{NAME}.read", [read])]


async def _cost(call: Callable[[int], Awaitable[object]], count: int, *, seconds: float) -> float:
    """Microseconds of processor time per call, at least `count` calls and `seconds`."""
    done, began, end = 0, time.thread_time(), time.monotonic() + seconds
    while done < count or time.monotonic() < end:
        for index in range(done, done + min(count, 1_000)):
            await call(index)
        done += min(count, 1_000)
    return (time.thread_time() - began) * 1e6 / done


if __name__ == "__main__":
    raise SystemExit(main())
