"""The sets of project Wycheproof against the native core and the reference (`tests/vectors/wycheproof/README.md`)."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_public_key

from protocol import _core, p256, transcript
from protocol.errors import ProtocolError, SealBroken
from protocol.reference import device, ecdh, hpke
from protocol.reference.curve import P256, Point, not_identity
from protocol.reference.records import Kek
from tests.protocol.ec_world import scalar
from tests.protocol.vectors import FOLDER

Case = dict[str, Any]


def cases(name: str, **group: Any) -> Iterator[tuple[Case, Case]]:
    """(group, test) of a file, of the groups with these values only."""
    document = json.loads((FOLDER / "wycheproof" / f"{name}_test.json").read_text())
    total = sum(len(entry["tests"]) for entry in document["testGroups"])
    assert total == document["numberOfTests"]
    for entry in document["testGroups"]:
        if all(entry[key] == value for key, value in group.items()):
            yield from ((entry, test) for test in entry["tests"])


def disagreements(name: str, accepts: Callable[[Case, Case], bool], **group: Any) -> list[int]:
    """tcId of every test whose verdict is not ours; `acceptable` ones may go either way."""
    ran, wrong = 0, []
    for entry, test in cases(name, **group):
        verdict = accepts(entry, test)
        ran += 1
        if test["result"] != "acceptable" and verdict != (test["result"] == "valid"):
            wrong.append(test["tcId"])
    assert ran
    return wrong


def hexed(test: Case, key: str) -> bytes:
    return bytes.fromhex(test[key])


def is_accepted(call: Callable[[], object]) -> bool:
    try:
        call()
    except ProtocolError:
        return False
    return True


# --- ECDSA


def native_verify(group: Case, test: Case, signature: bytes) -> None:
    pk = _core.point_compressed("P256", hexed(group["publicKey"], "uncompressed"))
    _core.ecdsa_p256_verify(pk, hashlib.sha256(hexed(test, "msg")).digest(), signature)


def reference_verify(group: Case, test: Case, signature: bytes) -> None:
    pk = P256.decode_uncompressed(hexed(group["publicKey"], "uncompressed"))
    device.verify(pk, hashlib.sha256(hexed(test, "msg")).digest(), signature)


VERIFIERS = pytest.mark.parametrize("verify", [native_verify, reference_verify], ids=["native", "reference"])
Verify = Callable[[Case, Case, bytes], None]


@VERIFIERS
def test_ecdsa(verify: Verify) -> None:
    """Row 86: both accept high s, as the set demands of a plain ECDSA verifier."""

    def accepts(group: Case, test: Case) -> bool:
        return is_accepted(lambda: verify(group, test, hexed(test, "sig")))

    assert disagreements("ecdsa_secp256r1_sha256_p1363", accepts) == []


@VERIFIERS
def test_ecdsa_in_der(verify: Verify) -> None:
    def accepts(group: Case, test: Case) -> bool:
        return is_accepted(lambda: verify(group, test, p256.signature_from_der(hexed(test, "sig"))))

    assert disagreements("ecdsa_secp256r1_sha256", accepts) == []


# --- ECDH


def foreign_secret(point: Point, private: int) -> bytes:
    public = ec.EllipticCurvePublicNumbers(point.x, point.y, ec.SECP256R1()).public_key()
    return ec.derive_private_key(private, ec.SECP256R1()).exchange(ec.ECDH(), public)


def joint_secret(point: Point, private: int) -> bytes:
    """Both parties with a·b = the private key."""
    b = scalar()
    answer = ecdh.EcdhAnswer((not_identity(P256.mul(b, point)),))
    return ecdh.shared_secrets(answer, private * P256.inv(b) % P256.n)[0]


def decoded_point(data: bytes) -> Point:
    """Native decoding of either form; the reference must see the same point."""
    if len(data) == 33:
        _core.point_check("P256", data)
        return P256.decode(data)
    point = P256.decode(_core.point_compressed("P256", data))
    assert P256.decode_uncompressed(data) == point
    return point


def decoded_key(data: bytes) -> Point:
    """The one encoding of a key that this project reads."""
    return P256.decode(p256.public_key_from_der(data))


def test_ecdh() -> None:
    """Two parties and `cryptography` reach the shared secret."""

    def accepts(_group: Case, test: Case) -> bool:
        private = int(test["private"], 16)
        try:
            point = decoded_point(hexed(test, "public"))
        except ProtocolError:
            return False
        return joint_secret(point, private) == foreign_secret(point, private) == hexed(test, "shared")

    assert disagreements("ecdh_secp256r1_ecpoint", accepts) == []


def test_ecdh_with_encoded_keys() -> None:
    """The same points inside keys: what strict decoding accepts leads to the shared secret."""

    def accepts(_group: Case, test: Case) -> bool:
        try:
            point = decoded_key(hexed(test, "public"))
        except ProtocolError:
            return False
        return foreign_secret(point, int(test["private"], 16)) == hexed(test, "shared")

    assert disagreements("ecdh_secp256r1", accepts) == []


def test_ecdh_keys_that_a_foreign_decoder_takes_are_the_same_points() -> None:
    """Where strict decoding accepts a key, `cryptography` reads the same point from it."""
    compared = 0
    for _, test in cases("ecdh_secp256r1"):
        try:
            ours = decoded_key(hexed(test, "public"))
            theirs = load_der_public_key(hexed(test, "public"))
        except (ProtocolError, ValueError, UnsupportedAlgorithm):
            continue
        assert isinstance(theirs, ec.EllipticCurvePublicKey)
        numbers = theirs.public_numbers()
        assert (numbers.x, numbers.y) == ours
        compared += 1
    assert compared > 300


# --- symmetric parts


def test_aes_256_gcm_of_sealed_records() -> None:
    """A known key in the native core opens what the set calls valid and nothing else."""

    def accepts(_group: Case, test: Case) -> bool:
        sealed = hexed(test, "iv") + hexed(test, "ct") + hexed(test, "tag")
        with tempfile.NamedTemporaryFile() as file:
            file.write(Kek(hexed(test, "key")).file())
            file.flush()
            native = _core.Kek.load(file.fileno())
        try:
            record = native.open(sealed, hexed(test, "aad"))
        except SealBroken:
            return False
        again = native.seal(record, b"")
        return AESGCM(hexed(test, "key")).decrypt(again[:12], again[12:], b"") == hexed(test, "msg")

    assert disagreements("aes_gcm", accepts, keySize=256, ivSize=96, tagSize=128) == []


def test_aes_128_gcm_of_hpke() -> None:
    """The AEAD of the published HPKE vectors."""

    def accepts(_group: Case, test: Case) -> bool:
        context = hpke.Context(hpke.AES_128_GCM, hexed(test, "key"), hexed(test, "iv"), b"")
        try:
            plaintext = context.open(hexed(test, "aad"), hexed(test, "ct") + hexed(test, "tag"))
        except (ProtocolError, InvalidTag):
            return False
        return plaintext == hexed(test, "msg")

    assert disagreements("aes_gcm", accepts, keySize=128, ivSize=96, tagSize=128) == []


def test_hkdf() -> None:
    def accepts(_group: Case, test: Case) -> bool:
        if test["size"] > 255 * 32:
            return False
        prk = hpke.hkdf_extract(hexed(test, "salt"), hexed(test, "ikm"))
        return hpke.hkdf_expand(prk, hexed(test, "info"), test["size"]) == hexed(test, "okm")

    assert disagreements("hkdf_sha256", accepts) == []


def test_sm3_inside_hmac() -> None:
    """HMAC built on the native SM3; verifying compares the whole tag, cut to the group's length."""

    def accepts(group: Case, test: Case) -> bool:
        key = hexed(test, "key")
        block = (transcript.sm3(key) if len(key) > 64 else key).ljust(64, b"\0")
        inner = transcript.sm3(bytes(x ^ 0x36 for x in block) + hexed(test, "msg"))
        tag = transcript.sm3(bytes(x ^ 0x5C for x in block) + inner)
        return tag[: group["tagSize"] // 8] == hexed(test, "tag")

    assert disagreements("hmac_sm3", accepts) == []


def test_curve_parameters() -> None:
    (test,) = [test for _, test in cases("ec_prime_order_curves") if test["name"] == "secp256r1"]
    expected = (P256.p, P256.a, P256.b, P256.g.x, P256.g.y, P256.n)
    assert tuple(int(test[key], 16) for key in ("p", "a", "b", "gx", "gy", "n")) == expected
    _core.point_check("P256", P256.encode(P256.g))


def test_a_wrong_verdict_is_seen() -> None:
    """The guard itself: a verifier that takes everything disagrees with every invalid test."""
    assert len(disagreements("hmac_sm3", lambda _group, _test: True)) == 108
