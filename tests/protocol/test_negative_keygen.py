"""Rows 12 to 16 of CATALOGUE.md: key generation."""

from dataclasses import dataclass
from typing import Any

import pytest

from protocol import _core
from protocol.codes import Op, Purpose, Status
from protocol.errors import (
    BadAnswer,
    BadCommitment,
    BadProof,
    BadSignature,
    DegenerateKey,
    DeviceProofInvalid,
    MalformedMessage,
)
from protocol.reference import device, keygen
from protocol.reference.curve import SM2, Point, not_identity
from protocol.reference.envelope import Frame
from protocol.reference.keygen_messages import KeygenM2, KeygenM3, KeygenM4
from protocol.reference.phone import Keygen, Phone
from protocol.reference.proof import Proof, prove
from protocol.reference.transcript import SUITE_SM2
from tests.protocol.malice import Crafted, keygen_header, moved
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer, ReferenceServer, kdf_params, new_reference_phone
from tests.protocol.world import ENTROPY, PIN, fields, native_header

PURPOSES = [Purpose.SIGN, Purpose.DECRYPT]


def scalar() -> int:
    return ENTROPY.scalar(SUITE_SM2)


def base(k: int) -> Point:
    return not_identity(SM2.mul_base(k))


@dataclass
class Started:
    """A key generation of a malicious phone with a native server, up to M2."""

    server: NativeServer
    phone: Phone
    run: Keygen
    m2: KeygenM2
    pending: Any
    k2: bytes
    purpose: Purpose

    @classmethod
    def make(cls, purpose: Purpose) -> "Started":
        server = NativeServer()
        phone = new_reference_phone(server.target)
        run = Keygen(phone, keygen_header(purpose))
        answer, pending = server.keygen_begin(run.first.envelope)
        _, body = run.first.open(answer)
        m2 = KeygenM2.decode(body)
        run.steps.m3(m2, scalar())
        return cls(server, phone, run, m2, pending, run.steps.k2, purpose)

    def finish(self, m3: KeygenM3, **header: Any) -> None:
        crafted = Crafted(self.phone, moved(keygen_header(self.purpose), **header), m3.encode(), self.k2)
        self.server.keygen_finish(crafted.envelope, self.pending, self.phone.device_public)

    def proof(self) -> Proof:
        """The honest pi1."""
        steps = self.run.steps
        label = keygen.prefix(mul=self.purpose is Purpose.DECRYPT) + "pok-p"
        return prove(SUITE_SM2, label, self.k2, [(steps.u1, steps.p1)], scalar())


@pytest.mark.parametrize("purpose", PURPOSES)
def test_row_12_the_servers_proof_returned_as_the_phones(purpose: Purpose) -> None:
    started = Started.make(purpose)
    with pytest.raises(BadProof):
        started.finish(KeygenM3(started.run.steps.p1, started.run.steps.o, started.m2.pi2))
    started.finish(KeygenM3(started.run.steps.p1, started.run.steps.o, started.proof()))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_row_12_the_servers_point_returned_as_the_phones(purpose: Purpose) -> None:
    started = Started.make(purpose)
    with pytest.raises(BadCommitment):
        started.finish(KeygenM3(started.m2.p2, started.run.steps.o, started.m2.pi2))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_row_13_a_commitment_opened_to_another_point(purpose: Purpose) -> None:
    started = Started.make(purpose)
    steps, u1 = started.run.steps, scalar()
    label = keygen.prefix(mul=purpose is Purpose.DECRYPT) + "pok-p"
    other = prove(SUITE_SM2, label, started.k2, [(u1, base(u1))], scalar())
    with pytest.raises(BadCommitment):
        started.finish(KeygenM3(base(u1), steps.o, other))
    with pytest.raises(BadCommitment):
        started.finish(KeygenM3(steps.p1, bytes(32), started.proof()))


def test_row_14_shares_whose_key_is_the_identity() -> None:
    """u1·v2 = 1. Neither side can steer there, so the reference server is given the pair."""
    u1 = scalar()
    phone = keygen.PhoneKeygen(b"header", bytes(33), bytes(32), bytes(32), u1, mul=False)
    server = keygen.ServerKeygen(b"header", phone.m1(), bytes(32), SM2.inv(u1), mul=False)
    m3 = phone.m3(server.m2(scalar()), scalar())
    with pytest.raises(DegenerateKey):
        server.finish(m3)


