"""Public-key operations and file formats of `protocol.sm2`."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import sm2
from protocol.errors import BadSignature, MalformedMessage, MalformedPoint, MalformedScalar
from protocol.reference import sm2 as reference
from protocol.reference.curve import SM2, not_identity, scalar_bytes
from tests.protocol.vectors import Vector

D = Vector("gbt32918_5_sign").inputs.number("d")
PK = SM2.encode(SM2.mul_base(D))


@pytest.fixture(scope="module")
def ciphertext() -> bytes:
    return sm2.encrypt(PK, b"encryption standard")


def test_published_signature_verifies() -> None:
    vector = Vector("gbt32918_5_sign")
    message, signer = vector.inputs.text("message").encode(), vector.inputs.text("id").encode()
    signature = vector.outputs.raw("r") + vector.outputs.raw("s")
    assert sm2.za(PK, signer) == vector.intermediate.raw("za")
    assert sm2.digest(PK, message) == vector.intermediate.raw("e")
    sm2.verify_message(PK, message, signature)
    for at in range(64):
        damaged = bytearray(signature)
        damaged[at] ^= 1
        with pytest.raises(BadSignature):
            sm2.verify_message(PK, message, bytes(damaged))


@pytest.mark.parametrize("value", [0, SM2.n, 2**256 - 1], ids=["0", "n", "2^256 - 1"])
def test_out_of_range_signature_values_are_refused(value: int) -> None:
    signature = Vector("gbt32918_5_sign").outputs
    e = Vector("gbt32918_5_sign").intermediate.raw("e")
    for bad in (scalar_bytes(value) + signature.raw("s"), signature.raw("r") + scalar_bytes(value)):
        with pytest.raises(MalformedScalar):
            sm2.verify(PK, e, bad)


def test_r_plus_s_zero_is_refused() -> None:
    e = Vector("gbt32918_5_sign").intermediate.raw("e")
    with pytest.raises(BadSignature):
        sm2.verify(PK, e, scalar_bytes(5) + scalar_bytes(SM2.n - 5))


@given(plaintext=st.binary(min_size=1, max_size=300))
def test_encryption_opens_with_the_private_key(plaintext: bytes) -> None:
    ciphertext = sm2.encrypt(PK, plaintext)
    c1 = SM2.decode_uncompressed(ciphertext[:65])
    assert reference.open_ciphertext(SM2.mul(D, c1), ciphertext[65:97], ciphertext[97:]) == plaintext


def test_empty_plaintext_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        sm2.encrypt(PK, b"")


@given(r=st.integers(1, SM2.n - 1), s=st.integers(1, SM2.n - 1))
def test_signature_der_round_trip(r: int, s: int) -> None:
    signature = scalar_bytes(r) + scalar_bytes(s)
    assert sm2.signature_from_der(sm2.signature_to_der(signature)) == signature


@pytest.mark.parametrize(
    "der",
    [
        "",
        "3000",
        "3006020101020101ff",
        "30060201010201",
        "3007020101020101",
        "30060201ff020101",
        "3007020200010201 01",
        "308106020101020101",
        "3080020101020101 0000",
        "31060201010201 01",
        "3009020101020101020101",
        "3027022100" + "ff" * 33 + "020101",
        "3026022201" + "00" * 33 + "020101",
        "308500000000 06020101020101",
    ],
)
def test_other_signature_encodings_are_refused(der: str) -> None:
    with pytest.raises(MalformedMessage):
        sm2.signature_from_der(bytes.fromhex(der))


def test_signature_der_needs_64_bytes() -> None:
    with pytest.raises(MalformedMessage):
        sm2.signature_to_der(bytes(63))


@given(plaintext=st.binary(min_size=1, max_size=70_000))
def test_ciphertext_conversions_round_trip(plaintext: bytes) -> None:
    ciphertext = sm2.encrypt(PK, plaintext)
    assert sm2.ciphertext_from_der(sm2.ciphertext_to_der(ciphertext)) == ciphertext
    assert sm2.ciphertext_from_c1c2c3(sm2.ciphertext_to_c1c2c3(ciphertext)) == ciphertext


def test_a_compressed_c1_is_taken_and_written_uncompressed(ciphertext: bytes) -> None:
    short = sm2.compress(ciphertext[:65]) + ciphertext[65:]
    assert sm2.ciphertext_to_der(short) == sm2.ciphertext_to_der(ciphertext)
    assert sm2.ciphertext_to_c1c2c3(short) == sm2.ciphertext_to_c1c2c3(ciphertext)


def test_row_70_bad_der_is_refused(ciphertext: bytes) -> None:
    der = sm2.ciphertext_to_der(ciphertext)
    assert der[1] < 0x80 or der[1] == 0x81
    for bad in (der[:-1], der + b"\0", b"\x31" + der[1:], der[:2], b""):
        with pytest.raises(MalformedMessage):
            sm2.ciphertext_from_der(bad)


def test_row_70_empty_c2_and_short_c3_are_refused(ciphertext: bytes) -> None:
    for bad in (ciphertext[:97], ciphertext[:96], b""):
        with pytest.raises(MalformedMessage):
            sm2.ciphertext_to_der(bad)
    point = not_identity(SM2.mul_base(3))
    coordinates = sm2.signature_to_der(scalar_bytes(point.x) + scalar_bytes(point.y))[2:]
    for tail in ("0420" + "11" * 32 + "0400", "041f" + "11" * 31 + "040161", "0420" + "11" * 32):
        inside = coordinates + bytes.fromhex(tail)
        with pytest.raises(MalformedMessage):
            sm2.ciphertext_from_der(bytes([0x30, 0x81, len(inside)][: 1 if len(inside) < 128 else 3]) + inside)


def test_ciphertext_with_a_point_off_the_curve_is_refused(ciphertext: bytes) -> None:
    damaged = ciphertext[:64] + bytes([ciphertext[64] ^ 1]) + ciphertext[65:]
    with pytest.raises(MalformedPoint):
        sm2.ciphertext_to_der(damaged)


def test_public_key_forms_round_trip() -> None:
    assert sm2.compress(sm2.uncompress(PK)) == PK
    assert sm2.public_key_from_der(sm2.public_key_to_der(PK)) == PK
    assert sm2.public_key_from_pem(sm2.public_key_to_pem(PK)) == PK
    sm2.check_point(PK)


def test_foreign_public_keys_are_refused() -> None:
    der = sm2.public_key_to_der(PK)
    p256 = der.replace(bytes.fromhex("06082a811ccf5501822d"), bytes.fromhex("06082a8648ce3d030107"))
    for bad in (der[:-1], der + b"\0", p256, b""):
        with pytest.raises(MalformedMessage):
            sm2.public_key_from_der(bad)
    with pytest.raises(MalformedPoint):
        sm2.public_key_from_der(der[:-1] + bytes([der[-1] ^ 1]))


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(b"junk").decode() + "\n-----END PUBLIC KEY-----",
    ],
)
def test_bad_pem_is_refused(pem: str) -> None:
    with pytest.raises(MalformedMessage):
        sm2.public_key_from_pem(pem)
