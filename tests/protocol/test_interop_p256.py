"""P-256 keys against independent implementations: the `openssl` program and the `cryptography` package.

Signatures and plaintexts come from the two-party protocol, native phone and native server.
"""

import datetime as dt
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.x509.oid import NameOID

from protocol import _core, cms, p256
from protocol.codes import Purpose
from protocol.reference import header as ops
from tests.protocol.ec_phones import NativeEcPhone
from tests.protocol.ec_sides import NativeEcServer
from tests.protocol.test_interop import openssl
from tests.protocol.world import PIN

MESSAGE = "一份合同 · one contract".encode()
SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Parties:
    """A native phone and server with one key of each purpose."""

    def __init__(self) -> None:
        self.server = NativeEcServer()
        self.phone = NativeEcPhone(self.server.target)
        self.keys = {purpose: self.phone.keygen(self.server, purpose) for purpose in (Purpose.SIGN, Purpose.DECRYPT)}

    def pk(self, purpose: Purpose) -> bytes:
        pk = self.keys[purpose][0].pk
        assert isinstance(pk, bytes)
        return pk

    def foreign_key(self, purpose: Purpose) -> ec.EllipticCurvePublicKey:
        key = serialization.load_der_public_key(p256.public_key_to_der(self.pk(purpose)))
        assert isinstance(key, ec.EllipticCurvePublicKey)
        return key

    def sign(self, message: bytes) -> bytes:
        key, record = self.keys[Purpose.SIGN]
        run = self.phone.sign(key, p256.digest(message))
        _, (signature,) = run.finish(self.server.handle(run.envelope, record, self.phone.device_public).answer)
        assert isinstance(signature, bytes)
        return signature

    def open(self, *ciphertexts: Any) -> list[bytes]:
        key, record = self.keys[Purpose.DECRYPT]
        given = self.phone.prepared(key, ops.ECDH, PIN)
        run = _core.PhoneEcdh.begin(*given, list(ciphertexts), self.phone.native.seq())
        _, plaintexts = run.finish(self.server.handle(run.envelope, record, self.phone.device_public).answer)
        return plaintexts


@pytest.fixture(scope="module")
def parties() -> Parties:
    return Parties()


def test_openssl_verifies_a_co_signature(parties: Parties, tmp_path: Path) -> None:
    public, message, signature = (tmp_path / name for name in ("pub.pem", "message", "signature.der"))
    public.write_text(p256.public_key_to_pem(parties.pk(Purpose.SIGN)))
    message.write_bytes(MESSAGE)
    signature.write_bytes(p256.signature_to_der(parties.sign(MESSAGE)))
    verify = ["dgst", "-sha256", "-verify", public, "-signature", signature]
    good = openssl(*verify, message)
    assert good.returncode == 0, good.stderr
    message.write_bytes(MESSAGE + b"!")
    assert openssl(*verify, message).returncode != 0


def test_cryptography_verifies_a_co_signature(parties: Parties) -> None:
    der = p256.signature_to_der(parties.sign(MESSAGE))
    parties.foreign_key(Purpose.SIGN).verify(der, MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_our_verifier_accepts_cryptography() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = private.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    p256.verify_message(p256.public_key_from_der(der), MESSAGE, p256.signature_from_der(made))


def test_two_parties_open_hpke_of_cryptography(parties: Parties) -> None:
    sealed = SUITE.encrypt(MESSAGE, parties.foreign_key(Purpose.DECRYPT), b"info")
    assert parties.open(_core.EcdhCiphertext.hpke(sealed, info=b"info")) == [MESSAGE]


def certificate(key: ec.EllipticCurvePublicKey) -> bytes:
    """A certificate of the joint key by a throw-away issuer: `openssl cms` takes recipients from certificates."""
    issuer, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "recipient")])
    builder = x509.CertificateBuilder(name, name, key, x509.random_serial_number(), now, now + dt.timedelta(days=1))
    return builder.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_two_parties_open_cms_of_openssl(parties: Parties, tmp_path: Path) -> None:
    recipient, plain, sealed = (tmp_path / name for name in ("cert.pem", "plain", "cms.der"))
    recipient.write_bytes(certificate(parties.foreign_key(Purpose.DECRYPT)))
    plain.write_bytes(MESSAGE)
    done = cms_encrypt(recipient, plain, sealed)
    assert done.returncode == 0, done.stderr
    assert parties.open(cms.recipient(sealed.read_bytes())) == [MESSAGE]


def cms_encrypt(recipient: Path, plain: Path, sealed: Path) -> subprocess.CompletedProcess[bytes]:
    options = ["-aes-256-gcm", "-binary", "-outform", "DER", "-in", plain, "-out", sealed]
    return openssl("cms", "-encrypt", *options, "-recip", recipient, "-keyopt", "ecdh_kdf_md:sha256")