@pytest.mark.parametrize(
    "change",
    [{"key_id": "key-9"}, {"device_id": "device-9"}, {"user_id": "user-9"}, {"purpose": int(Purpose.LOGIN)}],
    ids=lambda change: next(iter(change)),
)
def test_row_15_m3_under_names_that_differ_from_m1(change: dict[str, Any]) -> None:
    started = Started.make(Purpose.SIGN)
    with pytest.raises(MalformedMessage):
        started.finish(KeygenM3(started.run.steps.p1, started.run.steps.o, started.proof()), **change)


def test_row_15_every_answer_is_given_once() -> None:
    server = NativeServer()
    phone = new_reference_phone(server.target)
    run = Keygen(phone, keygen_header())
    request = server.core.open_request(run.first.envelope)
    begun = server.core.keygen_begin(request)
    begun.answer(server_time_ms=1, restore_epoch=0)
    with pytest.raises(_core.AlreadyUsed):
        begun.answer(server_time_ms=1, restore_epoch=0)


def test_m3_of_another_device_is_refused() -> None:
    started = Started.make(Purpose.SIGN)
    m3 = KeygenM3(started.run.steps.p1, started.run.steps.o, started.proof())
    stranger = new_reference_phone(started.server.target)
    crafted = Crafted(stranger, keygen_header(), m3.encode(), started.k2)
    with pytest.raises(DeviceProofInvalid):
        started.server.keygen_finish(crafted.envelope, started.pending, started.phone.device_public)


def test_m3_of_another_key_generation_is_refused() -> None:
    one, two = Started.make(Purpose.SIGN), Started.make(Purpose.SIGN)
    with pytest.raises((BadCommitment, DeviceProofInvalid)):
        two.finish(KeygenM3(one.run.steps.p1, one.run.steps.o, one.proof()))


class ForgingServer:
    """A malicious server against a native phone: M2 honest, M4 as a test wants it."""

    def __init__(self, purpose: Purpose) -> None:
        self.purpose = purpose
        self.mul = purpose is Purpose.DECRYPT
        self.server = ReferenceServer()
        self.phone = NativePhone(self.server.target)
        header = native_header(fields(Op.KEYGEN, purpose))
        self.run = _core.PhoneKeygen.begin(self.phone.target, self.phone.device, header, self.phone.seq())
        self.first = self.server.core.open(self.run.envelope)
        self.steps, self.m2 = self.server.core.keygen_begin(self.first)

    def send_m2(self, m2: KeygenM2 | None = None) -> None:
        answer = self.first.answer(Frame(status=Status.OK), (m2 or self.m2).encode())
        self.run.receive(answer, native_header(fields(Op.KEYGEN, self.purpose)), self.phone.seq())

    def finish(self, pk: Point | None = None, signed: Point | None = None, secret: int | None = None) -> Any:
        """M4 with the key `pk` under a statement over `signed` made with `secret`; by default honest."""
        self.send_m2()
        request = self.server.core.open(self.run.envelope)
        assert isinstance(request.body, KeygenM3)
        honest = self.steps.finish(request.body)
        header = request.header
        named = keygen.statement(header.key_id, header.device_id, header.purpose, signed or honest, mul=self.mul)
        signature = device.sign(secret or self.server.core.identity_secret, named)
        m4 = KeygenM4(pk or honest, b"S" * 16, signature, bytes(16), 0)
        return self.run.finish(request.answer(Frame(status=Status.OK), m4.encode()), PIN, kdf_params())


@pytest.mark.parametrize("purpose", PURPOSES)
def test_row_16_a_statement_over_another_key_or_by_another_server(purpose: Purpose) -> None:
    assert ForgingServer(purpose).finish()[1] is not None
    other = base(scalar())
    with pytest.raises((BadSignature, BadAnswer)):
        ForgingServer(purpose).finish(signed=other)
    with pytest.raises((BadSignature, BadAnswer)):
        ForgingServer(purpose).finish(secret=scalar())


@pytest.mark.parametrize("purpose", PURPOSES)
def test_kg_6_another_joint_key_is_refused(purpose: Purpose) -> None:
    other = base(scalar())
    with pytest.raises(BadAnswer):
        ForgingServer(purpose).finish(pk=other, signed=other)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_kg_3_a_point_without_its_proof_is_refused(purpose: Purpose) -> None:
    forging = ForgingServer(purpose)
    with pytest.raises(BadProof):
        forging.send_m2(forging.m2._replace(p2=base(scalar())))
    forging = ForgingServer(purpose)
    with pytest.raises(BadProof):
        forging.send_m2(forging.m2._replace(nonce_s=bytes(32)))
