"""Property tests P1, P3 to P5, P7, P8, P10 and P13 of CATALOGUE.md, with the edges of the scalar range.

P2 is `test_interop.py`, P6 is `test_tamper.py`; P9, P11 and P15 belong to the key-share layer.
"""

from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from protocol import _core
from protocol.codes import Op
from protocol.errors import BadProof
from protocol.reference import decrypt, hedge, keygen, messages, pin, proof, refresh, sign, sm2
from protocol.reference.curve import SM2, Point, not_identity, scalar_bytes
from protocol.reference.header import Header
from protocol.reference.hedge import Entropy
from protocol.reference.messages import SignRequest
from protocol.reference.phone import Phone, Sign
from protocol.reference.records import Blob
from protocol.reference.transcript import SUITE_P256, SUITE_SM2
from tests.protocol.malice import header_for
from tests.protocol.sides import NativeServer, new_reference_phone
from tests.protocol.world import COST, KEY_ID, Custody, KnownKey, known_key, reference_header
from tests.protocol.world import fields as header_fields

N = SM2.n
EDGES = [1, 2, N - 2, N - 1, (N - 1) // 2, 1 << 255, (1 << 128) - 1]
scalars = st.one_of(st.sampled_from(EDGES), st.integers(1, N - 1))
digests = st.one_of(st.sampled_from([1, N - 1, N + 1, 2**256 - 1]), st.integers(1, 2**256 - 1))
digests = digests.filter(lambda e: e % N != 0)
few = settings(max_examples=40)
native_runs = settings(max_examples=15)


def base(k: int) -> Point:
    return not_identity(SM2.mul_base(k))


@few
@given(u1=scalars, v2=scalars, wa=scalars, wb=scalars, w2=scalars, a=scalars, e=digests)
def test_p1_the_joint_signature_is_the_single_key_signature(
    u1: int, v2: int, wa: int, wb: int, w2: int, a: int, e: int
) -> None:
    """With d = u1·v2 - 1 and k = w2 + v2·w1; whatever both sides drew."""
    assume(u1 * v2 % N not in (0, 1))
    pk, d = base(u1 * v2 - 1), u1 * v2 - 1
    nonces = {"a": wa, "b": wb, "pok": a}
    phone = sign.PhoneSign(b"header", [scalar_bytes(e)], pk, u1, lambda tag, _: nonces[tag])
    request = phone.request()
    assume(request.proof.z != 0)
    sign.check_request(phone.ctx, request, base(u1))
    drawn: list[int] = []

    def server_nonce(_tag: str, _index: int, retry: int) -> int:
        drawn.append((w2 + retry - 1) % (N - 1) + 1)
        return drawn[-1]

    answer = sign.answer(phone.ctx, request, v2, server_nonce)
    (item,) = answer.items
    rho = sign.binding(phone.ctx, 1, request.qa[0], request.qb[0], item.w2)
    w1 = (wa + rho * wb) % N
    k = (drawn[-1] + v2 * w1) % N
    assert phone.finish(answer) == [sm2.sign(d % N, e, k)]


@native_runs
@given(u1=scalars, v2=scalars, values=st.lists(digests, min_size=1, max_size=5))
def test_p1_p13_each_item_of_a_native_batch_is_the_single_formula(u1: int, v2: int, values: list[int]) -> None:
    """P13: item i of a batch depends on ctx and its own values only; the native server as well as the reference."""
    assume(u1 * v2 % N not in (0, 1))
    key = known_key(u1=u1, v2=v2)
    server = NativeServer()
    phone = new_reference_phone(server.target)
    run = Sign(phone, header_for(key, Op.SIGN), key.phone, [scalar_bytes(e) for e in values])
    served = server.serve(run.envelope, key.server, phone.device_public)
    _, body = run.open(served.answer)
    answer = messages.SignAnswer.decode(body)
    request = run.steps.request()
    for index, (item, e) in enumerate(zip(answer.items, values, strict=True)):
        w2 = (item.s1 * v2 - item.r) % N
        assert base(w2) == item.w2
        rho = sign.binding(run.steps.ctx, index + 1, request.qa[index], request.qb[index], item.w2)
        k = w2 + v2 * (run.steps.wa[index] + rho * run.steps.wb[index])
        assert sm2.sign((u1 * v2 - 1) % N, e, k % N)[0] == item.r
    for e, pair in zip(values, run.steps.finish(answer), strict=True):
        sm2.verify(key.phone.pk, e, *pair)
    assert served.audit_hash == sign.audit_hash(run.steps.ctx, answer.items)


@few
@given(values=st.lists(st.tuples(scalars, scalars, scalars, digests), min_size=2, max_size=4), u1=scalars, v2=scalars)
def test_p13_a_batch_equals_its_singles_with_the_same_ctx(
    values: list[tuple[int, int, int, int]], u1: int, v2: int
) -> None:
    assume(u1 * v2 % N not in (0, 1))
    wa, wb, w2, es = zip(*values, strict=True)
    ctx = b"c" * 32
    request = SignRequest(tuple(map(scalar_bytes, es)), tuple(map(base, wa)), tuple(map(base, wb)), proof.Proof(1, 1))
    batch = sign.answer(ctx, request, v2, lambda _t, i, _r: w2[i - 1])
    for i, item in enumerate(batch.items):
        rho = sign.binding(ctx, i + 1, request.qa[i], request.qb[i], item.w2)
        r = (es[i] + base(w2[i] + v2 * (wa[i] + rho * wb[i])).x) % N
        assert (item.r, item.s1) == (r, SM2.inv(v2) * (r + w2[i]) % N)


@few
@given(share=scalars, right=st.binary(min_size=32, max_size=32), wrong=st.binary(min_size=32, max_size=32), a=scalars)
def test_p3_a_wrong_pin_gives_a_scalar_and_a_failing_proof(share: int, right: bytes, wrong: bytes, a: int) -> None:
    assume(right != wrong)
    h, h_wrong = (pin.blinding(key, KEY_ID, bytes(16)) for key in (right, wrong))
    opened = pin.unblind(pin.blind(share, h), h_wrong)
    assert 1 <= opened < N
    assert opened != share
    shown = refresh.prove_share("RF/pok", b"ctx", opened, a)
    with pytest.raises(BadProof):
        refresh.check_share("RF/pok", b"ctx", base(share), shown)


@native_runs
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64))
def test_p3_every_text_opens_a_native_blob(text: str) -> None:
    """No text is refused locally: the phone cannot tell a right PIN from a wrong one."""
    _core.Blob.restore(Custody().to_native(known_key().blob())).unlock(text)


