"""TX-B1 on the event loop: order, one per device, bounds, cancellation, faults, drain."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

import pytest

from cosign.signing import batcher as module
from cosign.signing.batcher import Batcher, BatchFailed, QueueFull, Stopped
from keyshare.batch_items import Prepared, Released
from protocol.codes import Op, Status
from tests.cosign.signing.prepared_stage import Asked, PreparedStage, call, submit
from tests.keyshare.fakes import FakeRequest


class SlowRunner:
    """Answers with the request id; waits at a gate before every batch."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.batches: list[list[str]] = []
        self.fault: BaseException | None = None

    def run(self, items: Sequence[Prepared[bytes]]) -> list[Released]:
        self.entered.set()
        self.gate.wait(5)
        self.batches.append([item.device_id for item in items])
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return [Released(item.req_id, Status.OK) for item in items]


@pytest.fixture
def runner() -> SlowRunner:
    return SlowRunner()


@pytest.fixture
def faults() -> list[Exception]:
    return []


@pytest.fixture
async def batcher(runner: SlowRunner, faults: list[Exception]) -> AsyncIterator[Batcher[Asked]]:
    made: Batcher[Asked] = Batcher(PreparedStage(runner), failed=faults.append)
    made.start()
    yield made
    runner.gate.set()
    await asyncio.to_thread(made.drain)


def item(device: str) -> Prepared[bytes]:
    request = FakeRequest(Op.SIGN, device, "usr", "key", bytes(16), b"", bytes(16))
    return Prepared(request, Op.SIGN, device, request.req_id)


async def hold(runner: SlowRunner, batcher: Batcher[Asked]) -> asyncio.Task[Released]:
    """Occupies the thread with one request, so that what follows waits."""
    runner.gate.clear()
    runner.entered.clear()
    task = asyncio.create_task(submit(batcher, item("dev_first")))
    await asyncio.to_thread(runner.entered.wait, 5)
    return task


def submit_all(batcher: Batcher[Asked], devices: Sequence[str]) -> list[asyncio.Task[Released]]:
    return [asyncio.create_task(submit(batcher, item(device))) for device in devices]


def until_draining(batcher: Batcher[Asked]) -> None:
    while batcher.healthy:
        time.sleep(0.001)


async def test_what_waits_together_shares_a_batch(runner: SlowRunner, batcher: Batcher[Asked]) -> None:
    first = await hold(runner, batcher)
    tasks = submit_all(batcher, ["dev_c", "dev_a", "dev_b"])
    await asyncio.sleep(0)
    runner.gate.set()
    await asyncio.gather(first, *tasks)

    assert runner.batches == [["dev_first"], ["dev_c", "dev_a", "dev_b"]]


async def test_48_a_second_request_of_a_device_waits_for_the_next_batch(
    runner: SlowRunner, batcher: Batcher[Asked]
) -> None:
    first = await hold(runner, batcher)
    tasks = submit_all(batcher, ["dev_a", "dev_a", "dev_b", "dev_a"])
    await asyncio.sleep(0)
    runner.gate.set()
    await asyncio.gather(first, *tasks)

    assert runner.batches[1:] == [["dev_a", "dev_b"], ["dev_a"], ["dev_a"]]


async def test_a_batch_holds_at_most_64(runner: SlowRunner, batcher: Batcher[Asked]) -> None:
    first = await hold(runner, batcher)
    tasks = submit_all(batcher, [f"dev_{n}" for n in range(150)])
    await asyncio.sleep(0)
    runner.gate.set()
    await asyncio.gather(first, *tasks)

    assert [len(batch) for batch in runner.batches] == [1, 64, 64, 22]


async def test_every_answer_reaches_its_own_request(batcher: Batcher[Asked], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 60.0)  # a slow machine refuses nothing here
    items = [item(f"dev_{n % 40}") for n in range(300)]
    answers = []
    for start in range(0, 300, 100):
        answers += await asyncio.gather(*(submit(batcher, one) for one in items[start : start + 100]))

    assert [one.answer for one in answers] == [one.req_id for one in items]


async def test_43_a_cancelled_client_stops_nothing(runner: SlowRunner, batcher: Batcher[Asked]) -> None:
    first = await hold(runner, batcher)
    tasks = submit_all(batcher, ["dev_a", "dev_b"])
    await asyncio.sleep(0)
    first.cancel()
    tasks[0].cancel()
    runner.gate.set()

    assert (await tasks[1]).status is Status.OK
    assert runner.batches == [["dev_first"], ["dev_a", "dev_b"]]
    assert (await submit(batcher, item("dev_c"))).status is Status.OK


async def test_calls_run_alone_and_in_turn(runner: SlowRunner, batcher: Batcher[Asked]) -> None:
    first = await hold(runner, batcher)
    before = submit_all(batcher, ["dev_a"])
    await asyncio.sleep(0)
    alone = asyncio.create_task(call(batcher, "dev_x", lambda: Released(str(len(runner.batches)).encode(), Status.OK)))
    await asyncio.sleep(0)
    after = submit_all(batcher, ["dev_b"])
    await asyncio.sleep(0)
    runner.gate.set()
    await asyncio.gather(first, *before, *after)

    assert (await alone).answer == b"2"
    assert runner.batches == [["dev_first"], ["dev_a"], ["dev_b"]]


