"""Key generation, signatures and decryption with real programs, judged by OpenSSL and gmssl."""

import hashlib
import sqlite3
from pathlib import Path

import gmssl.sm2
import pytest

from cosign.client.phone import Phone
from demo import openssl
from demo.programs import PhoneProgram, Server
from protocol import sm2
from protocol.codes import Purpose
from tests.end_to_end.conftest import NEW_PIN, PIN, MakePhone, add_key, open_sdk


@pytest.fixture
def phone(make_phone: MakePhone) -> PhoneProgram:
    return make_phone()


def test_signatures_verify_in_openssl_and_gmssl(phone: PhoneProgram, tmp_path: Path) -> None:
    key = phone.run("keygen", "--purpose", "sign", pin=PIN)
    phone.run("pubkey", "--out", tmp_path / "pub.pem")
    files = [tmp_path / f"m{i}" for i in range(3)]
    for file in files:
        file.write_bytes(hashlib.sha256(file.name.encode()).digest() * 1000)
    phone.run("sign", *(word for f in files for word in ("--in", f)), "--out", tmp_path, pin=PIN)
    foreign = gmssl.sm2.CryptSM2(private_key="", public_key=sm2.uncompress(bytes.fromhex(key["public_key"])).hex()[2:])
    for file in files:
        signature = file.with_name(file.name + ".sig.der")
        openssl.verify_file(tmp_path / "pub.pem", file, signature)
        raw = sm2.signature_from_der(signature.read_bytes()).hex()
        assert foreign.verify_with_sm3(raw, file.read_bytes())


def test_ciphertexts_of_openssl_and_gmssl_are_decrypted(phone: PhoneProgram, tmp_path: Path) -> None:
    key = phone.run("keygen", "--purpose", "decrypt", pin=PIN)
    phone.run("pubkey", "--out", tmp_path / "pub.pem")
    (tmp_path / "plain").write_bytes(bytes(range(256)) * 40)
    openssl.encrypt_file(tmp_path / "pub.pem", tmp_path / "plain", tmp_path / "one.der")
    point = sm2.uncompress(bytes.fromhex(key["public_key"]))
    foreign = gmssl.sm2.CryptSM2(private_key="", public_key=point.hex()[2:], mode=1)
    ciphertext = b"\4" + foreign.encrypt((tmp_path / "plain").read_bytes())
    (tmp_path / "two.der").write_bytes(sm2.ciphertext_to_der(ciphertext))
    names = ("one.der", "two.der")
    phone.run("decrypt", *(w for n in names for w in ("--in", tmp_path / n)), "--out", tmp_path, pin=PIN)
    for name in names:
        assert (tmp_path / f"{name}.plain").read_bytes() == (tmp_path / "plain").read_bytes()
        assert (tmp_path / f"{name}.plain").stat().st_mode & 0o077 == 0


def test_256_digests_in_one_request(phone: PhoneProgram) -> None:
    with open_sdk(phone) as sdk:
        key = sdk.keygen(Purpose.SIGN, PIN)
        messages = [f"message {i}".encode() for i in range(256)]
        for message, signature in zip(messages, sdk.sign(key.key_id, messages, PIN), strict=True):
            sm2.verify_message(key.public_key, message, signature)


def test_256_ciphertexts_in_one_request(phone: PhoneProgram) -> None:
    with open_sdk(phone) as sdk:
        key = sdk.keygen(Purpose.DECRYPT, PIN)
        plaintexts = [f"bid {i}".encode() for i in range(256)]
        assert sdk.decrypt(key.key_id, [sm2.encrypt(key.public_key, p) for p in plaintexts], PIN) == plaintexts


def test_a_pin_change_and_a_refresh_keep_the_public_key(phone: PhoneProgram, tmp_path: Path) -> None:
    before = phone.run("keygen", "--purpose", "sign", pin=PIN)["public_key"]
    phone.run("change-pin", pin=PIN, new_pin=NEW_PIN)
    phone.run("refresh", pin=NEW_PIN)
    assert phone.run("status")["keys"][0]["public_key"] == before
    phone.run("sign-digest", "--digest", "11" * 32, pin=NEW_PIN)
    assert len([*(phone.home / "blobs").iterdir()]) == 1


def test_a_restarted_server_goes_on_with_the_same_phones(phone: PhoneProgram, server: Server) -> None:
    add_key(phone)
    server.stop()
    server.start()
    phone.run("sign-digest", "--digest", "11" * 32, pin=PIN)
    assert phone.run("sync")["case"] == "A"


def test_a_rotated_envelope_key_is_fetched_by_itself(phone: PhoneProgram, server: Server) -> None:
    add_key(phone)
    server.stop()
    with sqlite3.connect(server.folder / "cosign.db") as database:
        assert database.execute("DELETE FROM core_key WHERE name LIKE 'envelope:%'").rowcount == 1
    database.close()
    server.start()
    phone.run("sign-digest", "--digest", "11" * 32, pin=PIN)


def test_an_unfinished_key_is_activated_by_the_next_keygen(phone: PhoneProgram, server: Server) -> None:
    with open_sdk(phone) as sdk:
        _make_inactive_key(sdk)
        (waiting,) = sdk.keys()
    made = phone.run("keygen", "--purpose", "sign", pin=PIN)
    assert made["key_id"] == waiting.key_id
    assert phone.run("status")["keys"][0]["state"] == "active"


def _make_inactive_key(sdk: Phone) -> None:
    """Everything of `keygen` but the activation."""
    from cosign.client.phone import keygen

    keygen.generate(sdk._engine, purpose=Purpose.SIGN, pin=PIN, kdf=sdk._kdf)
