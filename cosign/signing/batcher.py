"""From many handlers on the event loop to one thread that runs micro-batches (TX-B1).

Requests of different devices that wait at the same time share a transaction; what is ready goes, nobody waits for
company. A second request of a device waits for the next batch. Once a request is in a batch its client cannot stop
it: a cancelled handler only drops the answer (TX-3).
"""

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from keyshare.batch_items import Prepared, Released
from keyshare.transaction import MAX_BATCH

RecordT = TypeVar("RecordT")
T = TypeVar("T")

MAX_WAITING: Final = 2_048
"""Requests that may wait altogether; more are refused as BUSY."""
MAX_WAITING_PER_DEVICE: Final = 8
LONGEST_WAIT_SECONDS: Final = 2.0
"""TX-1: who waited longer is answered BUSY, unevaluated."""
BUSY_PAUSE_SECONDS: Final = 0.005
"""TX-B2: how long the thread rests when every row it wants is held by another node."""


class QueueFull(Exception):
    """Too many requests are waiting, or this one waited for too long. Nothing was evaluated."""


class Stopped(Exception):
    """The batcher drains or has ended."""


class BatchFailed(Exception):
    """The runner raised, which it never should; nothing of the batch is released."""


class Runner(Protocol[RecordT]):
    """`keyshare.transaction.BatchRunner`."""

    def run(self, items: Sequence[Prepared[RecordT]]) -> list[Released]: ...


@dataclass(slots=True)
class _Waiting(Generic[RecordT]):
    since: float
    future: asyncio.Future[Released]
    device_id: str
    item: Prepared[RecordT] | None = None
    call: Callable[[], Released] | None = None


def _unmeasured(_size: int, _waiting: int, _seconds: float) -> None:
    """Measures nothing."""


class Batcher(Generic[RecordT]):
    """One per process. `start`, `submit`, `call` and `drain` belong to one event loop."""

    def __init__(
        self,
        runner: Runner[RecordT],
        *,
        failed: Callable[[Exception], None],
        measured: Callable[[int, int, float], None] = _unmeasured,
    ) -> None:
        """Both callbacks run on the batch thread, after the transaction.

        Args:
            runner: Runs one micro-batch.
            failed: Told of faults of the runner itself.
            measured: Told size of the batch, requests still waiting, and seconds it took.
        """
        self._runner = runner
        self._failed = failed
        self._measured = measured
        self._queue: deque[_Waiting[RecordT]] = deque()
        self._per_device: Counter[str] = Counter()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def healthy(self) -> bool:
        """Whether the thread runs and takes requests."""
        return self._thread is not None and self._thread.is_alive() and not self._stopping

    def start(self) -> None:
        """Starts the thread; answers are delivered on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="cosign-batch", daemon=True)
        self._thread.start()

    async def submit(self, item: Prepared[RecordT]) -> Released:
        """Puts a request into one of the next batches and waits for its result.

        Raises:
            QueueFull, Stopped: Not evaluated.
            BatchFailed: Nothing released.
        """
        return await self._enqueue(item.device_id, item=item)

    async def call(self, device_id: str, function: Callable[[], Released]) -> Released:
        """Runs `function` for a device on the batch thread between two batches; raises as `submit`."""
        return await self._enqueue(device_id, call=function)

    async def drain(self) -> None:
        """Takes no new requests, finishes those that wait, and ends the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    async def _enqueue(
        self, device_id: str, *, item: Prepared[RecordT] | None = None, call: Callable[[], Released] | None = None
    ) -> Released:
        if self._loop is None:
            raise Stopped("the batcher was not started")
        waiting = _Waiting(time.monotonic(), self._loop.create_future(), device_id, item, call)
        with self._wake:
            if self._stopping:
                raise Stopped("the batcher takes no new requests")
            if len(self._queue) >= MAX_WAITING or self._per_device[device_id] >= MAX_WAITING_PER_DEVICE:
                raise QueueFull("too many requests are waiting")
            self._queue.append(waiting)
            self._per_device[device_id] += 1
            self._wake.notify()
        return await waiting.future

    # --- batch thread ---

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._stopping:
                    self._wake.wait()
                if not self._queue:
                    return
                chosen, late = self._choose(time.monotonic())
            if late:
                self._deliver(late, [QueueFull("waited for too long")] * len(late))
            if chosen:
                began = time.monotonic()
                results = self._run(chosen)
                chosen, results = self._requeue_busy(chosen, results)
                self._deliver(chosen, results)
                self._measured(len(chosen), len(self._queue), time.monotonic() - began)

    def _choose(self, now: float) -> tuple[list[_Waiting[RecordT]], list[_Waiting[RecordT]]]:
        """TX-B1: by arrival, at most 64, one per device; a call runs alone. Returns (next batch, waited too long)."""
        chosen: list[_Waiting[RecordT]] = []
        late: list[_Waiting[RecordT]] = []
        kept: list[_Waiting[RecordT]] = []
        devices: set[str] = set()
        while self._queue and len(chosen) < MAX_BATCH:
            waiting = self._queue.popleft()
            if now - waiting.since > LONGEST_WAIT_SECONDS:
                late.append(waiting)
            elif waiting.call is not None:
                if chosen:
                    kept.append(waiting)
                else:
                    chosen.append(waiting)
                break
            elif waiting.device_id in devices:
                kept.append(waiting)
            else:
                devices.add(waiting.device_id)
                chosen.append(waiting)
        self._queue.extendleft(reversed(kept))
        for waiting in (*chosen, *late):
            self._per_device[waiting.device_id] -= 1
            if not self._per_device[waiting.device_id]:
                del self._per_device[waiting.device_id]
        return chosen, late

    def _run(self, chosen: Sequence[_Waiting[RecordT]]) -> Sequence[Released | Exception]:
        try:
            first = chosen[0]
            if first.call is not None:
                return [first.call()]
            return self._runner.run([waiting.item for waiting in chosen if waiting.item is not None])
        except Exception as fault:  # the thread must live on; the batch is lost, nothing of it is released
            self._failed(fault)
            return [BatchFailed("the batch failed")] * len(chosen)

    def _requeue_busy(
        self, chosen: list[_Waiting[RecordT]], results: Sequence[Released | Exception]
    ) -> tuple[list[_Waiting[RecordT]], Sequence[Released | Exception]]:
        """TX-B2: puts requests whose rows are busy behind the others; returns the rest."""
        busy = [w for w, result in zip(chosen, results, strict=True) if isinstance(result, Released) and result.requeue]
        if not busy:
            return chosen, results
        with self._wake:
            if len(busy) == len(chosen) and not self._queue and not self._stopping:
                self._wake.wait(BUSY_PAUSE_SECONDS)  # nothing else to do: do not ask again at once
            self._queue.extend(busy)
            self._per_device.update(waiting.device_id for waiting in busy)
        kept = [(w, r) for w, r in zip(chosen, results, strict=True) if not (isinstance(r, Released) and r.requeue)]
        return [waiting for waiting, _ in kept], [result for _, result in kept]

    def _deliver(self, chosen: Sequence[_Waiting[RecordT]], results: Sequence[Released | Exception]) -> None:
        """TX-B6: hands results over in arrival order, with one wake-up of the loop for the whole batch."""
        if self._loop is None or self._loop.is_closed():
            return
        pairs = list(zip((waiting.future for waiting in chosen), results, strict=True))
        self._loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: Sequence[tuple[asyncio.Future[Released], Released | Exception]]) -> None:
    for future, result in pairs:
        if future.done():  # the client went away
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
