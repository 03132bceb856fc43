"""Against independent implementations: the `openssl` program and the `gmssl` package.

The signatures and ciphertexts come from the two-party protocol (native phone, native server), so that a foreign
verifier accepts what no single party could make.
"""

import binascii
import subprocess
from pathlib import Path

import pytest
from gmssl import func
from gmssl import sm2 as gmssl

from protocol import sm2
from protocol.reference import sm2 as reference
from protocol.reference.curve import SM2
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer
from tests.protocol.world import KnownKey, joint_private_key

MESSAGE = "一份合同 · one contract".encode()
SIGNER = "1234567812345678"


def openssl(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, timeout=30)


def native_sign(key: KnownKey, message: bytes, signer_id: bytes = SIGNER.encode()) -> bytes:
    server = NativeServer()
    phone = NativePhone(server.target)
    blob = phone.restore(key)
    run = phone.sign(blob, [sm2.digest(key.pk, message, signer_id)])
    _, (signature,) = run.finish(server.serve(run.envelope, key.server, phone.device_public).answer)
    assert isinstance(signature, bytes)
    return signature


def native_decrypt(key: KnownKey, ciphertext: bytes) -> bytes:
    server = NativeServer()
    phone = NativePhone(server.target)
    run = phone.decrypt(phone.restore(key), [ciphertext])
    _, (plaintext,) = run.finish(server.serve(run.envelope, key.server, phone.device_public).answer)
    assert isinstance(plaintext, bytes)
    return plaintext


@pytest.fixture
def public_key_file(signing_key: KnownKey, tmp_path: Path) -> Path:
    path = tmp_path / "pub.pem"
    path.write_text(sm2.public_key_to_pem(signing_key.pk))
    return path


@pytest.fixture
def private_key_file(decryption_key: KnownKey, tmp_path: Path) -> Path:
    """The joint private key, which nobody has outside tests, as SEC 1 DER for openssl."""
    d, point = joint_private_key(decryption_key), sm2.uncompress(decryption_key.pk)
    body = bytes.fromhex("020101") + b"\x04\x20" + d + bytes.fromhex("a00a06082a811ccf5501822d")
    body += b"\xa1\x44\x03\x42\x00" + point
    path = tmp_path / "private.der"
    path.write_bytes(bytes([0x30, len(body)]) + body)
    return path


def test_openssl_reads_our_public_key(public_key_file: Path, signing_key: KnownKey) -> None:
    shown = openssl("pkey", "-pubin", "-in", public_key_file, "-outform", "DER")
    assert shown.returncode == 0, shown.stderr
    assert sm2.public_key_from_der(shown.stdout) == signing_key.pk


@pytest.mark.parametrize("signer", [SIGNER, "ALICE123@YAHOO.COM"])
def test_openssl_verifies_a_co_signature(
    signing_key: KnownKey, public_key_file: Path, tmp_path: Path, signer: str
) -> None:
    message, signature = tmp_path / "message", tmp_path / "signature.der"
    message.write_bytes(MESSAGE)
    signature.write_bytes(sm2.signature_to_der(native_sign(signing_key, MESSAGE, signer.encode())))
    verify = ["dgst", "-sm3", "-verify", public_key_file, "-sigopt", f"distid:{signer}", "-signature", signature]
    good = openssl(*verify, message)
    assert good.returncode == 0, good.stderr
    message.write_bytes(MESSAGE + b"!")
    assert openssl(*verify, message).returncode != 0


def test_openssl_pkeyutl_verifies_a_co_signature(signing_key: KnownKey, public_key_file: Path, tmp_path: Path) -> None:
    message, signature = tmp_path / "message", tmp_path / "signature.der"
    message.write_bytes(MESSAGE)
    signature.write_bytes(sm2.signature_to_der(native_sign(signing_key, MESSAGE)))
    verify = ["-verify", "-pubin", "-inkey", public_key_file, "-in", message, "-sigfile", signature]
    done = openssl("pkeyutl", *verify, "-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{SIGNER}")
    assert done.returncode == 0, done.stderr


