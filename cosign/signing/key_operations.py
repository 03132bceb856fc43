"""The hot path as handlers see it: one envelope in, one answer out (architecture, section 4).

Whoever is answered inside the layer gets gRPC status OK; an exception leaves only when the envelope could not be
opened or this node takes no requests.
"""

from collections.abc import Callable

from cosign.errors import ShuttingDown
from cosign.signing.batcher import Batcher, BatchFailed, QueueFull, Stopped
from cosign.signing.intake import Intake, Operation
from cosign.signing.model import Handled
from protocol.codes import Op, Status
from protocol.server import Request


class KeyOperations:
    """Handles every key operation of a process. All methods belong to the event loop."""

    def __init__(self, intake: Intake, batcher: Batcher[Operation], *, close: Callable[[], None]) -> None:
        """`close` gives back what the batch thread used, after it has ended."""
        self._intake = intake
        self._batcher = batcher
        self._close = close

    @property
    def healthy(self) -> bool:
        """Whether key operations can be served."""
        return self._batcher.healthy

    def start(self) -> None:
        """Starts the batch thread; to be called on the event loop."""
        self._batcher.start()

    async def drain(self) -> None:
        """Takes no new requests and finishes those that wait."""
        await self._batcher.drain()
        self._close()

    async def handle(self, envelope: bytes, op: Op) -> Handled:
        """Opens, decides, evaluates and answers one request.

        Args:
            envelope: E2E-2.
            op: What the called RPC carries; another operation inside is MALFORMED.

        Raises:
            protocol.errors.EnvelopeInvalid: The layer cannot be opened.
            ShuttingDown: This node drains.
            RateLimited: The device, which has proved itself, sends too many requests (E2E-6).
            DatabaseUnavailable: The device's key cannot be looked up.
        """
        operation = Operation(envelope, op)
        try:
            handled: Handled = await self._batcher.submit(operation)
        except Stopped:
            raise ShuttingDown("this node takes no new requests") from None
        except QueueFull:
            return self._intake.refuse(self._opened(operation), Status.BUSY)
        except BatchFailed:
            return self._intake.refuse(self._opened(operation), Status.UNAVAILABLE)
        return handled

    def _opened(self, operation: Operation) -> Request:
        """The request of an operation that the thread may not have looked at."""
        return operation.request or self._intake.core.open_request(operation.envelope)
