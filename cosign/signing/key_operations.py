"""The hot path as handlers see it: one envelope in, one answer out (architecture, section 4).

Whoever is answered inside the layer gets gRPC status OK; an exception leaves only when the envelope could not be
opened or this node takes no requests.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from cosign.errors import ShuttingDown
from cosign.signing.batcher import Batcher, BatchFailed, QueueFull, Stopped, Waiting
from cosign.signing.intake import Intake, Operation
from cosign.signing.model import Handled
from protocol.codes import Op, Status
from protocol.errors import ProtocolError

Outcome = Handled | Exception
"""Answer of one operation, or why there is none: EnvelopeInvalid (the layer cannot be opened), ShuttingDown (this
node drains), RateLimited (the device, which has proved itself, sends too many requests, E2E-6), DatabaseUnavailable
(the device's key cannot be looked up)."""


class Operations(Protocol):
    """What a transport needs of `KeyOperations`."""

    def submit(self, envelope: bytes, op: Op, done: Callable[[Outcome], object]) -> None:
        """Takes one request; `done` gets its outcome, on the batch thread or at once, and must not raise.

        Args:
            envelope: E2E-2.
            op: What the called RPC carries; another operation inside is MALFORMED.
            done: Called exactly once.
        """
        ...


class KeyOperations:
    """Handles every key operation of a process, on any thread."""

    def __init__(self, intake: Intake, batcher: Batcher[Operation], *, close: Callable[[], None]) -> None:
        """`close` gives back what the batch thread used, after it has ended."""
        self._intake = intake
        self._batcher = batcher
        self._close = close

    @property
    def healthy(self) -> bool:
        """Whether key operations can be served."""
        return self._batcher.healthy

    def check(self) -> None:
        """A check for the health monitor.

        Raises:
            Stopped: The batch thread does not run or takes no requests.
        """
        if not self.healthy:
            raise Stopped("the batch thread does not take requests")

    def start(self) -> None:
        """Starts the batch thread."""
        self._batcher.start()

    async def drain(self) -> None:
        """Takes no new requests and finishes those that wait."""
        await asyncio.to_thread(self._batcher.drain)
        self._close()

    def submit(self, envelope: bytes, op: Op, done: Callable[[Outcome], object]) -> None:
        """See the protocol."""
        operation = Operation(envelope, op)
        operation.done = lambda waiting: done(self._outcome(operation, waiting))
        try:
            self._batcher.submit(operation)
        except Stopped:
            done(ShuttingDown("this node takes no new requests"))
        except QueueFull as full:
            operation.answer = full
            done(self._outcome(operation, operation))

    async def handle(self, envelope: bytes, op: Op) -> Handled:
        """`submit` for a caller on an event loop. Raises what stands in the place of an answer."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            if not future.done():  # the caller went away
                future.set_result(outcome)

        self.submit(envelope, op, lambda outcome: loop.call_soon_threadsafe(settle, outcome))
        outcome = await future
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _outcome(self, operation: Operation, waiting: Waiting[Handled]) -> Outcome:
        answer = waiting.answer
        if isinstance(answer, QueueFull):
            return self._without_transaction(operation, Status.BUSY)
        if isinstance(answer, BatchFailed) or answer is None:
            return self._without_transaction(operation, Status.UNAVAILABLE)
        return answer

    def _without_transaction(self, operation: Operation, status: Status) -> Outcome:
        """Answers a request that the thread may not have looked at."""
        try:
            request = operation.request or self._intake.core.open_request(operation.envelope)
            return self._intake.refuse(request, status)
        except ProtocolError as fault:
            return fault
