"""Rows 17 to 22, 25 to 27, 60, 69 and 70 of CATALOGUE.md: a malicious server against a native phone."""

from collections.abc import Callable

import pytest

from protocol.codes import Op, Outcome, Status
from protocol.errors import (
    AlreadyUsed,
    BadAnswer,
    DecryptionFailed,
    MalformedMessage,
    MalformedPoint,
    ProtocolError,
)
from protocol.reference import sign, sm2
from protocol.reference.curve import P256, SM2, Point, not_identity, scalar_bytes
from protocol.reference.encoding import u16
from protocol.reference.envelope import Frame
from protocol.reference.header import Header
from protocol.reference.messages import DecryptAnswer, DecryptRequest, SignAnswer, SignItem, SignRequest
from protocol.reference.transcript import SUITE_SM2
from tests.protocol.malice import (
    BAD_SCALARS,
    MaliciousServer,
    bad_points,
    header_for,
    sign_item,
    sign_items,
)
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer
from tests.protocol.world import ENTROPY, NEW_PIN, PIN, KnownKey, encrypted

DIGESTS = [bytes(31) + bytes([n]) for n in (1, 2, 3)]
Forge = Callable[[bytes, SignRequest, list[SignItem]], list[SignItem] | bytes]


def scalar() -> int:
    return ENTROPY.scalar(SUITE_SM2)


def base(k: int) -> Point:
    return not_identity(SM2.mul_base(k))


def answered(key: KnownKey, forge: Forge, digests: list[bytes] = DIGESTS) -> list[bytes]:
    """Signatures a native phone releases when the server changes its honest items with `forge`."""
    server = MaliciousServer()
    phone = NativePhone(server.target)
    run = phone.sign(phone.restore(key), digests)

    def forged(ctx: bytes, request: SignRequest) -> SignAnswer | bytes:
        items = forge(ctx, request, sign_items(ctx, request, key.server.share))
        return items if isinstance(items, bytes) else SignAnswer(tuple(items))

    frame, signatures = run.finish(server.sign(run.envelope, forged))
    assert frame.status == Status.OK
    assert isinstance(signatures, list)
    return signatures


def test_honest_items_are_accepted(signing_key: KnownKey) -> None:
    assert len(answered(signing_key, lambda _ctx, _request, items: items)) == 3


def changed(items: list[SignItem], index: int, item: SignItem) -> list[SignItem]:
    return [*items[:index], item, *items[index + 1 :]]


FORGERIES: dict[str, Forge] = {
    "row 21: W2 of another item": lambda c, q, i: changed(i, 0, i[0]._replace(w2=i[1].w2)),
    "row 21: swapped items": lambda c, q, i: [i[1], i[0], i[2]],
    "row 21: one item missing": lambda c, q, i: i[:2],
    "row 21: one item more": lambda c, q, i: [*i, i[0]],
    "row 21: r of another item": lambda c, q, i: changed(i, 0, i[0]._replace(r=i[1].r)),
    "s1 + 1": lambda c, q, i: changed(i, 2, i[2]._replace(s1=(i[2].s1 + 1) % SM2.n)),
    "-W2": lambda c, q, i: changed(i, 2, i[2]._replace(w2=not_identity(SM2.neg(i[2].w2)))),
    "-s1": lambda c, q, i: changed(i, 1, i[1]._replace(s1=SM2.n - i[1].s1)),
    "N = 0": lambda c, q, i: u16(0),
    "empty body": lambda c, q, i: b"",
    "one byte more": lambda c, q, i: SignAnswer(tuple(i)).encode() + b"\0",
}
"""Changes to an honest answer. After each of them the phone must release nothing."""


@pytest.mark.parametrize("name", FORGERIES)
def test_row_21_changed_answers_release_nothing(signing_key: KnownKey, name: str) -> None:
    with pytest.raises(BadAnswer):
        answered(signing_key, FORGERIES[name])


def test_row_19_an_item_for_another_digest(signing_key: KnownKey) -> None:
    evil = sm2.digest(signing_key.phone.pk, b"pay 1000000")
    v2 = signing_key.server.share
    with pytest.raises(BadAnswer):
        answered(signing_key, lambda c, q, i: changed(i, 0, sign_item(c, q, 0, v2, e=evil)))


def test_row_20_a_decoy_w2_with_consistent_r_and_s1(signing_key: KnownKey) -> None:
    """Only SIGN-17(b) sees it: the signature itself verifies."""
    v2, decoy = signing_key.server.share, base(scalar())
    with pytest.raises(BadAnswer):
        answered(signing_key, lambda c, q, i: changed(i, 1, sign_item(c, q, 1, v2, shown=decoy)))


def test_row_22_one_bad_item_among_256(signing_key: KnownKey) -> None:
    digests = [scalar_bytes(n) for n in range(1, 257)]
    with pytest.raises(BadAnswer):
        answered(signing_key, lambda c, q, i: changed(i, 200, i[200]._replace(r=i[199].r)), digests)