@few
@given(first=scalars, k_pin=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32))
def test_p4_every_pin_explains_every_blob(first: int, k_pin: bytes, other: bytes) -> None:
    """For one blob and any PIN there is a share that would have given exactly these bytes."""
    blob = pin.blind(first, pin.blinding(k_pin, KEY_ID, bytes(16)))
    h = pin.blinding(other, KEY_ID, bytes(16))
    assert pin.blind(pin.unblind(blob, h), h) == blob


def test_p4_the_size_of_a_blob_does_not_depend_on_the_pin() -> None:
    key = known_key()
    sizes = {len(key.blob(text)) for text in ("802417", "a much longer pass phrase", "四季如春花开")}
    assert len(sizes) == 1
    assert Blob.decode(key.blob()).cost == COST


@few
@given(u1=scalars, v2=scalars, rho=scalars, mul=st.booleans())
def test_p5_refresh_keeps_the_key_and_breaks_mixed_pairs(u1: int, v2: int, rho: int, mul: bool) -> None:
    assume(rho != 1)
    assume(mul or u1 * v2 % N != 1)
    new_u1, new_v2 = refresh.new_phone_share(u1, rho, mul=mul), refresh.new_server_share(v2, rho, mul=mul)
    pk = keygen.joint_key(v2, base(u1), mul=mul)
    assert keygen.joint_key(new_v2, base(new_u1), mul=mul) == pk
    assert keygen.joint_key(new_v2, base(u1), mul=mul) != pk
    assert keygen.joint_key(v2, base(new_u1), mul=mul) != pk


def changed(value: Any) -> Any:
    """Another value of the same type and size."""
    match value:
        case bool() | int():
            return int(value) + 1
        case str():
            return value + "x"
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case tuple():
            return (*value, bytes(16))
        case _:
            raise AssertionError(type(value))


@pytest.mark.parametrize("name", [field.name for field in dataclass_fields(Header)])
def test_p7_every_header_field_changes_identity_and_context(name: str, signing_key: KnownKey) -> None:
    header = header_for(signing_key, Op.SIGN)
    if name == "suite":
        other = replace(header, suite=SUITE_P256)
    else:
        other = replace(header, **{name: changed(getattr(header, name))})
    assert header.req_id != other.req_id
    pk = signing_key.phone.pk
    one, two = header.encode(), other.encode()
    assert sign.context(one, [bytes(32)], pk) != sign.context(two, [bytes(32)], pk)
    assert decrypt.context(one, [SM2.g], pk) != decrypt.context(two, [SM2.g], pk)
    assert refresh.refresh_context(one, SM2.g, pk) != refresh.refresh_context(two, SM2.g, pk)
    assert refresh.confirm_context(one, pk) != refresh.confirm_context(two, pk)
    assert refresh.adopt_context(one, pk) != refresh.adopt_context(two, pk)
    assert refresh.sync_context(one) != refresh.sync_context(two)


