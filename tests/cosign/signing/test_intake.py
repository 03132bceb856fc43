"""What may share a transaction: a request that can fail for reasons of its own runs alone."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from cosign.signing.head_log import FileHeadLog
from cosign.signing.intake import Intake, Operation
from protocol.codes import Op, Status
from tests.cosign.signing.real import RealWorld

DIGEST = bytes(range(32))


async def test_a_confirm_without_head_log_costs_nobody_else_an_answer(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All requests arrive together; one of them changes a head, and the log of heads cannot be written."""
    first, second, confirming = [(phone, await real.keygen(phone)) for phone in [real.enrol() for _ in range(3)]]
    await real.refresh(*confirming)
    entered, gate = threading.Event(), threading.Event()
    batches: list[list[Op]] = []
    examine, run = Intake.examine, Intake.run

    def wait(intake: Intake, arrived: Sequence[Operation]) -> None:
        entered.set()
        gate.wait(5)
        examine(intake, arrived)

    def note(intake: Intake, batch: Sequence[Operation]) -> None:
        batches.append([operation.op for operation in batch])
        run(intake, batch)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    async def open_gate() -> None:
        await asyncio.to_thread(entered.wait, 5)
        gate.set()

    monkeypatch.setattr(Intake, "examine", wait)
    monkeypatch.setattr(Intake, "run", note)
    monkeypatch.setattr(FileHeadLog, "announce", fail)
    (held, _), (signed, _), confirmed, _ = await asyncio.gather(
        real.sign(*first, [DIGEST]), real.sign(*second, [DIGEST]), real.confirm(*confirming), open_gate()
    )

    assert [Op.CONFIRM] in batches
    assert [held.status, signed.status, confirmed.status] == [Status.OK, Status.OK, Status.UNAVAILABLE]
