"""SignStream with P-256 keys against a real process: order, wrong PIN, lost set-up, loss, half-close, refusals."""

import queue
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from cosign.api.v1 import signing_pb2 as pb
from cosign.client.phone import GrpcConnection, MemoryHome, Phone
from cosign.client.phone.errors import Unreachable
from cosign.client.phone.refusals import KeyLocked, PinIncorrect
from protocol import p256, sm2
from protocol.codes import Purpose, Suite
from tests.cosign.server.calls import stub
from tests.cosign.server.process import PIN, WEAK_KDF, ServerProcess, metric, running

WRONG_PIN = "738291"
DIGESTS = [number.to_bytes(32) for number in range(1, 7)]


class Withholding(GrpcConnection):
    """Keeps the envelopes of SignEcdsa instead of sending them, while asked to."""

    def __init__(self, channel: grpc.Channel) -> None:
        super().__init__(channel)
        self.withheld: list[bytes] = []
        self.withholds = False

    def exchange(self, method: str, envelope: bytes) -> bytes:
        if self.withholds and method == "SignEcdsa":
            self.withheld.append(envelope)
            raise Unreachable("withheld")
        return super().exchange(method, envelope)


class Scene:
    """A phone with a P-256 key, and the envelopes it would have sent."""

    def __init__(self, server: ServerProcess, channel: grpc.Channel) -> None:
        self.server = server
        self.service = stub(channel, "SigningService")
        self.connection = Withholding(channel)
        self.phone = Phone(MemoryHome(server.address), self.connection, kdf=WEAK_KDF)
        self.phone.enrol(code=server.code(), display_name="Test phone")
        self.key_id = ecdsa_key(self.phone)

    def envelopes(self, pin: str, count: int) -> list[bytes]:
        """Requests entered in the phone's record one after the other, none of them answered."""
        self.connection.withheld.clear()
        self.connection.withholds = True
        with self.phone.unlock(self.key_id, pin) as share:
            for digest in DIGESTS[:count]:
                with pytest.raises(Unreachable):
                    self.phone.sign_digests(self.key_id, [digest], share)
        self.connection.withholds = False
        return list(self.connection.withheld)

    def answers(self, status: str) -> float:
        """How many requests of SignEcdsa got this status."""
        with urllib.request.urlopen(self.server.metrics, timeout=10) as page:
            text = page.read().decode()
        return metric(text, "cosign_answers_total", op="ec_sign", status=status)

    def signs(self) -> None:
        """The key still works, and no attempt is missing afterwards."""
        judge(self.phone, self.key_id, DIGESTS[:1], self.phone.sign_digests(self.key_id, DIGESTS[:1], PIN))


def ecdsa_key(phone: Phone) -> str:
    return phone.keygen(Purpose.SIGN, PIN, Suite.P256).key_id


def judge(phone: Phone, key_id: str, digests: list[bytes], signatures: list[bytes]) -> None:
    for digest, signature in zip(digests, signatures, strict=True):
        p256.verify(phone.key(key_id).public_key, digest, signature)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path, {"COSIGN_LIMITS__DEVICE_PER_SECOND": "1000"}) as server:
        yield server


@pytest.fixture
def scene(server: ServerProcess) -> Iterator[Scene]:
    with server.channel() as channel:
        yield Scene(server, channel)


def test_a_long_task_goes_over_one_stream(server: ServerProcess) -> None:
    with server.phone() as phone:
        key_id = ecdsa_key(phone)
        with phone.unlock(key_id, PIN) as share, phone.streaming():
            signatures = phone.sign_digests(key_id, DIGESTS[:4], share)  # a request each
            signatures += phone.sign_digests(key_id, DIGESTS[4:], share)
        judge(phone, key_id, DIGESTS, signatures)
    assert server.stop() == 0  # which writes the rest of the access log
    assert server.output.count(".SigningService/SignStream") == len(DIGESTS)
    assert server.output.count('.SigningService/SignEcdsa"') == 1  # the activation


def test_keys_of_both_curves_share_a_stream(server: ServerProcess) -> None:
    with server.phone() as phone:
        ecdsa, other = ecdsa_key(phone), phone.keygen(Purpose.SIGN, PIN).key_id
        with phone.unlock(ecdsa, PIN) as one, phone.unlock(other, PIN) as two, phone.streaming():
            for digest in DIGESTS[:3]:
                judge(phone, ecdsa, [digest], phone.sign_digests(ecdsa, [digest], one))
                sm2.verify(phone.key(other).public_key, digest, phone.sign_digests(other, [digest], two)[0])


def test_a_wrong_pin_in_the_middle_is_counted_and_ends_nothing(scene: Scene) -> None:
    phone, key_id = scene.phone, scene.key_id
    with phone.unlock(key_id, PIN) as right, phone.unlock(key_id, WRONG_PIN) as wrong, phone.streaming():
        judge(phone, key_id, DIGESTS[:1], phone.sign_digests(key_id, DIGESTS[:1], right))
        for left in (8, 7):
            with pytest.raises(PinIncorrect) as refused:
                phone.sign_digests(key_id, DIGESTS[:1], wrong)
            assert refused.value.attempts_left == left
        judge(phone, key_id, DIGESTS[1:3], phone.sign_digests(key_id, DIGESTS[1:3], right))
        with pytest.raises(PinIncorrect) as refused:
            phone.sign_digests(key_id, DIGESTS[:1], wrong)
        assert refused.value.attempts_left == 8  # a right PIN gave the attempts back


