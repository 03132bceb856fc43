"""The phone's end of SignStream: one request at a time, each with its answer before the next.

A phone never has two requests under way (section 5.5), so nothing is gained by sending ahead; what the stream saves is
the cost of a call per request. It carries Sign and SignEcdsa; a repair between them, SetUpOt, is a call of its own.
"""

import queue
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

import grpc

from cosign.api.v1 import signing_pb2 as pb
from cosign.client.phone.decoding import decode_error
from cosign.client.phone.errors import Rejected, Unreachable

FIELDS: Final = {"Sign": "envelope", "SignEcdsa": "ecdsa_envelope"}
"""Calls that a stream carries, with the field of `SignStreamRequest` for their envelope."""


class SignStreamClient:
    """One stream, opened with the first request. Use as a context manager; not for several threads."""

    def __init__(self, method: Any, deadline_seconds: float) -> None:
        """`method` is SignStream of a stub; the deadline is that of one answer."""
        self._method = method
        self._deadline = deadline_seconds
        self._outgoing: queue.SimpleQueue[pb.SignStreamRequest | None] = queue.SimpleQueue()
        self._call: Any = None
        self._number = 0

    def exchange(self, method: str, envelope: bytes) -> bytes:
        """Sends one envelope of a call in FIELDS and returns its answer frame.

        Raises:
            Rejected: The server refused the request; nothing was evaluated.
            Unreachable: The stream broke, or there was no answer in time. The next request opens another stream.
        """
        self._number += 1
        if self._call is None:
            self._outgoing = queue.SimpleQueue()
            self._call = self._method(self._requests(self._outgoing))
        sealed: dict[str, Any] = {FIELDS[method]: envelope}
        self._outgoing.put(pb.SignStreamRequest(number=self._number, **sealed))
        response = self._receive()
        if response.number != self._number:
            self.close()
            raise Unreachable("the stream answered another request")
        if response.WhichOneof("outcome") != "answer":
            refusal = response.refusal
            code = next((one.name for one in grpc.StatusCode if one.value[0] == refusal.code), "UNKNOWN")
            raise Rejected(
                code=code,
                server_reason=refusal.reason,
                message=refusal.message,
                chinese="",
                metadata={},
                retry_after_ms=refusal.retry_after_ms,
            )
        return bytes(response.answer)

    def close(self) -> None:
        """Ends the stream."""
        call, self._call = self._call, None
        if call is not None:
            self._outgoing.put(None)
            call.cancel()

    def _receive(self) -> pb.SignStreamResponse:
        call = self._call
        timer = _cancel_after(call, self._deadline)
        try:
            response: pb.SignStreamResponse = next(call)
        except StopIteration:
            self.close()
            raise Unreachable("the server ended the stream", broken=True) from None
        except grpc.RpcError as error:
            self.close()
            raise decode_error(error) from None
        finally:
            timer.cancel()
        return response

    @staticmethod
    def _requests(outgoing: "queue.SimpleQueue[pb.SignStreamRequest | None]") -> Iterator[pb.SignStreamRequest]:
        while (request := outgoing.get()) is not None:
            yield request

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _cancel_after(call: Any, seconds: float) -> Any:
    timer = threading.Timer(seconds, call.cancel)
    timer.daemon = True
    timer.start()
    return timer
