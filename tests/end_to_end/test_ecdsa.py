"""P-256 keys through the programs: ECDSA judged by OpenSSL, CMS and HPKE, PIN change, a lost OT set-up."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cosign.client.phone import KeyView, Phone
from cosign.client.phone.errors import DecryptionRefused, InputRefused
from cosign.client.phone.refusals import PinIncorrect
from demo.openssl import OpensslRefused, verify_ecdsa_file
from demo.programs import PhoneProgram
from protocol import p256
from protocol.codes import Purpose, Suite
from tests.end_to_end.conftest import NEW_PIN, PIN, WRONG_PIN, MakePhone, open_sdk


def add_key(program: PhoneProgram, purpose: Purpose = Purpose.SIGN) -> KeyView:
    with open_sdk(program) as sdk:
        return sdk.keygen(purpose, PIN, Suite.P256)


def judged(sdk: Phone, key: KeyView, pin: str, *messages: bytes) -> None:
    """Signs, and lets `cryptography` verify what OpenSSL reads."""
    public_key = serialization.load_pem_public_key(p256.public_key_to_pem(key.public_key).encode())
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    for message, signature in zip(messages, sdk.sign(key.key_id, messages, pin), strict=True):
        public_key.verify(p256.signature_to_der(signature), message, ec.ECDSA(hashes.SHA256()))


def test_the_programs_sign_files_that_openssl_verifies(make_phone: MakePhone, tmp_path: Path) -> None:
    phone = make_phone()
    made = phone.run("keygen", "--purpose", "sign", "--algorithm", "ecdsa-p256", pin=PIN)
    assert made["algorithm"] == "ecdsa-p256"
    key_id = made["key_id"]
    phone.run("pubkey", "--key", key_id, "--out", tmp_path / "pub.pem")
    files = [tmp_path / f"{number}.txt" for number in range(3)]
    for file in files:
        file.write_text(file.name)
    words = [word for file in files for word in ("--in", file, "--out", file.with_suffix(".der"))]
    phone.run("sign", "--key", key_id, *words, pin=PIN)
    for file in files:
        verify_ecdsa_file(tmp_path / "pub.pem", file, file.with_suffix(".der"))
    with pytest.raises(OpensslRefused):
        verify_ecdsa_file(tmp_path / "pub.pem", files[0], files[1].with_suffix(".der"))


def test_a_wrong_pin_is_counted_and_a_right_one_signs(make_phone: MakePhone) -> None:
    phone = make_phone()
    key = add_key(phone)
    with open_sdk(phone) as sdk:
        with pytest.raises(PinIncorrect) as refused:
            sdk.sign(key.key_id, [b"message"], WRONG_PIN)
        assert refused.value.attempts_left == 8
        judged(sdk, key, PIN, b"one", b"two")


def test_change_pin_and_refresh_renew_shares_and_set_up(make_phone: MakePhone) -> None:
    phone = make_phone()
    key = add_key(phone)
    with open_sdk(phone) as sdk:
        sdk.change_pin(PIN, NEW_PIN)
        judged(sdk, key, NEW_PIN, b"after the change")
        sdk.refresh(key.key_id, NEW_PIN)
    with open_sdk(phone) as sdk:
        judged(sdk, key, NEW_PIN, b"after a restart")


def test_row_79_a_destroyed_set_up_is_made_anew_without_the_user(make_phone: MakePhone) -> None:
    """Row 79: seeds of the past fail EC-6; the set-up is destroyed, made anew, and the key signs again."""
    phone = make_phone()
    key = add_key(phone)
    files = sorted((phone.home / "blobs").iterdir())
    with open_sdk(phone) as sdk:
        judged(sdk, key, PIN, b"before")
    saved = {path: path.read_bytes() for path in files}
    with open_sdk(phone) as sdk:
        sdk.set_up_ot(key.key_id, PIN)
        judged(sdk, key, PIN, b"with the new set-up")
    for path, content in saved.items():
        path.write_bytes(content)
    with open_sdk(phone) as sdk:
        judged(sdk, key, PIN, b"with old seeds")
        judged(sdk, key, PIN, b"again")


def test_a_decryption_key_opens_hpke(make_phone: MakePhone) -> None:
    phone = make_phone()
    key = add_key(phone, Purpose.DECRYPT)
    with open_sdk(phone) as sdk:
        sealed = p256.encrypt(key.public_key, b"sealed bid")
        assert sdk.decrypt(key.key_id, [sealed, sealed], PIN) == [b"sealed bid"] * 2
        with pytest.raises(DecryptionRefused):
            sdk.decrypt(key.key_id, [sealed[:-1] + bytes([sealed[-1] ^ 1])], PIN)
        with pytest.raises(InputRefused):
            sdk.decrypt(key.key_id, [b"\x05" + sealed[1:]], PIN)


def test_a_decryption_key_opens_what_openssl_writes(make_phone: MakePhone, tmp_path: Path) -> None:
    phone = make_phone()
    key = add_key(phone, Purpose.DECRYPT)
    phone.run("pubkey", "--key", key.key_id, "--out", tmp_path / "pub.pem")
    (tmp_path / "plain.txt").write_text("sealed bid")
    certify(tmp_path)
    openssl(
        "cms", "-encrypt", "-aes-256-gcm", "-binary", "-outform", "DER", "-in", tmp_path / "plain.txt",
        "-out", tmp_path / "cms.der", "-recip", tmp_path / "cert.pem", "-keyopt", "ecdh_kdf_md:sha256",
    )  # fmt: skip
    phone.run("decrypt", "--key", key.key_id, "--in", tmp_path / "cms.der", "--out", tmp_path / "out.txt", pin=PIN)
    assert (tmp_path / "out.txt").read_text() == "sealed bid"


def certify(folder: Path) -> None:
    """A certificate for the joint key, from a CA that exists for this test only."""
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-out", folder / "ca.key")
    openssl("req", "-new", "-key", folder / "ca.key", "-subj", "/CN=test", "-out", folder / "test.csr")
    openssl(
        "x509", "-req", "-in", folder / "test.csr", "-signkey", folder / "ca.key", "-days", "1",
        "-force_pubkey", folder / "pub.pem", "-out", folder / "cert.pem",
    )  # fmt: skip


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)
