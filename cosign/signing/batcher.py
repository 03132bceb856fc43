"""From many handlers to one thread that does everything else with a request (TX-0, TX-B1).

::

    handlers ──▶ arrived ──examine──▶ ready ──choose──▶ one micro-batch ──▶ answers
                           │ refused without a transaction: answered at once

The thread takes what is there. While a batch runs the next one gathers, so that the busier the server is, the more
requests share a transaction and a native call. Requests of different devices share a batch; a second request of a
device waits for the next one. Once a request is in a batch its client cannot stop it: a client that goes away only
loses the answer (TX-3).
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from keyshare.transaction import MAX_BATCH

AnswerT = TypeVar("AnswerT")

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
    """The stage raised, which it never should; nothing of the batch is released."""


def _nobody(_waiting: object) -> None:
    """Nobody waits for the answer."""


@dataclass(slots=True, eq=False)
class Waiting(Generic[AnswerT]):
    """One request on its way through the thread. Subclasses carry what their stage needs."""

    device_id: str = field(default="", init=False)
    """Set by `Stage.examine`."""
    alone: bool = field(default=False, init=False)
    """Set by `Stage.examine`: runs in a transaction of its own."""
    answer: AnswerT | Exception | None = field(default=None, init=False)
    """Set by the stage, once."""
    since: float = field(default_factory=time.monotonic, init=False)
    done: "Callable[[Waiting[AnswerT]], object]" = field(default=_nobody, init=False)
    """Told on the batch thread that `answer` is there; must not raise."""


WaitingT = TypeVar("WaitingT", bound=Waiting[Any])
WaitingT_contra = TypeVar("WaitingT_contra", bound=Waiting[Any], contravariant=True)


class Stage(Protocol[WaitingT_contra]):
    """What happens to requests; both methods run on the batch thread and set `answer`, never raise for one request."""

    def examine(self, arrived: Sequence[WaitingT_contra]) -> None:
        """Proves who sent each request, outside any lock. Who is refused has an answer afterwards, the others a
        `device_id`."""
        ...

    def run(self, batch: Sequence[WaitingT_contra]) -> None:
        """One transaction over requests of different devices, or over one that runs alone.

        TX-B2: a request that is left without an answer goes back into the queue: its row was busy.
        """
        ...


def _unmeasured(_size: int, _waiting: int, _seconds: float) -> None:
    """Measures nothing."""


class Batcher(Generic[WaitingT]):
    """One per process. `start`, `submit` and `drain` may be called on any thread."""

    def __init__(
        self,
        stage: Stage[WaitingT],
        *,
        failed: Callable[[Exception], None],
        measured: Callable[[int, int, float], None] = _unmeasured,
    ) -> None:
        """Both callbacks run on the batch thread, after the transaction.

        Args:
            stage: Examines requests and runs micro-batches.
            failed: Told of faults of the stage itself.
            measured: Told size of the batch, requests still waiting, and seconds it took.
        """
        self._stage = stage
        self._failed = failed
        self._measured = measured
        self._arrived: deque[WaitingT] = deque()
        self._ready: deque[WaitingT] = deque()
        """Examined; touched by the batch thread only."""
        self._per_device: Counter[str] = Counter()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def healthy(self) -> bool:
        """Whether the thread runs and takes requests."""
        return self._thread is not None and self._thread.is_alive() and not self._stopping

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._work, name="cosign-batch", daemon=True)
        self._thread.start()

    def submit(self, waiting: WaitingT) -> None:
        """Hands a request over; its `done` is called once, with `answer` set.

        An answer may be QueueFull (not evaluated), BatchFailed (nothing released), or what the stage has set.

        Raises:
            QueueFull, Stopped: Not taken; `done` is not called.
        """
        with self._wake:
            if self._stopping or self._thread is None:
                raise Stopped("the batcher takes no new requests")
            if len(self._arrived) + len(self._ready) >= MAX_WAITING:
                raise QueueFull("too many requests are waiting")
            self._arrived.append(waiting)
            self._wake.notify()

    def drain(self) -> None:
        """Takes no new requests, finishes those that wait, and ends the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    # --- batch thread ---

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._arrived and not self._ready and not self._stopping:
                    self._wake.wait()
                if not self._arrived and not self._ready:
                    return
                arrived = [self._arrived.popleft() for _ in range(min(MAX_BATCH, len(self._arrived)))]
            began = time.monotonic()
            if arrived:
                self._examine(arrived)
            chosen = self._choose(began)
            if chosen:
                self._run(chosen)
                self._measured(len(chosen), len(self._arrived) + len(self._ready), time.monotonic() - began)

    def _examine(self, arrived: Sequence[WaitingT]) -> None:
        """TX-0 for all that arrived; who is refused is answered, the others are ready."""
        self._guarded(self._stage.examine, arrived)
        for waiting in arrived:
            if waiting.answer is None:
                if self._per_device[waiting.device_id] >= MAX_WAITING_PER_DEVICE:
                    waiting.answer = QueueFull("too many requests of the device are waiting")
                else:
                    self._per_device[waiting.device_id] += 1
                    self._ready.append(waiting)
        self._deliver([waiting for waiting in arrived if waiting.answer is not None])

    def _choose(self, now: float) -> list[WaitingT]:
        """TX-B1: by arrival, at most 64, one per device; who runs alone runs alone. Refuses who waited too long."""
        chosen: list[WaitingT] = []
        late: list[WaitingT] = []
        kept: list[WaitingT] = []
        devices: set[str] = set()
        while self._ready and len(chosen) < MAX_BATCH:
            waiting = self._ready.popleft()
            if now - waiting.since > LONGEST_WAIT_SECONDS:
                waiting.answer = QueueFull("waited for too long")
                late.append(waiting)
            elif waiting.device_id in devices:
                kept.append(waiting)
            elif waiting.alone:
                (kept if chosen else chosen).append(waiting)
                break
            else:
                devices.add(waiting.device_id)
                chosen.append(waiting)
        self._ready.extendleft(reversed(kept))
        for waiting in (*chosen, *late):
            self._per_device[waiting.device_id] -= 1
            if not self._per_device[waiting.device_id]:
                del self._per_device[waiting.device_id]
        self._deliver(late)
        return chosen

    def _run(self, chosen: Sequence[WaitingT]) -> None:
        self._guarded(self._stage.run, chosen)
        busy = [waiting for waiting in chosen if waiting.answer is None]
        self._deliver([waiting for waiting in chosen if waiting.answer is not None])
        if busy:
            self._requeue(busy, everything=len(busy) == len(chosen))

    def _requeue(self, busy: Sequence[WaitingT], *, everything: bool) -> None:
        """TX-B2: puts requests whose rows are busy behind the others."""
        self._ready.extend(busy)
        self._per_device.update(waiting.device_id for waiting in busy)
        with self._wake:
            if everything and not self._arrived and len(self._ready) == len(busy) and not self._stopping:
                self._wake.wait(BUSY_PAUSE_SECONDS)  # nothing else to do: do not ask again at once

    def _guarded(self, step: Callable[[Sequence[WaitingT]], None], waiting: Sequence[WaitingT]) -> None:
        try:
            step(waiting)
        except Exception as fault:  # the thread must live on; the batch is lost, nothing of it is released
            self._failed(fault)
            for one in waiting:
                one.answer = BatchFailed("the batch failed")

    def _deliver(self, answered: Sequence[WaitingT]) -> None:
        """TX-B6: hands answers over in arrival order."""
        for waiting in answered:
            done, waiting.done = waiting.done, _nobody  # whoever waits may hold the request: no cycle is left behind
            try:
                done(waiting)
            except Exception as fault:  # one lost call must not cost the others their answers
                self._failed(fault)