def test_p7_every_other_hash_input_changes_the_output() -> None:
    """One argument changed at a time, for every hash of sections 1, 3, 4, 5 and 7 that is not a header hash."""
    g2, g3 = base(2), base(3)
    calls: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]] = [
        (sign.context, (b"h", [b"a" * 32], SM2.g), (b"i", [b"b" * 32], g2)),
        (sign.binding, (b"c", 1, SM2.g, g2, g3), (b"d", 2, g3, g3, g2)),
        (decrypt.context, (b"h", [SM2.g], g2), (b"i", [g2], g3)),
        (refresh.refresh_context, (b"h", SM2.g, g2), (b"i", g2, g3)),
        (refresh.confirm_context, (b"h", SM2.g), (b"i", g2)),
        (refresh.adopt_context, (b"h", SM2.g), (b"i", g2)),
        (
            keygen.commitment,
            (SUITE_SM2, "KG/", b"k" * 32, SM2.g, b"o"),
            (SUITE_P256, "KGM/", b"l" * 32, g2, b"p"),
        ),
        (
            partial(keygen.statement, mul=False),
            ("key-1", "device-1", 1, SM2.g),
            ("key-2", "device-2", 2, g2),
        ),
        (pin.blinding, (b"k", "key-1", b"s" * 16), (b"l", "key-2", b"t" * 16)),
        (pin.seed_mask, (b"k", "key-1", b"s" * 16), (b"l", "key-2", b"t" * 16)),
        (messages.body_hash, (SUITE_SM2, 2, b"body"), (SUITE_P256, 3, b"bodz")),
        (messages.enc_hash, (SUITE_SM2, b"enc"), (SUITE_P256, b"end")),
        (messages.device_message, (SUITE_SM2, b"c", b"b", b"e"), (SUITE_P256, b"d", b"c", b"f")),
        (hedge.phone_seed, (SUITE_SM2, b"f", b"s", b"c", 1), (SUITE_P256, b"g", b"t", b"d", 2)),
        (hedge.server_seed, (SUITE_SM2, b"f", b"s", b"c", b"b"), (SUITE_P256, b"g", b"t", b"d", b"c")),
    ]
    for function, first, second in calls:
        outputs = {function(*first)}
        for at in range(len(first)):
            outputs.add(function(*first[:at], second[at], *first[at + 1 :]))
        assert len(outputs) == len(first) + 1, function
    signed = [keygen.statement("key-1", "device-1", 1, SM2.g, mul=mul) for mul in (False, True)]
    assert signed[0] != signed[1]


class BrokenEntropy(Entropy):
    """A generator that always gives the same bytes."""

    def fresh(self, length: int) -> bytes:
        return bytes(length)


def test_p8_row_67_a_broken_generator_repeats_no_nonce(signing_key: KnownKey) -> None:
    """Different digests, header or local_seq under one state of the generator: all nonces differ."""
    server = NativeServer()
    whole = new_reference_phone(server.target)
    points = []
    header = reference_header(header_fields(Op.SIGN) | signing_key.names)
    for local_seq, digest, used in (
        (0, 5, header),
        (0, 6, header),
        (1, 5, header),
        (0, 5, replace(header, ctr=9)),
    ):
        phone = Phone(whole.to, whole.identity, whole.device_secret, BrokenEntropy(), local_seq)
        run = Sign(phone, used, signing_key.phone, [scalar_bytes(digest)] * 2)
        points += [*run.steps.qa, *run.steps.qb]
    assert len({SM2.encode(point) for point in points}) == len(points) == 16


def test_row_67_the_server_side_of_hedging(signing_key: KnownKey) -> None:
    """Same generator state, different ctx, body or share: other nonces; retries differ too."""
    seeds = {
        hedge.server_seed(SUITE_SM2, bytes(32), share, ctx, body)
        for share in (b"a" * 32, b"b" * 32)
        for ctx in (b"c" * 32, b"d" * 32)
        for body in (b"e" * 32, b"f" * 32)
    }
    assert len(seeds) == 8
    source = hedge.server_source(SUITE_SM2, b"seed")
    assert len({source(tag, i, retry) for tag in ("w2", "es") for i in (1, 2) for retry in (0, 1)}) == 8


@few
@given(u1=scalars, left=scalars, right=scalars, mul=st.booleans())
def test_p10_with_one_side_fixed_the_key_is_a_bijection_of_the_other(u1: int, left: int, right: int, mul: bool) -> None:
    """Uniform v2 gives uniform P: different shares give different keys."""
    assume(left != right)
    keys = {keygen.joint_key(v2, base(u1), mul=mul) for v2 in (left, right)}
    assert len(keys) == 2
