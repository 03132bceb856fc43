"""Attack: ROS forgery by a malicious server with 256 open sessions (rows 20 and 28).

Without SIGN-17(b) a decoy W2 fixes rho before the server chooses, and 256 sessions forge one extra signature. With it
every session stops.
"""

import secrets
from collections.abc import Callable
from typing import NamedTuple

import pytest

from protocol import _core
from protocol.codes import Op, Status
from protocol.errors import BadAnswer, BadSignature
from protocol.reference import sign, sm2
from protocol.reference.curve import SM2, Point, not_identity
from protocol.reference.envelope import Frame
from protocol.reference.messages import SignAnswer, SignItem, SignRequest, digest_number
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_SM2
from tests.protocol.phones import NativePhone
from tests.protocol.sides import ReferenceServer
from tests.protocol.world import ENTROPY, PIN, KnownKey, fields, native_header

N = SM2.n
SESSIONS = 256


class NoDecoyCheck(sign.PhoneSign):
    """Verifies the signature, but not that W2 is the point that was used."""

    def check_nonce_point(self, item: SignItem, w1: int, q: Point | None) -> None:
        """No check of SIGN-17(b)."""


class Session(NamedTuple):
    """What the server sees of one open phone session."""

    ctx: bytes
    request: SignRequest
    finish: Callable[[SignAnswer], list[tuple[int, int]]]


class Choice(NamedTuple):
    """Two answers the server may give under one decoy, and the weight of this session."""

    decoy: Point
    options: list[tuple[int, int]]
    weight: int
    q: Point


def prepare(session: Session, index: int, v2: int) -> Choice:
    decoy = not_identity(SM2.mul_base(secrets.randbelow(N - 1) + 1))
    rho = sign.binding(session.ctx, 1, session.request.qa[0], session.request.qb[0], decoy)
    q = not_identity(SM2.combine(0, [(1, session.request.qa[0]), (rho, session.request.qb[0])]))
    e, options = digest_number(session.request.digests[0]), []
    base = not_identity(SM2.mul(v2, q))
    for _ in range(2):
        w2 = ENTROPY.scalar(SUITE_SM2)
        r = (e + not_identity(SM2.add(SM2.mul_base(w2), base)).x) % N
        options.append((r, SM2.inv(v2) * (r + w2) % N))
    weight = pow(2, index, N) * SM2.inv(options[1][1] - options[0][1]) % N
    return Choice(decoy, options, weight, q)


def attack(key: KnownKey, sessions: list[Session]) -> tuple[int, bool]:
    """(sessions that refused, whether the forgery verifies)."""
    v2 = key.server.share
    choices = [prepare(session, index, v2) for index, session in enumerate(sessions)]
    joint = SM2.combine(0, [(choice.weight, choice.q) for choice in choices])
    evil = int.from_bytes(sm2.digest(key.phone.pk, b"transfer everything"), "big") % N
    beta = ENTROPY.scalar(SUITE_SM2)
    r_star = (evil + not_identity(SM2.combine(beta, [(v2, not_identity(joint))])).x) % N
    lowest = sum(choice.weight * choice.options[0][1] for choice in choices)
    need = (SM2.inv(v2) * (r_star + beta) - lowest) % N
    z, refused = 0, 0
    for index, (session, choice) in enumerate(zip(sessions, choices, strict=True)):
        r, s1 = choice.options[need >> index & 1]
        try:
            ((_, s),) = session.finish(SignAnswer((SignItem(choice.decoy, r, s1),)))
        except BadAnswer:
            refused += 1
        else:
            z += choice.weight * (r + s)
    try:
        sm2.verify(key.phone.pk, evil, r_star, (z - r_star) % N)
    except BadSignature:
        return refused, False
    return refused, True


def reference_session(key: KnownKey, index: int, kind: type[sign.PhoneSign]) -> Session:
    digest = sm2.digest(key.phone.pk, b"benign %d" % index)
    phone = kind(b"header %d" % index, [digest], key.phone.pk, key.phone.share, lambda *_: ENTROPY.scalar(SUITE_SM2))
    request = SignRequest((digest,), tuple(phone.qa), tuple(phone.qb), Proof(1, 1))
    return Session(phone.ctx, request, phone.finish)


def test_the_attack_forges_without_the_check_of_w2(signing_key: KnownKey) -> None:
    sessions = [reference_session(signing_key, index, NoDecoyCheck) for index in range(SESSIONS)]
    assert attack(signing_key, sessions) == (0, True)


def test_row_28_every_native_session_refuses(signing_key: KnownKey) -> None:
    server = ReferenceServer()
    phone = NativePhone(server.target)
    share = phone.restore(signing_key).unlock(PIN)

    def session(index: int) -> Session:
        digest = sm2.digest(signing_key.phone.pk, b"benign %d" % index)
        header = native_header(fields(Op.SIGN) | signing_key.names)
        run = _core.PhoneSign.begin(phone.target, phone.device, header, share, [digest], phone.seq())
        request = server.core.open(run.envelope)
        assert isinstance(request.body, SignRequest)

        def finish(answer: SignAnswer) -> list[tuple[int, int]]:
            run.finish(request.answer(Frame(status=Status.OK), answer.encode()))
            pytest.fail("released")

        return Session(request.ctx, request.body, finish)

    assert attack(signing_key, [session(index) for index in range(SESSIONS)]) == (SESSIONS, False)
