"""How a call leaves a client, and what is sent again by itself (docs/clients.md).

    refused with SHUTTING_DOWN               nobody looked at the request: any request is sent again
    ended by the server or the connection    its fate is unknown: sent again only if a repeat changes nothing
    ended by the deadline or the caller      never sent again

A repeat changes nothing when the method only reads, or when the server remembers its answer by `request_id`. Key
operations are neither: `cosign.client.phone.lost` builds them anew. The deadline is that of all attempts together.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.message import Message

from cosign.client.phone.decoding import decode_error
from cosign.client.phone.errors import PhoneFault, Rejected, Unreachable

DEADLINE_SECONDS: Final = 30.0
"""Longest wait for one answer, with all attempts."""
STOPPING_TIMES: Final = 5
"""How often a request that a stopping process did not take is sent again; such a process ends within two seconds."""
LOST_TIMES: Final = 2
"""How often a request whose fate is unknown is sent again."""
FIRST_PAUSE_SECONDS: Final = 0.2
"""Before the first repeat; it doubles."""
LONGEST_PAUSE_SECONDS: Final = 1.0
SPREAD: Final = 0.25
"""Part of a pause by which it is longer or shorter, so that phones do not come back all at once."""
SHUTTING_DOWN: Final = "SHUTTING_DOWN"
READING: Final = ("Get", "List", "Find", "Check", "Resolve")
"""How methods begin that change nothing."""

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Time and chance, for tests to replace."""

    sleep: Callable[[float], object] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    uniform: Callable[[float, float], float] = random.uniform


WAITING: Final = Waiting()


class Repeats:
    """The attempts of one request."""

    def __init__(self, *, repeatable: bool, seconds: float = DEADLINE_SECONDS, waiting: Waiting = WAITING) -> None:
        """`repeatable`: a second arrival changes nothing. All attempts end within `seconds`."""
        self._waiting = waiting
        self._ends = waiting.monotonic() + seconds
        self._stopping = STOPPING_TIMES
        self._lost = LOST_TIMES if repeatable else 0
        self._pause = FIRST_PAUSE_SECONDS

    @property
    def seconds_left(self) -> float:
        """Until the deadline; never negative."""
        return max(self._ends - self._waiting.monotonic(), 0.0)

    def after(self, fault: PhoneFault) -> None:
        """Waits before the next attempt.

        Raises:
            PhoneFault: The fault, when there is to be none.
        """
        if isinstance(fault, Rejected) and fault.server_reason == SHUTTING_DOWN:
            self._stopping -= 1
            over = self._stopping < 0
            self._pause = max(self._pause, min(fault.retry_after_ms / 1000, LONGEST_PAUSE_SECONDS))
        elif isinstance(fault, Unreachable) and fault.broken:
            self._lost -= 1
            over = self._lost < 0
        else:
            over = True
        pause = self._pause * self._waiting.uniform(1 - SPREAD, 1 + SPREAD)
        if over or pause >= self.seconds_left:
            raise fault from None
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        self._waiting.sleep(pause)


def call(
    rpc: Any,
    request: object,
    metadata: Metadata = (),
    *,
    seconds: float = DEADLINE_SECONDS,
    waiting: Waiting = WAITING,
) -> Any:
    """The response of a call with one answer.

    Args:
        rpc: Method of a generated stub.
        request: A message; or an iterator of messages, which is not sent twice.
        metadata: Headers, lower case.
        seconds: Deadline of all attempts together.
        waiting: Time and chance between them.

    Raises:
        Rejected: The service refused the request.
        Unreachable: No answer; whether the request counted is not known.
    """
    if not isinstance(request, Message):
        return _attempt(rpc, request, metadata, seconds)
    repeats = Repeats(repeatable=is_repeatable(request), seconds=seconds, waiting=waiting)
    while True:
        try:
            return _attempt(rpc, request, metadata, repeats.seconds_left)
        except (Rejected, Unreachable) as fault:
            repeats.after(fault)


def is_repeatable(request: Message) -> bool:
    """Whether a second arrival of this request changes nothing.

    A proof is good for one call: a request that carries one may be made again, not sent again.
    """
    fields = request.DESCRIPTOR.fields_by_name
    if "proof" in fields:
        return False
    return request.DESCRIPTOR.name.startswith(READING) or bool("request_id" in fields and request.request_id)  # type: ignore[attr-defined]


def _attempt(rpc: Any, request: object, metadata: Metadata, seconds: float) -> Any:
    try:
        return rpc(request, timeout=seconds, metadata=metadata)
    except grpc.RpcError as error:
        raise decode_error(error) from None