def test_a_set_up_destroyed_in_the_middle_is_made_anew(scene: Scene) -> None:
    """Row 79 on a stream: the share in hand has seeds of the past, so EC-6 fails at the second request."""
    phone, key_id = scene.phone, scene.key_id
    before = scene.answers("ot_destroyed")
    with phone.unlock(key_id, PIN) as share, phone.streaming():
        judge(phone, key_id, DIGESTS[:1], phone.sign_digests(key_id, DIGESTS[:1], share))
        phone.set_up_ot(key_id, PIN)
        judge(phone, key_id, DIGESTS[1:], phone.sign_digests(key_id, DIGESTS[1:], share))
    assert scene.answers("ot_destroyed") == before + 1
    scene.signs()


@pytest.mark.parametrize("waits", [False, True])
def test_a_cancelled_stream_costs_the_answer_and_nothing_else(scene: Scene, waits: bool) -> None:
    """Cancelled before or after the server has answered: in either case an answer the phone never read (CLONE-B)."""
    outgoing: queue.SimpleQueue[pb.SignStreamRequest | None] = queue.SimpleQueue()
    call: Any = scene.service.SignStream(iter(outgoing.get, None), timeout=60)
    outgoing.put(pb.SignStreamRequest(number=1, ecdsa_envelope=b"x"))
    assert next(call).refusal.reason == "ENVELOPE_INVALID"
    outgoing.put(pb.SignStreamRequest(number=2, ecdsa_envelope=scene.envelopes(PIN, 1)[0]))
    if waits:
        assert next(call).number == 2
    call.cancel()
    outgoing.put(None)
    scene.signs()


def test_a_half_closed_stream_answers_everything_that_was_sent(scene: Scene) -> None:
    """Three requests of one device, sent without waiting: answered in order, then the stream ends by itself."""
    done = scene.answers("ok")
    sent = scene.envelopes(PIN, 3)
    requests = [pb.SignStreamRequest(number=number, ecdsa_envelope=one) for number, one in enumerate(sent)]
    answers = list(scene.service.SignStream(iter(requests), timeout=60))
    assert [answer.number for answer in answers] == [0, 1, 2]
    assert all(answer.WhichOneof("outcome") == "answer" for answer in answers)
    assert scene.answers("ok") == done + 3
    scene.signs()


def test_wrong_pins_sent_ahead_are_charged_one_by_one(scene: Scene) -> None:
    """Nothing is gained by sending guesses before the first outcome is known (TX-4)."""
    requests = [pb.SignStreamRequest(number=1, ecdsa_envelope=one) for one in scene.envelopes(WRONG_PIN, 4)]
    assert len(list(scene.service.SignStream(iter(requests), timeout=60))) == 4
    assert (scene.answers("pin_wrong"), scene.answers("locked")) == (3, 1)
    with pytest.raises(KeyLocked):
        scene.phone.sign_digests(scene.key_id, DIGESTS[:1], PIN)


def test_refused_requests_do_not_end_the_stream(scene: Scene) -> None:
    good = scene.envelopes(PIN, 2)
    repeated = scene.answers("stale"), scene.answers("malformed")
    requests = [
        pb.SignStreamRequest(number=0, ecdsa_envelope=b"x" * 100),
        pb.SignStreamRequest(number=1, ecdsa_envelope=good[0]),
        pb.SignStreamRequest(number=2, ecdsa_envelope=good[0]),
        pb.SignStreamRequest(number=3, envelope=good[1]),  # not what this field carries
        pb.SignStreamRequest(number=4, ecdsa_envelope=b"x" * 40_000),
        pb.SignStreamRequest(number=5, ecdsa_envelope=good[1]),
    ]
    answers = {one.number: one for one in scene.service.SignStream(iter(requests), timeout=60)}
    reasons = {number: one.refusal.reason for number, one in answers.items() if one.HasField("refusal")}
    assert reasons == {0: "ENVELOPE_INVALID", 4: "FIELD_INVALID"}
    assert (scene.answers("stale"), scene.answers("malformed")) == (repeated[0] + 1, repeated[1] + 1)
    assert scene.answers("ok") >= 2
    scene.signs()


def test_phones_of_both_curves_work_at_once(server: ServerProcess) -> None:
    def sign(phone: Phone, suite: Suite, faults: list[Exception]) -> None:
        try:
            key_id = phone.keygen(Purpose.SIGN, PIN, suite).key_id
            with phone.unlock(key_id, PIN) as share, phone.streaming():
                for digest in DIGESTS:
                    phone.sign_digests(key_id, [digest], share)
        except Exception as fault:
            faults.append(fault)

    faults: list[Exception] = []
    with server.phone("a", "user-a") as a, server.phone("b", "user-b") as b:
        pairs = ((a, Suite.P256), (b, Suite.SM2))
        threads = [threading.Thread(target=sign, args=(phone, suite, faults)) for phone, suite in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
