"""SignStream: many signing requests of one long task over one call.

::

    reading thread ── permit ─▶ next message ─▶ batch thread ─▶ queue ─▶ stream's thread ─▶ answer, permit back

A permit is held from reading a message to having sent its answer. Without a free one nothing is read, and the flow
control of HTTP/2 stops the caller.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc

from cosign.api.v1 import signing_pb2 as pb
from cosign.call_context import CallContext
from cosign.errors import CosignFault, RateLimited, ShuttingDown
from cosign.server.guard import CallGuard
from cosign.server.status import Refusal
from cosign.signing.key_operations import Operations, Outcome
from cosign.validation import ENVELOPE_LIMIT, envelope
from protocol.codes import Op

PATH: Final = "/cosign.api.v1.SigningService/SignStream"
WINDOW: Final = 16
"""Requests of one stream that may wait for their answer; 1.6 MB of answers at most, with P-256 keys."""
IDLE_SECONDS: Final = 30.0
"""A stream that neither sends a request nor waits for an answer for so long is ended."""
_LOOK_SECONDS: Final = 0.2
"""How often an idle stream looks whether the server stops or its caller has fallen silent."""
_REFUSING_THREADS: Final = 4

MakeContext = Callable[[grpc.ServicerContext], CallContext]
Abort = Callable[[grpc.ServicerContext, Refusal], Any]


class SignStream:
    """The handler of the method; `__call__` runs in a thread of its own pool."""

    def __init__(
        self,
        guard: CallGuard,
        operations: Operations,
        observe: Callable[[Outcome], None],
        *,
        context: MakeContext,
        abort: Abort,
        most: int,
        most_per_address: int,
    ) -> None:
        """`observe` is told of every outcome; `abort` ends a call and raises; the rest bounds open streams."""
        self._guard = guard
        self._operations = operations
        self._observe = observe
        self._context = context
        self._abort = abort
        self._most = most
        self._most_per_address = most_per_address
        self._open: Counter[str] = Counter()
        """Open streams by address."""
        self._lock = threading.Lock()
        self.experimental_thread_pool = ThreadPoolExecutor(most + _REFUSING_THREADS, thread_name_prefix="cosign-stream")

    def __call__(
        self, requests: Iterator[pb.SignStreamRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.SignStreamResponse]:
        """Answers until the caller has sent everything, goes away, or the server stops."""
        ours = self._context(context)
        try:
            address = self._enter(ours)
        except RateLimited as fault:
            self._abort(context, self._guard.describe(fault, ours))
        try:
            yield from _Exchange(self, requests, ours).answers()
        except (RateLimited, ShuttingDown) as fault:
            self._abort(context, self._guard.describe(fault, ours))
        finally:
            self._leave(address)

    def _enter(self, context: CallContext) -> str:
        """Takes a place for a stream; returns the address that holds it. Raises RateLimited."""
        address = self._guard.charge(context)
        with self._lock:
            if self._open.total() >= self._most or self._open[address] >= self._most_per_address:
                raise RateLimited("too many streams are open", retry_after_ms=1_000)
            self._open[address] += 1
        return address

    def _leave(self, address: str) -> None:
        with self._lock:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    def take(
        self, request: pb.SignStreamRequest, context: CallContext, done: Callable[[pb.SignStreamResponse], None]
    ) -> None:
        """Runs one request; `done` gets its response on any thread."""
        number = request.number
        began: float | None = None

        def refused(fault: Exception, entered: float | None) -> None:
            refusal = self._guard.refused(PATH, fault, context, entered)
            pause = fault.retry_after_ms if isinstance(fault, CosignFault) else 0
            told = pb.SignStreamRefusal(
                code=refusal.code.value[0], reason=refusal.reason, message=refusal.message, retry_after_ms=pause
            )
            done(pb.SignStreamResponse(number=number, refusal=told))

        try:
            began = entered = self._guard.enter(context)
            op, sealed = _operation(request)
        except Exception as fault:
            refused(fault, began)
            return

        def answered(outcome: Outcome) -> None:
            self._observe(outcome)
            if isinstance(outcome, Exception):
                refused(outcome, entered)
            else:
                self._guard.finished(PATH, context, entered)
                done(pb.SignStreamResponse(number=number, answer=outcome.answer))

        self._operations.submit(sealed, op, answered)

    @property
    def stopping(self) -> bool:
        """Whether the server takes no more requests."""
        return self._guard.draining


class _Exchange:
    """One open stream."""

    def __init__(self, stream: SignStream, requests: Iterator[pb.SignStreamRequest], context: CallContext) -> None:
        self._stream = stream
        self._requests = requests
        self._context = context
        self._permits = threading.Semaphore(WINDOW)
        self._answers: queue.SimpleQueue[pb.SignStreamResponse | None] = queue.SimpleQueue()
        self._over = False
        """No answer is awaited any more."""
        self._active = time.monotonic()
        """When the last request was read or the last answer was sent."""

    def answers(self) -> Iterator[pb.SignStreamResponse]:
        """Responses as they come.

        Raises:
            ShuttingDown: The server stops, and everything that was taken is answered.
            RateLimited: The caller has been silent for too long.
        """
        reader = threading.Thread(target=self._read, name="cosign-stream-read", daemon=True)
        reader.start()
        try:
            while True:
                try:
                    answer = self._answers.get(timeout=_LOOK_SECONDS)
                except queue.Empty:
                    if self._stream.stopping and self._idle():
                        raise ShuttingDown(retry_after_ms=200) from None
                    if time.monotonic() - self._active > IDLE_SECONDS and self._idle():
                        raise RateLimited("the stream was idle", retry_after_ms=0) from None
                    continue
                if answer is None:
                    return
                yield answer
                self._active = time.monotonic()
                self._permits.release()
        finally:
            self._over = True
            self._permits.release()

    def _idle(self) -> bool:
        """Whether every request that was read has its answer; the reading thread holds one permit for the next."""
        taken = 0
        while taken < WINDOW and self._permits.acquire(blocking=False):
            taken += 1
        for _ in range(taken):
            self._permits.release()
        return taken >= WINDOW - 1

    def _read(self) -> None:
        """Takes requests while there are permits; ends with the last answer of what it took."""
        try:
            while True:
                self._permits.acquire()
                if self._over:
                    return
                request = next(self._requests, None)
                if request is None:
                    break
                self._active = time.monotonic()
                self._stream.take(request, self._context, self._answers.put)
            for _ in range(WINDOW - 1):  # it holds one permit itself; the others come back with the answers
                self._permits.acquire()
                if self._over:
                    return
        except Exception:  # the call has ended under the reader: there is nobody left to tell
            return
        finally:
            self._answers.put(None)


def _operation(request: pb.SignStreamRequest) -> tuple[Op, bytes]:
    """What a message asks for, and its envelope. Raises FieldInvalid for none and for one that is too long."""
    if request.WhichOneof("request") == "ecdsa_envelope":
        return Op.EC_SIGN, envelope(request.ecdsa_envelope, ENVELOPE_LIMIT)
    return Op.SIGN, envelope(request.envelope, ENVELOPE_LIMIT)
