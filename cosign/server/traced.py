"""What the parts of a server become when traces are on; without them none of this is on the way of a call."""

import threading
from collections.abc import Callable, Sequence
from itertools import accumulate
from time import perf_counter
from typing import Any, Final

from cosign.call_context import CallContext
from cosign.server.guard import CallGuard, Failure
from cosign.server.status import Refusal
from cosign.server.tracing import Stage, Tracing
from cosign.signing.batcher import Stage as BatchStage
from cosign.signing.intake import Operation
from cosign.signing.key_operations import Operations, Outcome
from protocol.codes import Op


class Moments(threading.local):
    """Of the thread that answers: when its present batch began and ended, and the stages of the call it ends."""

    began = 0.0
    ended = 0.0
    handed_over = 0.0


class TracedGuard(CallGuard):
    """A guard that records every call that has ended."""

    def __init__(self, tracing: Tracing, moments: Moments, **others: Any) -> None:
        """`others` are the arguments of `CallGuard`."""
        super().__init__(**others)
        self._tracing = tracing
        self._moments = moments

    def refused(self, method: str, error: Failure, context: CallContext, began: float | None) -> Refusal:
        """See `CallGuard`."""
        refusal = super().refused(method, error, context, began)
        if began is not None:
            self._record(method, context, began, refusal.code.name, refusal.reason)
        return refusal

    def finished(self, method: str, context: CallContext, began: float) -> None:
        """See `CallGuard`."""
        super().finished(method, context, began)
        self._record(method, context, began, "OK", "")

    def _record(self, method: str, context: CallContext, began: float, code: str, reason: str) -> None:
        moments, now = self._moments, perf_counter()
        stages: list[Stage] = []
        if moments.handed_over:
            names = ("receive", "queue", "batch", "reply")
            edges = list(accumulate((began, moments.handed_over, moments.began, moments.ended, now), max))
            stages = [Stage(name, edges[at], edges[at + 1]) for at, name in enumerate(names)]
        self._tracing.call(method, context, began, code, reason, stages)


class TracedOperations:
    """Implements `Operations`; remembers when each request was handed over."""

    def __init__(self, operations: Operations, moments: Moments) -> None:
        self._operations: Final = operations
        self._moments: Final = moments

    def submit(self, envelope: bytes, op: Op, done: Callable[[Outcome], object]) -> None:
        """See the port."""
        handed_over, moments = perf_counter(), self._moments

        def answered(outcome: Outcome) -> None:
            moments.handed_over = handed_over if moments.ended else 0.0  # or refused before the batch thread saw it
            try:
                done(outcome)
            finally:
                moments.handed_over = 0.0

        self._operations.submit(envelope, op, answered)


class TracedStage:
    """A stage of the batcher that remembers when its present batch began."""

    def __init__(self, stage: BatchStage[Operation], moments: Moments) -> None:
        self._stage: Final = stage
        self._moments: Final = moments

    def examine(self, arrived: Sequence[Operation]) -> None:
        """See the port."""
        self._timed(self._stage.examine, arrived)

    def run(self, batch: Sequence[Operation]) -> None:
        """See the port."""
        self._timed(self._stage.run, batch)

    def _timed(self, step: Callable[[Sequence[Operation]], None], requests: Sequence[Operation]) -> None:
        self._moments.began = perf_counter()
        try:
            step(requests)
        finally:
            self._moments.ended = perf_counter()
