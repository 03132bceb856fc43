"""Many virtual phones in a few processes, driven in windows of bounded time or count.

::

    Fleet ── pipe ──▶ worker process ── one thread per phone ── gRPC over TLS ──▶ cosignd
          ◀─ Window ─ latencies, errors

Phones keep their state in memory and hold their share unlocked, so that neither Argon2id nor the phone's own disk is
measured. Each worker process shares one channel among its phones, as a busy front end would.
"""

import gc
import itertools
import multiprocessing
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final, Literal

from cosign.client.phone import GrpcConnection, MemoryHome, Phone, PhoneFault, open_channel, read_ca
from protocol import sm2
from protocol.codes import Purpose, Suite
from protocol.phone import KdfParams

Op = Literal["sign", "ecdsa", "decrypt"]

PIN: Final = "482915"
TEXT: Final = b"encryption standard"
FLOOR_KDF: Final = {"memory_kib": 19 * 1024, "passes": 2}
FAULTS_IN_A_ROW: Final = 20
"""After so many faults in a row a phone stops: the server is gone or refuses it for good."""


@dataclass(frozen=True, slots=True)
class Task:
    """One window: ends after `seconds`, or after `count` requests of the whole fleet, whatever comes first."""

    seconds: float
    count: int | None = None
    due: tuple[float, ...] | None = None
    """Open loop: when each request is due (`benchmarks.arrivals`). None: every phone asks again at once."""


@dataclass(slots=True)
class Window:
    """What the phones saw in one window."""

    latencies_ms: list[float] = field(default_factory=list)
    """Of every request that succeeded; from the moment it was due, in an open loop."""
    finished_s: list[float] = field(default_factory=list)
    """When each of them ended, in seconds from the start of the window."""
    errors: Counter[str] = field(default_factory=Counter)
    """Reasons of the requests that failed."""
    seconds: float = 0.0

    def add(self, other: "Window") -> None:
        """Takes in the window of another worker that ran at the same time."""
        self.latencies_ms += other.latencies_ms
        self.finished_s += other.finished_s
        self.errors += other.errors
        self.seconds = max(self.seconds, other.seconds)

    def percentile_ms(self, share: float) -> float:
        """Latency that `share` (0 to 1) of the requests did not exceed; 0 when none succeeded."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Fleet:
    """Worker processes with enrolled phones that each hold one key. Use as a context manager."""

    def __init__(
        self,
        *,
        address: str,
        ca: Path,
        codes: Sequence[str],
        op: Op,
        batch: int,
        processes: int,
        streams: bool = False,
        connections: int = 1,
    ) -> None:
        """Enrols one phone per code; returns when every key is active.

        Args:
            address: `host:port` of the server.
            codes: Enrolment codes, one per phone.
            batch: Digests or ciphertexts per request, 1 to 256.
            processes: Worker processes the phones are spread over.
            streams: In a window every phone sends over one stream instead of a call each.
            connections: TCP connections that the phones of one process share out among themselves.
        """
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Pipe] = []
        self._processes: list[BaseProcess] = []
        for number in range(processes):
            here, there = context.Pipe()
            part = _Part(address, ca, list(codes[number::processes]), op, batch, streams, connections)
            process = context.Process(target=_worker, args=(there, part), daemon=True)
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)
        for pipe in self._pipes:
            pipe.recv()

    def run(self, task: Task) -> Window:
        """Runs one window on all phones at once."""
        parts = len(self._pipes)
        for number, (pipe, count) in enumerate(zip(self._pipes, self._split(task.count), strict=True)):
            pipe.send(Task(task.seconds, count, None if task.due is None else task.due[number::parts]))
        total = Window()
        for pipe in self._pipes:
            total.add(pipe.recv())
        return total

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(timeout=10)

    def _split(self, count: int | None) -> Iterator[int | None]:
        parts = len(self._pipes)
        for number in range(parts):
            yield None if count is None else count // parts + (number < count % parts)


@dataclass(frozen=True, slots=True)
class _Driven:
    """One phone as a window sees it."""

    act: Callable[[], object]
    """One request."""
    window: Callable[[], AbstractContextManager[None]]
    """Open while requests are made."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one worker process drives; see `Fleet`."""

    address: str
    ca: Path
    codes: list[str]
    op: Op
    batch: int
    streams: bool
    connections: int


def _worker(pipe: Pipe, part: _Part) -> None:
    """Life of a worker process: enrol, then one window per task until the pipe closes."""
    with ExitStack() as stack:
        opened = [
            stack.enter_context(open_channel(part.address, read_ca(part.ca), own_connection=part.connections > 1))
            for _ in range(part.connections)
        ]
        shared = [GrpcConnection(channel) for channel in opened]

        def enrol(number: int) -> _Driven:
            place = number % part.connections
            connection = GrpcConnection(opened[place]) if part.streams else shared[place]
            phone = Phone(MemoryHome(part.address), connection, kdf=KdfParams(**FLOOR_KDF))
            act = _action(phone, part.codes[number], part.op, part.batch)
            return _Driven(act, phone.streaming if part.streams else nullcontext)

        with ThreadPoolExecutor(max_workers=4) as pool:
            driven = list(pool.map(enrol, range(len(part.codes))))
        gc.collect()
        gc.freeze()  # pauses of the phones' own collector would count as latency of the server
        pipe.send("ready")
        while True:
            try:
                task: Task = pipe.recv()
            except EOFError:
                return
            pipe.send(_window(driven, task))


def _action(phone: Phone, code: str, op: Op, batch: int) -> Callable[[], object]:
    """Gives the phone an active key; returns its operation."""
    phone.enrol(code=code, display_name="virtual phone")
    if op != "decrypt":
        key = phone.keygen(Purpose.SIGN, PIN, Suite.SM2 if op == "sign" else Suite.P256)
        share = phone.unlock(key.key_id, PIN)
        return lambda: phone.sign_digests(key.key_id, [secrets.token_bytes(32) for _ in range(batch)], share)
    key = phone.keygen(Purpose.DECRYPT, PIN)
    share = phone.unlock(key.key_id, PIN)
    ciphertexts = [sm2.encrypt(key.public_key, TEXT) for _ in range(batch)]
    return lambda: phone.decrypt(key.key_id, ciphertexts, share)


def _window(phones: Sequence[_Driven], task: Task) -> Window:
    """Runs all phones of this process, a thread each."""
    total, lock = Window(), threading.Lock()
    started = time.perf_counter()
    turns = _turns(task, started)

    def next_turn() -> float | None:
        with lock:
            return next(turns, None)

    def drive(phone: _Driven) -> None:
        mine = Window()
        in_a_row = 0
        with phone.window():
            while in_a_row < FAULTS_IN_A_ROW and (due := next_turn()) is not None:
                time.sleep(max(0.0, due - time.perf_counter()))
                try:
                    phone.act()
                except PhoneFault as fault:
                    mine.errors[fault.reason] += 1
                    in_a_row += 1
                else:
                    finished = time.perf_counter()
                    mine.latencies_ms.append((finished - due) * 1e3)
                    mine.finished_s.append(finished - started)
                    in_a_row = 0
        with lock:
            total.add(mine)

    threads = [threading.Thread(target=drive, args=(phone,)) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total.seconds = time.perf_counter() - started
    return total


def _turns(task: Task, started: float) -> Iterator[float]:
    """The moments at which requests begin, on the clock of `time.perf_counter`; a free phone takes the next one."""
    if task.due is not None:
        yield from (started + due for due in task.due)
        return
    for _ in itertools.count() if task.count is None else range(task.count):
        now = time.perf_counter()
        if now >= started + task.seconds:
            return
        yield now
