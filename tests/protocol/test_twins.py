"""Every operation in all four pairings of reference and native core, byte by byte through envelopes and answers."""

import pytest

from protocol.codes import Outcome, Purpose, Status
from protocol.reference import keygen, sm2
from protocol.reference.curve import SM2
from protocol.reference.records import ShareRecord
from protocol.reference.transcript import SUITE_SM2
from tests.protocol.sides import PhoneSide, ServerSide
from tests.protocol.world import ENTROPY, NEW_PIN, WRONG_PIN, encrypted, signature_pair

Pair = tuple[PhoneSide, ServerSide]


@pytest.mark.parametrize("purpose", Purpose)
def test_keygen_gives_both_sides_one_key(pair: Pair, purpose: Purpose) -> None:
    phone, server = pair
    key, record = phone.keygen(server, purpose)
    pk = SM2.decode(phone.names(key)["pk"])
    assert keygen.share_point(record.share, pk, mul=purpose is Purpose.DECRYPT) == record.point


@pytest.mark.parametrize("count", [1, 3, 64])
def test_sign(pair: Pair, count: int) -> None:
    phone, server = pair
    key, record = phone.keygen(server, Purpose.SIGN)
    pk = SM2.decode(phone.names(key)["pk"])
    digests = [sm2.digest(pk, b"document %d" % n) for n in range(count)]
    run = phone.sign(key, digests)
    served = server.serve(run.envelope, record, phone.device_public)
    assert served.outcome is Outcome.RIGHT
    frame, signatures = run.finish(served.answer)
    assert frame.status == Status.OK
    assert len(signatures) == count
    for e, signature in zip(digests, signatures, strict=True):
        sm2.verify(pk, int.from_bytes(e, "big"), *signature_pair(signature))


@pytest.mark.parametrize("blind", [True, False], ids=["blinded", "plain"])
@pytest.mark.parametrize("count", [1, 3, 64])
def test_decrypt(pair: Pair, count: int, blind: bool) -> None:
    phone, server = pair
    key, record = phone.keygen(server, Purpose.DECRYPT)
    texts = [b"text %d " % n * (n + 1) for n in range(count)]
    run = phone.decrypt(key, [encrypted(phone.names(key)["pk"], text) for text in texts], blind=blind)
    served = server.serve(run.envelope, record, phone.device_public)
    frame, plaintexts = run.finish(served.answer)
    assert frame.status == Status.OK
    assert plaintexts == texts


@pytest.mark.parametrize("purpose", Purpose)
def test_refresh_then_confirm(pair: Pair, purpose: Purpose) -> None:
    """P5: P stays, both shares change, mixed pairs of old and new share fail."""
    phone, server = pair
    old, old_record = phone.keygen(server, purpose)
    run = phone.refresh(old)
    served = server.serve(run.envelope, old_record, phone.device_public)
    assert served.pending is not None
    status, new = phone.refreshed(run, served.answer, NEW_PIN)
    assert status == Status.OK
    assert phone.names(new)["share_id"] == served.new_share_id
    assert phone.names(new)["pk"] == phone.names(old)["pk"]
    assert served.pending.share != old_record.share
    confirm = phone.confirm(new, NEW_PIN)
    assert server.serve(confirm.envelope, old_record, phone.device_public).outcome is Outcome.WRONG
    confirm = phone.confirm(new, NEW_PIN)
    confirmed = server.serve(confirm.envelope, served.pending, phone.device_public)
    assert confirmed.outcome is Outcome.RIGHT
    assert confirm.finish(confirmed.answer).status == Status.OK
    stale = phone.refresh(old)
    assert server.serve(stale.envelope, served.pending, phone.device_public).outcome is Outcome.WRONG


def test_adopt(pair: Pair) -> None:
    phone, server = pair
    key, record = phone.keygen(server, Purpose.SIGN)
    run = phone.adopt(key)
    served = server.serve(run.envelope, record, phone.device_public)
    assert served.outcome is Outcome.RIGHT
    assert run.finish(served.answer).status == Status.OK


@pytest.mark.parametrize("case", ["A", "B"])
def test_sync(pair: Pair, case: str) -> None:
    phone, server = pair
    run = phone.sync()
    last_req = b"L" * 16 if case == "B" else bytes(16)
    answer = server.sync(run.envelope, phone.device_public, bytes([" AB".index(case)]) + last_req)
    frame, got, got_req = run.finish(answer)
    assert (frame.status, got, got_req) == (Status.OK, case, last_req)


def test_a_wrong_pin_is_wrong_at_every_operation(pair: Pair) -> None:
    """P3: every PIN gives a share, and the proof of a wrong one fails."""
    phone, server = pair
    key, record = phone.keygen(server, Purpose.SIGN)
    e = sm2.digest(SM2.decode(phone.names(key)["pk"]), b"document")
    mul_key, mul_record = phone.keygen(server, Purpose.DECRYPT)
    runs = [
        (phone.sign(key, [e], WRONG_PIN), record),
        (phone.refresh(key, WRONG_PIN), record),
        (phone.confirm(key, WRONG_PIN), record),
        (phone.adopt(key, WRONG_PIN), record),
        (phone.decrypt(mul_key, [encrypted(phone.names(mul_key)["pk"], b"text")], WRONG_PIN), mul_record),
    ]
    for run, used in runs:
        served = server.serve(run.envelope, used, phone.device_public)
        assert served.outcome is Outcome.WRONG
        assert served.audit_hash == bytes(32)
    frame, signatures = runs[0][0].finish(server.serve(runs[0][0].envelope, record, phone.device_public).answer)
    assert (frame.status, frame.attempts_left, signatures) == (Status.PIN_WRONG, 8, [])


def test_right_and_wrong_answers_have_one_size(pair: Pair) -> None:
    phone, server = pair
    key, record = phone.keygen(server, Purpose.SIGN)
    e = sm2.digest(SM2.decode(phone.names(key)["pk"]), b"document")
    other = ShareRecord(ENTROPY.scalar(SUITE_SM2), record.point)
    sizes = set()
    for pin in ("802417", WRONG_PIN):
        for used in (record, other):
            run = phone.sign(key, [e, e], pin)
            sizes.add(len(server.serve(run.envelope, used, phone.device_public).answer))
    assert len(sizes) == 1