def test_our_verifier_accepts_openssl(decryption_key: KnownKey, private_key_file: Path, tmp_path: Path) -> None:
    message = tmp_path / "message"
    message.write_bytes(MESSAGE)
    sign = ["-sigopt", f"distid:{SIGNER}", "-sign", private_key_file, "-keyform", "DER"]
    made = openssl("dgst", "-sm3", *sign, message)
    assert made.returncode == 0, made.stderr
    sm2.verify_message(decryption_key.pk, MESSAGE, sm2.signature_from_der(made.stdout))


def test_two_parties_decrypt_what_openssl_encrypts(decryption_key: KnownKey, tmp_path: Path) -> None:
    public, plain, cipher = tmp_path / "pub.pem", tmp_path / "plain", tmp_path / "cipher.der"
    public.write_text(sm2.public_key_to_pem(decryption_key.pk))
    plain.write_bytes(MESSAGE)
    made = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", public, "-in", plain, "-out", cipher)
    assert made.returncode == 0, made.stderr
    assert native_decrypt(decryption_key, sm2.ciphertext_from_der(cipher.read_bytes())) == MESSAGE


def test_openssl_decrypts_what_we_encrypt(decryption_key: KnownKey, private_key_file: Path, tmp_path: Path) -> None:
    cipher = tmp_path / "cipher.der"
    cipher.write_bytes(sm2.ciphertext_to_der(sm2.encrypt(decryption_key.pk, MESSAGE)))
    done = openssl("pkeyutl", "-decrypt", "-inkey", private_key_file, "-keyform", "DER", "-in", cipher)
    assert done.returncode == 0, done.stderr
    assert done.stdout == MESSAGE


def gmssl_key(key: KnownKey, *, mode: int = 1) -> gmssl.CryptSM2:
    point = sm2.uncompress(key.pk)[1:].hex()
    return gmssl.CryptSM2(private_key=joint_private_key(key).hex(), public_key=point, mode=mode)


def test_gmssl_verifies_a_co_signature(signing_key: KnownKey) -> None:
    foreign = gmssl_key(signing_key)
    signature = native_sign(signing_key, MESSAGE)
    assert foreign.verify_with_sm3(signature.hex(), MESSAGE) is True
    assert foreign.verify_with_sm3(signature.hex(), MESSAGE + b"!") is False


def test_our_verifiers_accept_gmssl(signing_key: KnownKey) -> None:
    made = gmssl_key(signing_key).sign_with_sm3(MESSAGE, func.random_hex(64))
    signature = binascii.unhexlify(made)
    sm2.verify_message(signing_key.pk, MESSAGE, signature)
    e = int.from_bytes(reference.digest(signing_key.phone.pk, MESSAGE), "big")
    reference.verify(SM2.decode(signing_key.pk), e, *(int.from_bytes(signature[i : i + 32], "big") for i in (0, 32)))


def test_two_parties_decrypt_what_gmssl_encrypts(decryption_key: KnownKey) -> None:
    assert native_decrypt(decryption_key, b"\4" + gmssl_key(decryption_key).encrypt(MESSAGE)) == MESSAGE


def test_two_parties_decrypt_the_old_order_of_gmssl(decryption_key: KnownKey) -> None:
    old = b"\4" + gmssl_key(decryption_key, mode=0).encrypt(MESSAGE)
    assert native_decrypt(decryption_key, sm2.ciphertext_from_c1c2c3(old)) == MESSAGE


def test_gmssl_decrypts_what_we_encrypt(decryption_key: KnownKey) -> None:
    ciphertext = sm2.encrypt(decryption_key.pk, MESSAGE)
    assert gmssl_key(decryption_key).decrypt(ciphertext[1:]) == MESSAGE
    old = sm2.ciphertext_to_c1c2c3(ciphertext)
    assert gmssl_key(decryption_key, mode=0).decrypt(old[1:]) == MESSAGE
