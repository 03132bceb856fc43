"""Rows 1-3, 5, 8, 9, 23, 88 and 89 of CATALOGUE.md: what a server refuses to decode, and that refusing is all it does.

A request whose envelope opens but whose inside is malformed is answered inside the layer (MALFORMED with a reason);
it is never evaluated.
"""

from collections.abc import Callable

import pytest

from protocol.codes import Malformed, Op, Purpose, Status
from protocol.errors import EnvelopeInvalid
from protocol.reference.curve import SM2
from protocol.reference.encoding import tlv, u16
from protocol.reference.phone import Phone, Sign
from tests.protocol.malice import BAD_SCALARS, Crafted, bad_points, header_for
from tests.protocol.sides import NativeServer, new_reference_phone
from tests.protocol.world import ENTROPY, KnownKey, fields, reference_header

DIGEST = bytes(31) + b"\5"
POINT = SM2.encode(SM2.mul_base(11))
PROOF = (5).to_bytes(32, "big") * 2


@pytest.fixture(scope="module")
def server() -> NativeServer:
    return NativeServer()


@pytest.fixture(scope="module")
def phone(server: NativeServer) -> Phone:
    return new_reference_phone(server.target)


def refusal(server: NativeServer, crafted: Crafted) -> str | None:
    """The reason; it must reach the phone, and the request must not be usable for anything else."""
    request = server.core.open_request(crafted.envelope)
    reason = request.malformed
    if reason is not None:
        answer = request.answer(Status.MALFORMED, server_time_ms=1, body=reason.encode())
        frame, body = crafted.open(answer)
        assert (frame.status, body.decode()) == (Status.MALFORMED, reason)
    return reason


def bodies(point: bytes) -> dict[str, tuple[Op, Purpose, bytes]]:
    """A bad point in every place of a request where a point stands."""
    return {
        "Qa": (Op.SIGN, Purpose.SIGN, u16(1) + DIGEST + point + POINT + PROOF),
        "Qb": (Op.SIGN, Purpose.SIGN, u16(1) + DIGEST + POINT + point + PROOF),
        "Qb of the last item": (Op.SIGN, Purpose.SIGN, u16(2) + 2 * DIGEST + 3 * POINT + point + PROOF),
        "T1": (Op.DECRYPT, Purpose.DECRYPT, u16(2) + POINT + point + PROOF),
        "Ep": (Op.REFRESH, Purpose.SIGN, point + PROOF),
        "P1": (Op.KEYGEN, Purpose.SIGN, point + bytes(32) + PROOF),
    }


@pytest.mark.parametrize("name", bad_points())
@pytest.mark.parametrize("place", bodies(b""))
def test_rows_1_2_3_5_bad_points(
    server: NativeServer, phone: Phone, signing_key: KnownKey, place: str, name: str
) -> None:
    op, purpose, unsigned = bodies(bad_points()[name])[place]
    names = {} if op is Op.KEYGEN else signing_key.names
    header = reference_header(fields(op, purpose) | ({"key_id": "key-2"} | names))
    assert refusal(server, Crafted(phone, header, unsigned)) == Malformed.POINT


@pytest.mark.parametrize("length", [32, 34, 65])
def test_row_3_points_of_another_length(server: NativeServer, phone: Phone, signing_key: KnownKey, length: int) -> None:
    point = (POINT + bytes(32))[:length]
    unsigned = u16(1) + DIGEST + point + POINT + PROOF
    reason = refusal(server, Crafted(phone, header_for(signing_key, Op.SIGN), unsigned))
    assert reason in (Malformed.MESSAGE, Malformed.POINT)


@pytest.mark.parametrize("place", ["c", "z"])
@pytest.mark.parametrize("name", BAD_SCALARS)
def test_rows_8_9_bad_scalars_in_requests(
    server: NativeServer, phone: Phone, signing_key: KnownKey, name: str, place: str
) -> None:
    good, bad = PROOF[:32], BAD_SCALARS[name]
    shown = bad + good if place == "c" else good + bad
    for op, body in ((Op.SIGN, u16(1) + DIGEST + 2 * POINT), (Op.REFRESH, POINT), (Op.CONFIRM, b""), (Op.ADOPT, b"")):
        crafted = Crafted(phone, header_for(signing_key, op), body + shown)
        assert refusal(server, crafted) == Malformed.SCALAR


@pytest.mark.parametrize("digest", [bytes(32), SM2.n.to_bytes(32, "big")], ids=["0", "n"])
def test_enc_3_a_digest_that_is_zero_is_refused(
    server: NativeServer, phone: Phone, signing_key: KnownKey, digest: bytes
) -> None:
    unsigned = u16(2) + DIGEST + digest + 4 * POINT + PROOF
    assert refusal(server, Crafted(phone, header_for(signing_key, Op.SIGN), unsigned)) == Malformed.DIGEST


@pytest.mark.parametrize(
    "unsigned",
    {
        "N = 0": u16(0) + PROOF,
        "N = 257": u16(257) + 257 * DIGEST + 514 * POINT + PROOF,
        "one digest short": u16(2) + DIGEST + 4 * POINT + PROOF,
        "one point short": u16(2) + 2 * DIGEST + 3 * POINT + PROOF,
        "one byte more": u16(1) + DIGEST + 2 * POINT + PROOF + b"\0",
        "one byte less": (u16(1) + DIGEST + 2 * POINT + PROOF)[:-1],
        "empty": b"",
    }.items(),
    ids=lambda item: item[0],
)
def test_row_23_counts_and_lengths(
    server: NativeServer, phone: Phone, signing_key: KnownKey, unsigned: tuple[str, bytes]
) -> None:
    crafted = Crafted(phone, header_for(signing_key, Op.SIGN), unsigned[1])
    assert refusal(server, crafted) in (Malformed.MESSAGE, Malformed.POINT)