@pytest.mark.parametrize("name", bad_points())
def test_rows_1_to_5_bad_points_in_answers(signing_key: KnownKey, name: str) -> None:
    with pytest.raises((BadAnswer, MalformedPoint)):
        answered(signing_key, lambda c, q, i: u16(3) + bad_points()[name] + SignAnswer(tuple(i)).encode()[35:])


@pytest.mark.parametrize("place", ["r", "s1"])
@pytest.mark.parametrize("name", BAD_SCALARS)
def test_row_8_bad_scalars_in_answers(signing_key: KnownKey, name: str, place: str) -> None:
    offset = 2 + 33 + (0 if place == "r" else 32)

    def forge(_ctx: bytes, _request: SignRequest, items: list[SignItem]) -> bytes:
        body = SignAnswer(tuple(items)).encode()
        return body[:offset] + BAD_SCALARS[name] + body[offset + 32 :]

    with pytest.raises(ProtocolError):
        answered(signing_key, forge)


class Forced:
    """SIGN with the binding factor fixed to 1, so that a test can steer r and s1 (rows 17 and 18)."""

    def __init__(self, key: KnownKey, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sign, "binding", lambda *_: 1)
        self.key, self.wa, self.wb = key, scalar(), scalar()
        self.header: Header = header_for(key, Op.SIGN)

    def q_x(self, w2: int) -> int:
        return not_identity(SM2.mul_base(w2 + self.key.server.share * (self.wa + self.wb))).x

    def run(self, e: int) -> tuple[sign.PhoneSign, SignRequest]:
        nonces = {"a": self.wa, "b": self.wb, "pok": 7}
        digests = [scalar_bytes(e % SM2.n)]
        phone = sign.PhoneSign(
            self.header.encode(), digests, self.key.phone.pk, self.key.phone.share, lambda tag, _: nonces[tag]
        )
        return phone, phone.request()


@pytest.mark.parametrize("zero", ["r", "s1"])
def test_row_17_the_server_draws_again(signing_key: KnownKey, monkeypatch: pytest.MonkeyPatch, zero: str) -> None:
    forced, w2, second = Forced(signing_key, monkeypatch), scalar(), scalar()
    e = -forced.q_x(w2) if zero == "r" else -w2 - forced.q_x(w2)
    phone, request = forced.run(e)
    drawn: list[int] = []

    def source(_tag: str, _index: int, retry: int) -> int:
        drawn.append(retry)
        return second if retry else w2

    answer = sign.answer(phone.ctx, request, signing_key.server.share, source)
    assert drawn == [0, 1]
    assert answer.items[0].w2 == base(second)
    assert phone.finish(answer)


@pytest.mark.parametrize("zero", ["s", "r + s"])
def test_row_18_the_phone_refuses_zero(signing_key: KnownKey, monkeypatch: pytest.MonkeyPatch, zero: str) -> None:
    forced = Forced(signing_key, monkeypatch)
    phone, _ = forced.run(5)
    w1, r = (forced.wa + forced.wb) % SM2.n, scalar()
    s1 = r * signing_key.phone.share - w1 if zero == "s" else -w1
    with pytest.raises(BadAnswer):
        phone.finish(SignAnswer((SignItem(base(scalar()), r, s1 % SM2.n),)))


