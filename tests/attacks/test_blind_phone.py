"""Attack: a phone that releases what it has not verified signs anything; a repeated nonce gives a share away.

Rules 1 and 5.
"""

import pytest

from protocol.codes import Op, Outcome
from protocol.errors import AlreadyUsed, BadAnswer
from protocol.reference import sign, sm2
from protocol.reference.curve import SM2, Point
from protocol.reference.messages import SignAnswer, SignItem, SignRequest
from protocol.reference.phone import Sign
from protocol.reference.transcript import SUITE_SM2
from tests.protocol.malice import MaliciousServer, header_for, sign_item
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer, new_reference_phone
from tests.protocol.world import ENTROPY, KnownKey

N = SM2.n
BENIGN = bytes(31) + b"\5"


class BlindPhone(sign.PhoneSign):
    """Releases whatever comes out."""

    def check_signature(self, index: int, item: SignItem, q: Point | None) -> None:
        """No check."""

    def check_nonce_point(self, item: SignItem, w1: int, q: Point | None) -> None:
        """No check."""


def scalar() -> int:
    return ENTROPY.scalar(SUITE_SM2)


def steps(key: KnownKey, kind: type[sign.PhoneSign] = sign.PhoneSign) -> sign.PhoneSign:
    return kind(ENTROPY.fresh(32), [BENIGN], key.phone.pk, key.phone.share, lambda _tag, _i: scalar())


def test_the_attack_signs_any_digest_with_a_blind_phone(signing_key: KnownKey) -> None:
    evil = sm2.digest(signing_key.phone.pk, b"pay 1000000")
    phone = steps(signing_key, BlindPhone)
    item = sign_item(phone.ctx, phone.request(), 0, signing_key.server.share, e=evil)
    ((r, s),) = phone.finish(SignAnswer((item,)))
    sm2.verify(signing_key.phone.pk, int.from_bytes(evil, "big"), r, s)


def test_the_native_phone_releases_nothing(signing_key: KnownKey) -> None:
    evil = sm2.digest(signing_key.phone.pk, b"pay 1000000")
    server = MaliciousServer()
    phone = NativePhone(server.target)
    run = phone.sign(phone.restore(signing_key), [BENIGN])

    def forge(ctx: bytes, request: SignRequest) -> SignAnswer:
        return SignAnswer((sign_item(ctx, request, 0, signing_key.server.share, e=evil),))

    with pytest.raises(BadAnswer):
        run.finish(server.sign(run.envelope, forge))


def test_the_attack_on_a_repeated_phone_nonce_gives_d1(signing_key: KnownKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two answers accepted for one w1 leak the phone's share; rho is fixed, as in a scheme with one nonce."""
    monkeypatch.setattr(sign, "binding", lambda *_: 1)
    phone = steps(signing_key, BlindPhone)
    items = [sign_item(phone.ctx, phone.request(), 0, signing_key.server.share) for _ in range(2)]
    sums = [r + s for item in items for r, s in phone.finish(SignAnswer((item,)))]
    d1 = (sums[0] - sums[1]) * SM2.inv(items[0].s1 - items[1].s1) % N
    assert d1 == SM2.inv(signing_key.phone.share)


def test_the_native_phone_accepts_one_answer_per_request(signing_key: KnownKey) -> None:
    server = NativeServer()
    phone = NativePhone(server.target)
    run = phone.sign(phone.restore(signing_key), [BENIGN])
    answers = [server.serve(run.envelope, signing_key.server, phone.device_public).answer for _ in range(2)]
    run.finish(answers[0])
    with pytest.raises(AlreadyUsed):
        run.finish(answers[1])


def test_the_attack_on_a_repeated_server_nonce_gives_d2(signing_key: KnownKey) -> None:
    phone, w2 = steps(signing_key), scalar()
    items = []
    for e in (BENIGN, bytes(31) + b"\6"):
        request = phone.request()._replace(digests=(e,))
        items.append(sign.answer(phone.ctx, request, signing_key.server.share, lambda *_: w2).items[0])
    d2 = (items[0].s1 - items[1].s1) * SM2.inv(items[0].r - items[1].r) % N
    assert d2 == SM2.inv(signing_key.server.share)


def test_the_native_server_never_repeats_w2_for_one_envelope(signing_key: KnownKey) -> None:
    """Even the same envelope, opened again, meets new nonces."""
    server = NativeServer()
    phone = new_reference_phone(server.target)
    run = Sign(phone, header_for(signing_key, Op.SIGN), signing_key.phone, [BENIGN] * 4)
    points = []
    for _ in range(4):
        served = server.serve(run.envelope, signing_key.server, phone.device_public)
        assert served.outcome is Outcome.RIGHT
        points += [SM2.encode(item.w2) for item in SignAnswer.decode(run.open(served.answer)[1]).items]
    assert len(set(points)) == 16
