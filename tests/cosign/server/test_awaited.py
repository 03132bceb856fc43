"""Calls without a message are bounded in time and in number."""

import asyncio

from cosign.server.awaited import Awaited


class Call:
    def __init__(self) -> None:
        self.cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


def test_late_calls_are_cancelled_once() -> None:
    now = 0.0
    awaited = Awaited(10, seconds=10, monotonic=lambda: now)
    early, answered, late = Call(), Call(), Call()
    awaited.add(early)
    awaited.add(answered)
    now = 5.0
    awaited.add(late)
    awaited.remove(answered)
    now = 10.5
    for _ in range(2):
        asyncio.run(awaited.cancel_late())
    assert (early.cancelled, answered.cancelled, late.cancelled, len(awaited)) == (1, 0, 0, 1)


def test_one_too_many_cancels_the_oldest() -> None:
    now = 0.0
    awaited = Awaited(2, monotonic=lambda: now)
    calls = [Call() for _ in range(4)]
    for call in calls[:3]:
        awaited.add(call)
    assert [call.cancelled for call in calls] == [0, 0, 0, 0]  # a burst
    now = 1.0
    awaited.add(calls[3])
    assert [call.cancelled for call in calls] == [1, 0, 0, 0]
    for call in calls:
        awaited.remove(call)
    assert len(awaited) == 0
