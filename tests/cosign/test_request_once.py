"""Mutating calls of servicers have one effect per caller, method and request id."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from cosign.api.v1 import account_pb2, device_pb2, message_pb2
from cosign.blocking import BlockingPool
from cosign.errors import FieldInvalid, RequestIdReused
from cosign.request_once import RequestOnce, method_of
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.idempotency import KEEP_MS
from cosign.store.metadata import metadata
from cosign.store.tables import idempotent_request
from tests.cosign.devices.fakes import MovableClock
from tests.support.keyed import mac

ID = "3f2b8c1e-0000-4000-8000-000000000001"


class Calls:
    """Answers count the effects."""

    def __init__(self, path: Path) -> None:
        self.engine = make_engine(sqlite_url(path))
        metadata.create_all(self.engine)
        self.clock = MovableClock()
        self.blocking = BlockingPool(1)
        self.once = RequestOnce(self.engine, clock=self.clock, blocking=self.blocking, mac=mac)
        self.effects = 0

    def read(self, *, category: int = 0, request_id: str = ID, scope: str = "dev_a", fault: bool = False) -> int:
        """One call that counts."""
        request = message_pb2.MarkAllMessagesReadRequest(request_id=request_id, category=category)  # type: ignore[arg-type]

        def effect(_: Connection) -> message_pb2.MarkAllMessagesReadResponse:
            self.effects += 1
            if fault:
                raise LookupError
            return message_pb2.MarkAllMessagesReadResponse(count=self.effects)

        answer = self.once.run(request, message_pb2.MarkAllMessagesReadResponse, scope=scope, effect=effect)
        return asyncio.run(answer).count

    def enrol(self, *, name: str, nonce: bytes) -> str:
        """One call that is signed anew whenever it is sent."""
        request = device_pb2.EnrolDeviceRequest(request_id=ID, display_name=name, proof_nonce=nonce, proof=nonce * 4)

        def effect(_: Connection) -> device_pb2.EnrolDeviceResponse:
            self.effects += 1
            return device_pb2.EnrolDeviceResponse(device=device_pb2.Device(display_name=name))

        answer = self.once.run(
            request, device_pb2.EnrolDeviceResponse, scope="a", effect=effect, ignoring=("proof", "proof_nonce")
        )
        return asyncio.run(answer).device.display_name


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[Calls]:
    """On a database of its own."""
    made = Calls(tmp_path / "once.db")
    yield made
    made.blocking.close()
    made.engine.dispose()


def test_a_repeat_gets_the_first_answer_whatever_the_case_of_its_id(calls: Calls) -> None:
    assert [calls.read(), calls.read(), calls.read(request_id=ID.upper())] == [1, 1, 1]
    assert calls.effects == 1


def test_other_fields_under_the_same_id_are_refused(calls: Calls) -> None:
    calls.read()

    with pytest.raises(RequestIdReused):
        calls.read(category=1)
    assert calls.effects == 1


def test_callers_and_methods_do_not_meet(calls: Calls) -> None:
    calls.read(scope="a")
    calls.read(scope="b")
    calls.enrol(name="phone", nonce=b"n" * 16)

    assert calls.effects == 3


def test_a_request_that_was_signed_again_is_the_same_request(calls: Calls) -> None:
    calls.enrol(name="phone", nonce=b"n" * 16)
    calls.enrol(name="phone", nonce=b"m" * 16)
    with pytest.raises(RequestIdReused):
        calls.enrol(name="another", nonce=b"n" * 16)

    assert calls.effects == 1


def test_a_call_that_failed_may_be_repeated(calls: Calls) -> None:
    with pytest.raises(LookupError):
        calls.read(fault=True)

    assert calls.read() == 2


def test_answers_are_forgotten_after_a_day(calls: Calls) -> None:
    calls.read()
    calls.clock.forward(milliseconds=KEEP_MS)

    assert calls.read(category=1) == 2


@pytest.mark.parametrize("request_id", ["", "1", ID[:-1]])
def test_an_id_that_is_no_uuid_is_refused(calls: Calls, request_id: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        calls.read(request_id=request_id)

    assert refused.value.field == "request_id"
    assert not calls.effects


def test_what_is_remembered_of_a_request_is_keyed(calls: Calls) -> None:
    """R-AUD-08: names and numbers of a request cannot be guessed from the table of request ids."""
    calls.read(category=1)

    with calls.engine.connect() as connection:
        stored = connection.execute(select(idempotent_request.c.body_hash)).scalar_one()
    body = message_pb2.MarkAllMessagesReadRequest(category=1).SerializeToString(deterministic=True)  # type: ignore[arg-type]
    assert stored == mac(b"ONCE" + body)


def test_the_method_is_the_one_that_takes_the_message() -> None:
    assert method_of(account_pb2.UpdateProfileRequest.DESCRIPTOR) == "/cosign.api.v1.AccountService/UpdateProfile"
    with pytest.raises(ValueError, match="not enough"):
        method_of(device_pb2.Device.DESCRIPTOR)
