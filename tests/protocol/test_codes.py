"""The enums of `protocol.codes` against the specification's tables and the native core."""

import re
from pathlib import Path

import pytest

from protocol.codes import Malformed, Op, Outcome, Purpose, Status, Suite, SyncCase
from protocol.errors import MalformedMessage
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer
from tests.protocol.world import fields, native_header

SPECIFICATION = Path(__file__).parents[2] / "docs" / "specification.md"


def test_statuses_are_those_of_the_specification() -> None:
    line = next(line for line in SPECIFICATION.read_text().splitlines() if "Status: 0 OK" in line)
    named = {int(number): name for number, name in re.findall(r"(\d+) ([A-Z_]+)", line)}
    assert named == {int(status): status.name for status in Status if status is not Status.OT_DESTROYED}
    assert f"{int(Status.OT_DESTROYED)} is reserved" in line


@pytest.mark.parametrize("status", Status)
def test_the_core_carries_every_status(status: Status) -> None:
    server = NativeServer()
    run = NativePhone(server.target).sync()
    request = server.core.open_request(run.envelope)
    body = {Status.OK: b"\1" + bytes(16), Status.MALFORMED: Malformed.MESSAGE.encode()}.get(status, b"")
    frame = run.finish(request.answer(status, server_time_ms=1, retry_after_s=7, attempts_left=3, body=body))[0]
    assert (frame.status, frame.retry_after_s, frame.attempts_left) == (status, 7, 3)
    assert frame.reason == (Malformed.MESSAGE if status is Status.MALFORMED else None)


@pytest.mark.parametrize("status", [15, 255])
def test_the_core_refuses_other_statuses(status: int) -> None:
    server = NativeServer()
    request = server.core.open_request(NativePhone(server.target).sync().envelope)
    with pytest.raises(MalformedMessage):
        request.answer(status, server_time_ms=1)


@pytest.mark.parametrize("change", [{"op": 0}, {"op": 99}, {"purpose": 0}, {"purpose": 4}, {"suite": "SM4"}])
def test_the_core_refuses_other_numbers(change: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        native_header(fields(Op.SYNC) | change)


def test_numbers_and_names_on_the_wire() -> None:
    assert [int(op) for op in Op] == list(range(1, 11))
    assert [int(purpose) for purpose in Purpose] == [1, 2, 3]
    assert [int(outcome) for outcome in Outcome] == [0, 1, 2]
    assert [str(suite) for suite in Suite] == ["SM2", "P256"]
    assert [str(case) for case in SyncCase] == ["A", "B"]
