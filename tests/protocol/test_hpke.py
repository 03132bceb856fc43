"""The HPKE suite of the end-to-end layer against the independent implementation in `cryptography`."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from protocol.reference import hpke
from protocol.reference.curve import P256, Point
from protocol.reference.transcript import SUITE_P256
from tests.protocol.world import ENTROPY

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
INFO = b"COSIGN-v1/e2e"


def test_the_reference_opens_what_cryptography_seals() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    message = SUITE.encrypt(b"plaintext", private.public_key(), INFO)
    enc = P256.decode_uncompressed(message[:65])
    shared = hpke.decapsulate(private.private_numbers().private_value, enc)
    assert hpke.schedule(shared, INFO).open(b"", message[65:]) == b"plaintext"


def test_cryptography_opens_what_the_reference_seals() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    enc, shared = hpke.encapsulate(ENTROPY.scalar(SUITE_P256), Point(numbers.x, numbers.y))
    sealed = hpke.schedule(shared, INFO).seal(b"", b"plaintext")
    assert SUITE.decrypt(P256.encode_uncompressed(enc) + sealed, private, INFO) == b"plaintext"
