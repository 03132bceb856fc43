"""Tier 2 with real programs: the share of a decryption key is in SoftHSM2, what OpenSSL encrypts is decrypted."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cosign.api.v1 import key_pb2
from cosign.client.phone.refusals import ShareUnknown
from demo.programs import PhoneProgram, PhoneRefused
from tests.end_to_end.conftest import NEW_PIN, PIN, MakePhone, open_sdk
from tests.end_to_end.test_ecdsa import certify, openssl
from tests.end_to_end.test_hsm import Custody

TEXT = "sealed bid"


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    made = Custody(tmp_path)
    yield made
    made.server.kill()


def control(custody: Custody, *words: str) -> Any:
    return json.loads(custody.server.control("--json", *words))


def encrypted(phone: PhoneProgram, key_id: str, folder: Path) -> Path:
    """A message of CMS for the key's certificate, written by OpenSSL."""
    phone.run("pubkey", "--key", key_id, "--out", folder / "pub.pem")
    (folder / "plain.txt").write_text(TEXT)
    certify(folder)
    openssl(
        "cms", "-encrypt", "-aes-256-gcm", "-binary", "-outform", "DER", "-in", folder / "plain.txt",
        "-out", folder / "cms.der", "-recip", folder / "cert.pem", "-keyopt", "ecdh_kdf_md:sha256",
    )  # fmt: skip
    return folder / "cms.der"


def test_a_key_in_the_token_lives_its_whole_life(custody: Custody, tmp_path: Path) -> None:
    phone = PhoneProgram(tmp_path / "phone", custody.server)
    phone.enroll(custody.server.enrolment_code("user"), "test")
    wanted = ("--algorithm", "ecdsa-p256", "--purpose", "decrypt", "--custody", "token")
    key_id = phone.run("keygen", *wanted, pin=PIN)["key_id"]
    message = encrypted(phone, key_id, tmp_path)
    objects = custody.server.control("hsm", "list")

    def decrypts(pin: str) -> None:
        phone.run("decrypt", "--key", key_id, "--in", message, "--out", tmp_path / "out.txt", pin=pin)
        assert (tmp_path / "out.txt").read_text() == TEXT
        (tmp_path / "out.txt").unlink()

    decrypts(PIN)
    assert control(custody, "key", "show", key_id)["custody"] == "token"
    with open_sdk(phone) as sdk:
        asked = key_pb2.GetKeyRequest(key_id=key_id)
        shown = sdk._engine.connection.get_key(asked, sdk._session.bearer()).key
        assert shown.custody == key_pb2.KEY_CUSTODY_TOKEN
        sdk.refresh(key_id, PIN)
        sdk.change_pin(PIN, NEW_PIN)
    decrypts(NEW_PIN)

    assert control(custody, "hsm", "rotate")["version"] == 2
    assert control(custody, "hsm", "rewrap", "--wait")["versions"] == [2]
    decrypts(NEW_PIN)
    custody.server.stop()
    custody.server.start()
    decrypts(NEW_PIN)
    assert control(custody, "hsm", "backup-check", "--uri", custody.environment["COSIGN_TOKEN__URI"])["ok"]
    assert custody.server.control("hsm", "list") == objects.replace("kek:1", "kek:2"), "a share left an object behind"

    custody.server.control("key", "revoke", key_id)
    with open_sdk(phone) as sdk, pytest.raises(ShareUnknown):
        sdk.decrypt(key_id, [message.read_bytes()], NEW_PIN)
    with sqlite3.connect(custody.server.folder / "cosign.db") as connection:
        query = "SELECT sum(length(sealed)) FROM share WHERE key_id = ?"
        assert connection.execute(query, (key_id,)).fetchone() == (0,)
    connection.close()
    rows = [json.loads(line) for line in custody.server.control("audit", "export").splitlines()]
    (generated,) = [row for row in rows if row.get("event") == "key_generated"]
    assert generated["outcome"] == "in_token"
    assert control(custody, "audit", "verify")["ok"]


def test_a_service_without_such_a_token_refuses(make_phone: MakePhone) -> None:
    phone = make_phone()
    wanted = ("--algorithm", "ecdsa-p256", "--purpose", "decrypt", "--custody", "token")
    with pytest.raises(PhoneRefused) as refused:
        phone.run("keygen", *wanted, pin=PIN)
    assert refused.value.reason == "CUSTODY_UNAVAILABLE"
    assert not phone.run("status")["keys"]