async def test_a_runner_that_raises_releases_nothing_and_the_thread_lives_on(
    runner: SlowRunner, batcher: Batcher[Asked], faults: list[Exception]
) -> None:
    runner.fault = RuntimeError("bug")

    with pytest.raises(BatchFailed):
        await submit(batcher, item("dev_a"))
    assert [str(fault) for fault in faults] == ["bug"]
    assert batcher.healthy
    assert (await submit(batcher, item("dev_a"))).status is Status.OK


async def test_the_queue_is_bounded(
    runner: SlowRunner, batcher: Batcher[Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    first = await hold(runner, batcher)
    tasks = submit_all(batcher, ["dev_a", "dev_b", "dev_c"])
    await asyncio.sleep(0)

    with pytest.raises(QueueFull):
        await submit(batcher, item("dev_d"))
    runner.gate.set()
    await asyncio.gather(first, *tasks)


async def test_one_device_cannot_fill_the_queue(runner: SlowRunner, batcher: Batcher[Asked]) -> None:
    first = await hold(runner, batcher)
    tasks = submit_all(batcher, ["dev_a"] * (module.MAX_WAITING_PER_DEVICE + 1))
    other = asyncio.create_task(submit(batcher, item("dev_b")))
    await asyncio.sleep(0)
    runner.gate.set()
    await asyncio.gather(first, other)

    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(one, QueueFull) for one in ended] == [False] * module.MAX_WAITING_PER_DEVICE + [True]
    assert (await submit(batcher, item("dev_a"))).status is Status.OK


async def test_who_waits_too_long_is_refused_unevaluated(
    runner: SlowRunner, batcher: Batcher[Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await hold(runner, batcher)
    late = asyncio.create_task(submit(batcher, item("dev_a")))
    await asyncio.sleep(0)
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", -1.0)
    runner.gate.set()
    await first

    with pytest.raises(QueueFull):
        await late
    assert runner.batches == [["dev_first"]]


async def test_drain_finishes_what_waits_and_takes_nothing_new(runner: SlowRunner, batcher: Batcher[Asked]) -> None:
    first = await hold(runner, batcher)
    tasks = submit_all(batcher, ["dev_a", "dev_a"])
    await asyncio.sleep(0)
    drained = asyncio.create_task(asyncio.to_thread(batcher.drain))
    await asyncio.to_thread(until_draining, batcher)

    with pytest.raises(Stopped):
        await submit(batcher, item("dev_b"))
    runner.gate.set()
    await drained
    assert [one.status for one in await asyncio.gather(first, *tasks)] == [Status.OK] * 3
    assert not batcher.healthy


async def test_nothing_runs_before_start() -> None:
    idle: Batcher[Asked] = Batcher(PreparedStage(SlowRunner()), failed=_ignore)

    with pytest.raises(Stopped):
        await submit(idle, item("dev_a"))
    assert not idle.healthy


class Call:
    """Something that waits for an answer."""


def tell(_call: object, _waiting: object) -> None:
    """Tells nobody."""


def test_an_answered_request_is_freed_without_the_collector(runner: SlowRunner) -> None:
    batcher: Batcher[Asked] = Batcher(PreparedStage(runner), failed=_ignore)
    batcher.start()
    asked, call = Asked("dev_a", item("dev_a")), Call()
    asked.done = partial(tell, (asked, call))
    seen = weakref.ref(call)
    gc.collect()
    gc.disable()
    try:
        batcher.submit(asked)
        del asked, call
        batcher.drain()
        assert seen() is None
    finally:
        gc.enable()


_ignore: Callable[[Exception], None] = [].append  # type: ignore[assignment]


async def test_who_runs_alone_counts_under_its_device(runner: SlowRunner, batcher: Batcher[Asked]) -> None:
    holding = await hold(runner, batcher)
    done = Released(b"", Status.OK)
    waiting = [asyncio.create_task(call(batcher, "dev_x", lambda: done)) for _ in range(module.MAX_WAITING_PER_DEVICE)]
    await asyncio.sleep(0)
    late = [asyncio.create_task(call(batcher, "dev_x", lambda: done)), *submit_all(batcher, ["dev_x"])]
    other = asyncio.create_task(call(batcher, "dev_y", lambda: done))
    await asyncio.sleep(0)
    runner.gate.set()

    assert await asyncio.gather(*waiting, other) == [done] * (len(waiting) + 1)
    assert [type(one) for one in await asyncio.gather(*late, return_exceptions=True)] == [QueueFull] * 2
    await holding
    await call(batcher, "dev_x", lambda: done)


class Busy:
    """TX-B2: rows of one device are held for some rounds."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.batches: list[list[str]] = []

    def run(self, items: Sequence[Prepared[bytes]]) -> list[Released]:
        self.batches.append([item.device_id for item in items])
        held = any(item.device_id == "dev_held" for item in items)
        self.rounds -= held
        return [
            Released(item.req_id, Status.OK, requeue=item.device_id == "dev_held" and self.rounds >= 0)
            for item in items
        ]


async def test_who_is_busy_waits_and_holds_nobody_up() -> None:
    held = Busy(rounds=3)
    batcher: Batcher[Asked] = Batcher(PreparedStage(held), failed=_ignore)
    batcher.start()
    task = asyncio.create_task(submit(batcher, item("dev_held")))

    assert (await submit(batcher, item("dev_free"))).status is Status.OK
    assert (await task).status is Status.OK
    assert sum(batch.count("dev_held") for batch in held.batches) == 4
    await asyncio.to_thread(batcher.drain)