def test_row_23_decrypt_counts(server: NativeServer, phone: Phone, decryption_key: KnownKey) -> None:
    for unsigned in (u16(0) + PROOF, u16(257) + 257 * POINT + PROOF, u16(2) + POINT + PROOF):
        crafted = Crafted(phone, header_for(decryption_key, Op.DECRYPT), unsigned)
        assert refusal(server, crafted) in (Malformed.MESSAGE, Malformed.POINT)


def test_row_88_no_downgrade_to_one_nonce_or_no_proof(
    server: NativeServer, phone: Phone, signing_key: KnownKey
) -> None:
    one_nonce = u16(1) + DIGEST + POINT + PROOF
    no_proof = u16(1) + DIGEST + 2 * POINT
    for unsigned in (one_nonce, no_proof):
        assert refusal(server, Crafted(phone, header_for(signing_key, Op.SIGN), unsigned)) is not None


def header_variants(key: KnownKey) -> dict[str, bytes]:
    """Headers that break a rule of section 1.5."""
    header = header_for(key, Op.SIGN)
    encoded = header.encode()
    parts = []
    rest = encoded
    while rest:
        length = int.from_bytes(rest[:4], "big")
        parts.append(rest[4 : 4 + length])
        rest = rest[4 + length :]

    def changed(index: int, value: bytes) -> bytes:
        return tlv([*parts[:index], value, *parts[index + 1 :]])

    return {
        "version 2": changed(0, u16(2)),
        "version of one byte": changed(0, b"\1"),
        "unknown suite": changed(1, b"SM9"),
        "op 0": changed(2, b"\0"),
        "op 11": changed(2, b"\x0b"),
        "purpose 4": changed(3, b"\4"),
        "empty server_id": changed(4, b""),
        "65-byte key_id": changed(7, b"k" * 65),
        "user_id not UTF-8": changed(5, b"\xff"),
        "share_id of 15": changed(8, bytes(15)),
        "pk of 32": changed(9, bytes(32)),
        "pk of zeros": changed(9, bytes(33)),
        "ttl too long": changed(12, (header.issued_at_ms + 120_001).to_bytes(8, "big")),
        "expires before issue": changed(12, (header.issued_at_ms - 1).to_bytes(8, "big")),
        "73 open requests": changed(15, bytes(16 * 73)),
        "half an open request": changed(15, bytes(24)),
        "restore_epoch of 8": changed(17, bytes(8)),
        "field missing": tlv(parts[:-1]),
        "field twice": tlv([*parts, parts[-1]]),
        "byte behind the end": encoded + b"\0",
        "length beyond the end": encoded[:-8] + b"\xff\xff\xff\xff" + encoded[-4:],
        "empty": b"",
        "oversize": encoded + bytes(8192),
    }


def test_row_89_headers(server: NativeServer, phone: Phone, signing_key: KnownKey) -> None:
    unsigned = u16(1) + DIGEST + 2 * POINT + PROOF
    for name, encoded in header_variants(signing_key).items():
        crafted = Crafted(phone, header_for(signing_key, Op.SIGN), unsigned, header_bytes=encoded)
        request = server.core.open_request(crafted.envelope)
        assert request.malformed in (Malformed.MESSAGE, Malformed.POINT), name


ENVELOPES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda good: b"",
    "prefix only": lambda good: good[:48],
    "version 2": lambda good: b"\0\2" + good[2:],
    "suite 2": lambda good: good[:2] + b"\2" + good[3:],
    "unknown key": lambda good: good[:3] + bytes(8) + good[11:],
    "enc not a point": lambda good: good[:11] + bytes(33) + good[44:],
    "length too short": lambda good: good[:44] + (len(good) - 49).to_bytes(4, "big") + good[48:],
    "truncated": lambda good: good[:-1],
    "extended": lambda good: good + b"\0",
    "oversize": lambda good: good + bytes(1 << 20),
}
"""Damage to a good envelope."""


@pytest.mark.parametrize("name", ENVELOPES)
def test_row_89_envelopes(server: NativeServer, phone: Phone, signing_key: KnownKey, name: str) -> None:
    good = Sign(phone, header_for(signing_key, Op.SIGN), signing_key.phone, [DIGEST]).envelope
    assert server.core.open_request(good).malformed is None
    with pytest.raises(EnvelopeInvalid):
        server.core.open_request(ENVELOPES[name](good))


def test_an_envelope_for_another_service_is_refused(server: NativeServer, signing_key: KnownKey) -> None:
    other = NativeServer()
    phone = new_reference_phone(other.target)
    envelope = Sign(phone, header_for(signing_key, Op.SIGN), signing_key.phone, [DIGEST]).envelope
    with pytest.raises(EnvelopeInvalid):
        server.core.open_request(envelope)


def test_the_twins_agree_on_a_good_request(phone: Phone, server: NativeServer, signing_key: KnownKey) -> None:
    run = Sign(phone, header_for(signing_key, Op.SIGN), signing_key.phone, [DIGEST, ENTROPY.fresh(32)])
    request = server.core.open_request(run.envelope)
    assert request.ctx == run.steps.ctx
    assert request.req_id == run.req_id
