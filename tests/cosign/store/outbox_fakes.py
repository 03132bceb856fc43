"""Helpers for tests of the outbox."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from cosign.clock import Clock, SystemClock, from_ms
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.outbox import OutboxItem, enqueue
from cosign.store.outbox_admin import OutboxRow, rows
from cosign.store.unit_of_work import reading, writing

SECONDS = 60.0


class StandingClock:
    """Stands still until it is moved."""

    def __init__(self, ms: int = 1_900_000_000_000) -> None:
        self.ms = ms

    def now(self) -> dt.datetime:
        return from_ms(self.ms)

    def now_ms(self) -> int:
        return self.ms


@dataclass
class Recorder:
    """A handler that remembers, and an observer."""

    script: Callable[[OutboxItem], str] = lambda item: f"ref-{item.key}"
    seen: list[tuple[str, int]] = field(default_factory=list)
    given_up: list[tuple[str, str]] = field(default_factory=list)
    outcomes: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    recorded: list[tuple[str, str]] = field(default_factory=list)
    note: Callable[[Connection, OutboxItem], None] | None = None
    replace: Callable[[Connection, OutboxItem, str], None] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, item: OutboxItem) -> str:
        with self.lock:
            self.seen.append((item.key, item.attempt))
        return self.script(item)

    def sent(self, connection: Connection, item: OutboxItem, reference: str) -> None:
        self.recorded.append((item.key, reference))
        if self.note is not None:
            self.note(connection, item)

    def gave_up(self, connection: Connection, item: OutboxItem, reason: str) -> None:
        self.given_up.append((item.key, reason))
        if self.replace is not None:
            self.replace(connection, item, reason)

    def attempted(self, kind: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.outcomes.append((kind, outcome))

    def failed(self, fault: Exception) -> None:
        self.faults.append(fault)


def migrated(url: str) -> Engine:
    engine = make_engine(url)
    migrations.upgrade(engine)
    return engine


def put(engine: Engine, key: str, *, clock: Clock | None = None, kind: str = "note", **more: object) -> None:
    with writing(engine) as connection:
        enqueue(connection, kind=kind, key=key, payload=b"p", clock=clock or SystemClock(), **more)  # type: ignore[arg-type]


def table(engine: Engine) -> dict[str, OutboxRow]:
    with reading(engine) as connection:
        return {row.key: row for row in rows(connection, state=None, before=0, limit=1000)}


def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition that must come true."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