def test_row_4_the_phone_refuses_q_at_infinity(signing_key: KnownKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """s·G + (r+s)·P = O needs the private key; an oracle gives it to the server."""
    forced, key = Forced(signing_key, monkeypatch), signing_key
    phone, _ = forced.run(5)
    d, r = (key.phone.share * key.server.share - 1) % SM2.n, scalar()
    s = -r * d * SM2.inv(1 + d) % SM2.n
    s1 = (r + s) * key.phone.share - forced.wa - forced.wb
    with pytest.raises(BadAnswer):
        phone.finish(SignAnswer((SignItem(base(scalar()), r, s1 % SM2.n),)))


def test_row_25_an_answer_of_an_earlier_session(signing_key: KnownKey) -> None:
    server = MaliciousServer()
    phone = NativePhone(server.target)
    blob = phone.restore(signing_key)
    first, second = phone.sign(blob, DIGESTS[:1]), phone.sign(blob, DIGESTS[:1])
    old = server.serve(first.envelope, signing_key.server, phone.device_public).answer
    with pytest.raises(BadAnswer):
        second.finish(old)


def test_row_25_the_body_of_an_earlier_session(signing_key: KnownKey) -> None:
    """The server itself repeats an old body under the new layer."""
    server = MaliciousServer()
    phone = NativePhone(server.target)
    blob = phone.restore(signing_key)
    bodies: list[bytes] = []

    def keep(ctx: bytes, request: SignRequest) -> bytes:
        bodies.append(SignAnswer(tuple(sign_items(ctx, request, signing_key.server.share))).encode())
        return bodies[0]

    first, second = phone.sign(blob, DIGESTS[:1]), phone.sign(blob, DIGESTS[:1])
    assert first.finish(server.sign(first.envelope, keep))[1]
    with pytest.raises(BadAnswer):
        second.finish(server.sign(second.envelope, keep))


def test_row_26_two_answers_for_one_request(signing_key: KnownKey) -> None:
    server = NativeServer()
    phone = NativePhone(server.target)
    run = phone.sign(phone.restore(signing_key), DIGESTS[:1])
    answers = [server.serve(run.envelope, signing_key.server, phone.device_public).answer for _ in range(2)]
    assert run.finish(answers[0])[1]
    for answer in answers:
        with pytest.raises(AlreadyUsed):
            run.finish(answer)


def test_row_27_a_retry_has_new_nonces(signing_key: KnownKey) -> None:
    server = MaliciousServer()
    phone = NativePhone(server.target)
    blob, seen = phone.restore(signing_key), []
    for _ in range(8):
        request = server.core.open(phone.sign(blob, DIGESTS).envelope)
        assert isinstance(request.body, SignRequest)
        seen += [SM2.encode(point) for point in (*request.body.qa, *request.body.qb)]
    assert len(set(seen)) == 8 * 6


def test_row_60_the_old_pin_after_a_refresh(signing_key: KnownKey) -> None:
    server = NativeServer()
    phone = NativePhone(server.target)
    run = phone.refresh(phone.restore(signing_key))
    served = server.serve(run.envelope, signing_key.server, phone.device_public)
    assert served.pending is not None
    _, new = phone.refreshed(run, served.answer, NEW_PIN)
    for pin, expected in ((PIN, Outcome.WRONG), (NEW_PIN, Outcome.RIGHT)):
        confirm = phone.confirm(new, pin)
        assert server.serve(confirm.envelope, served.pending, phone.device_public).outcome is expected


def decrypted(key: KnownKey, ciphertext: bytes, forge: Callable[[DecryptRequest], bytes], *, blind: bool) -> object:
    server = MaliciousServer()
    phone = NativePhone(server.target)
    run = phone.decrypt(phone.restore(key), [ciphertext], blind=blind)
    request = server.core.open(run.envelope)
    assert isinstance(request.body, DecryptRequest)
    return run.finish(request.answer(Frame(status=Status.OK), forge(request.body)))


@pytest.mark.parametrize("blind", [True, False], ids=["blinded", "plain"])
def test_row_69_wrong_t2_gives_one_uniform_error(decryption_key: KnownKey, blind: bool) -> None:
    key, ciphertext = decryption_key, encrypted(decryption_key.pk, b"text")
    b = key.server.share

    def honest(request: DecryptRequest) -> Point:
        return not_identity(SM2.mul(b, request.t1[0]))

    forgeries: list[Callable[[DecryptRequest], bytes]] = [
        lambda request: DecryptAnswer((request.t1[0],)).encode(),
        lambda request: DecryptAnswer((base(scalar()),)).encode(),
        lambda request: DecryptAnswer((not_identity(SM2.neg(honest(request))),)).encode(),
        lambda request: u16(1) + P256.encode(P256.g),
        lambda request: u16(1) + bytes(33),
        lambda request: u16(2) + 2 * SM2.encode(honest(request)),
        lambda request: b"",
    ]
    texts = set()
    for forge in forgeries:
        with pytest.raises(DecryptionFailed) as caught:
            decrypted(key, ciphertext, forge, blind=blind)
        texts.add(str(caught.value))
    assert len(texts) == 1


def test_row_70_damaged_ciphertexts(decryption_key: KnownKey) -> None:
    key, good = decryption_key, encrypted(decryption_key.pk, b"text")
    server = NativeServer()
    phone = NativePhone(server.target)
    blob = phone.restore(key)
    for ciphertext in (good[:97], good[:96], b""):
        with pytest.raises((MalformedMessage, MalformedPoint)):
            phone.decrypt(blob, [ciphertext])
    with pytest.raises(MalformedPoint):
        phone.decrypt(blob, [good[:64] + bytes([good[64] ^ 1]) + good[65:]])
    flipped_c3 = good[:65] + bytes([good[65] ^ 1]) + good[66:]
    flipped_c2 = good[:-1] + bytes([good[-1] ^ 1])
    old_order = good[:65] + good[97:] + good[65:97]
    for ciphertext in (flipped_c3, flipped_c2, old_order):
        run = phone.decrypt(blob, [ciphertext, good])
        served = server.serve(run.envelope, key.server, phone.device_public)
        with pytest.raises(DecryptionFailed):
            run.finish(served.answer)
