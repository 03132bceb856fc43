"""A stage for the batcher whose requests are prepared already."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.signing.batcher import Batcher, Waiting
from keyshare.batch_items import Prepared, Released


class Runner(Protocol):
    """`keyshare.transaction.BatchRunner`."""

    def run(self, items: Sequence[Prepared[bytes]]) -> list[Released]: ...


@dataclass(slots=True, eq=False)
class Asked(Waiting[Released]):
    """A request, or work of a device that runs alone."""

    device: str
    item: Prepared[bytes] | None = None
    call: Callable[[], Released] | None = None


class PreparedStage:
    """Takes every request as it is; a request that the runner wants back stays without an answer."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def examine(self, arrived: Sequence[Asked]) -> None:
        for asked in arrived:
            asked.device_id, asked.alone = asked.device, asked.call is not None

    def run(self, batch: Sequence[Asked]) -> None:
        if batch[0].call is not None:
            batch[0].answer = batch[0].call()
            return
        released = self._runner.run([asked.item for asked in batch if asked.item is not None])
        for asked, result in zip(batch, released, strict=True):
            asked.answer = None if result.requeue else result


async def settled(batcher: Batcher[Asked], asked: Asked) -> Released:
    """Hands a request over and waits for its answer on the event loop."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def settle() -> None:
        if not future.done():
            future.set_result(None)

    asked.done = lambda _: loop.call_soon_threadsafe(settle)
    batcher.submit(asked)
    await future
    if isinstance(asked.answer, Exception):
        raise asked.answer
    assert asked.answer is not None
    return asked.answer


async def submit(batcher: Batcher[Asked], item: Prepared[bytes]) -> Released:
    """Hands one prepared request over."""
    return await settled(batcher, Asked(item.device_id, item))


async def call(batcher: Batcher[Asked], device_id: str, work: Callable[[], Released]) -> Released:
    """Runs work of a device alone."""
    return await settled(batcher, Asked(device_id, call=work))
