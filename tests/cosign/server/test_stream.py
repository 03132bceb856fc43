"""SignStream against a real process: order, window, refusals, many phones on one stream, drain."""

import queue
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from cosign.api.v1 import signing_pb2 as pb
from cosign.client.phone import Phone
from cosign.server import stream as module
from protocol import sm2
from tests.cosign.server.calls import refused, stub
from tests.cosign.server.process import PIN, ServerProcess, running, sign_key


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path, {"COSIGN_LIMITS__DEVICE_PER_SECOND": "1000"}) as server:
        yield server


def test_a_long_task_goes_over_one_stream(server: ServerProcess) -> None:
    with server.phone() as phone:
        key_id = sign_key(phone)
        with phone.unlock(key_id, PIN) as share, phone.streaming():
            digests = [number.to_bytes(32) for number in range(1, 11)]
            signatures = [phone.sign_digests(key_id, [digest], share)[0] for digest in digests]
            public_key = phone.key(key_id).public_key
    for digest, signature in zip(digests, signatures, strict=True):
        sm2.verify(public_key, digest, signature)
    assert server.stop() == 0  # which writes the rest of the access log
    assert server.output.count(".SigningService/SignStream") == 10
    assert server.output.count('.SigningService/Sign"') == 1  # the activation


def test_wrong_pins_count_on_a_stream_too(server: ServerProcess) -> None:
    with server.phone() as phone:
        key_id = sign_key(phone)
        with phone.streaming():
            for left in (8, 7):
                with pytest.raises(Exception, match=f"{left}"), phone.unlock(key_id, "738291") as share:
                    phone.sign_digests(key_id, [b"\1" * 32], share)


def test_a_refused_request_does_not_end_the_stream(server: ServerProcess) -> None:
    with server.channel() as channel:
        requests = [pb.SignStreamRequest(number=number, envelope=b"x" * 100) for number in range(40)]
        requests.append(pb.SignStreamRequest(number=99))
        answers = list(stub(channel, "SigningService").SignStream(iter(requests), timeout=30))
    assert [answer.number for answer in answers if answer.number < 99] == list(range(40))
    reasons = {answer.number: answer.refusal.reason for answer in answers}
    assert (reasons[0], reasons[99]) == ("ENVELOPE_INVALID", "FIELD_INVALID")


@pytest.mark.parametrize("field", ["envelope", "ecdsa_envelope"])
def test_a_caller_that_only_sends_is_stopped_by_the_window(server: ServerProcess, field: str) -> None:
    sent = 0
    content: dict[str, Any] = {field: b"x" * 32_000}

    def flood() -> Iterator[pb.SignStreamRequest]:
        nonlocal sent
        while True:
            sent += 1
            yield pb.SignStreamRequest(number=sent, **content)

    with server.channel() as channel:
        call: Any = stub(channel, "SigningService").SignStream(flood(), timeout=3)
        threading.Event().wait(2)  # nothing is received meanwhile
        with pytest.raises(grpc.RpcError) as caught:
            list(call)
        assert caught.value.code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    with server.phone() as phone:
        phone.sign(sign_key(phone), [b"message"], PIN)


@pytest.mark.parametrize("most", [16, 3])
def test_streams_of_one_address_are_bounded(tmp_path: Path, most: int) -> None:
    settings = {} if most == 16 else {"COSIGN_LIMITS__STREAMS_PER_ADDRESS": str(most)}
    with running(tmp_path, settings) as server:
        _are_bounded(server, most)


def _are_bounded(server: ServerProcess, most: int) -> None:
    ends: list[queue.SimpleQueue[None]] = []

    def held() -> Iterator[pb.SignStreamRequest]:
        end: queue.SimpleQueue[None] = queue.SimpleQueue()
        ends.append(end)
        yield pb.SignStreamRequest(number=1, envelope=b"x")
        end.get()

    with server.channel() as channel:
        service = stub(channel, "SigningService")
        calls = [service.SignStream(held(), timeout=60) for _ in range(most)]
        for call in calls:
            assert next(call).refusal.reason == "ENVELOPE_INVALID"
        _, reason, _ = refused(lambda: list(service.SignStream(held(), timeout=30)))
        assert reason == "RATE_LIMITED"
        for end in ends:
            end.put(None)
        for call in calls:
            call.cancel()


IDLE_SECONDS = module.IDLE_SECONDS / 10
SHORTENED = f"""
from cosign.server.tls_floor import require_tls13
require_tls13()
from cosign.cli import cosignd
from cosign.server import stream
stream.IDLE_SECONDS = {IDLE_SECONDS}
cosignd.main()
"""


class Impatient(ServerProcess):
    """`cosignd serve` that waits a tenth as long for the next request of a stream."""

    PROGRAM = ("-c", SHORTENED, "serve")


def test_a_stream_without_requests_is_ended(tmp_path: Path) -> None:
    silent: queue.SimpleQueue[pb.SignStreamRequest | None] = queue.SimpleQueue()
    with running(tmp_path, kind=Impatient) as server, server.channel() as channel:
        began = time.monotonic()
        call: Any = stub(channel, "SigningService").SignStream(iter(silent.get, None))
        code, reason, _ = refused(lambda: next(call))
        silent.put(None)
    assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert IDLE_SECONDS - 1 < time.monotonic() - began < IDLE_SECONDS + 10


def test_a_drain_answers_what_was_taken_and_ends_the_stream(server: ServerProcess) -> None:
    outgoing: queue.SimpleQueue[pb.SignStreamRequest | None] = queue.SimpleQueue()
    with server.channel() as channel:
        call: Any = stub(channel, "SigningService").SignStream(iter(outgoing.get, None), timeout=60)
        outgoing.put(pb.SignStreamRequest(number=1, envelope=b"x"))
        assert next(call).number == 1
        server.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]
        _, reason, _ = refused(lambda: next(call))
        outgoing.put(None)
    assert reason == "SHUTTING_DOWN"
    assert server.process is not None
    assert server.process.wait(timeout=15) == 0


def test_many_phones_share_the_service_over_streams(server: ServerProcess) -> None:
    def sign(phone: Phone, count: int, faults: list[Exception]) -> None:
        try:
            key_id = sign_key(phone)
            with phone.unlock(key_id, PIN) as share, phone.streaming():
                for number in range(1, count + 1):
                    phone.sign_digests(key_id, [number.to_bytes(32)] * 3, share)
        except Exception as fault:
            faults.append(fault)

    faults: list[Exception] = []
    with server.phone("a", "user-a") as a, server.phone("b", "user-b") as b:
        threads = [threading.Thread(target=sign, args=(phone, 20, faults)) for phone in (a, b)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
