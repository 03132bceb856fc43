"""Negative test 90: after a run, nothing of §10.2 is in logs, metrics or the database."""

import json
import re
import secrets
import sqlite3
import urllib.request
from pathlib import Path

import pytest

from cosign.client.phone import GrpcConnection, PhoneFault
from cosign.server.logging import SAFE_KEYS
from protocol import sm2
from protocol.codes import Purpose
from tests.cosign.server.process import PIN, running

WRONG_PIN = "731940"
NEW_PIN = "582016"
USER = "user-4711-private"
MESSAGE = b"the text of a contract that nobody else may read"


class Recording(GrpcConnection):
    """Keeps the bytes of every key operation as they went over the wire."""

    seen: list[bytes]

    def exchange(self, method: str, envelope: bytes) -> bytes:
        answer = super().exchange(method, envelope)
        self.seen += [envelope, answer]
        return answer


def test_what_must_never_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Recording.seen = []
    monkeypatch.setattr("cosign.client.phone.phone.GrpcConnection", Recording)
    plaintext = secrets.token_bytes(48)
    with running(tmp_path) as server:
        code = server.code(USER)
        with server.phone("phone", USER) as phone:
            signing = phone.keygen(Purpose.SIGN, PIN).key_id
            decrypting = phone.keygen(Purpose.DECRYPT, PIN)
            signature = phone.sign(signing, [MESSAGE], PIN)[0]
            with pytest.raises(PhoneFault):
                phone.sign(signing, [MESSAGE], WRONG_PIN)
            ciphertext = sm2.encrypt(decrypting.public_key, plaintext)
            assert phone.decrypt(decrypting.key_id, [ciphertext], PIN) == [plaintext]
            phone.change_pin(PIN, NEW_PIN)
            phone.sync()
        with urllib.request.urlopen(server.metrics) as answer:
            scrape = answer.read()
        log = server.log.read_bytes()
        server.stop()
        database = dump(server.state / "cosign.db") + b"".join(
            path.read_bytes() for path in server.state.glob("cosign.db*")
        )
    everywhere: dict[str, bytes] = {
        "PIN": PIN.encode(),
        "wrong PIN": WRONG_PIN.encode(),
        "new PIN": NEW_PIN.encode(),
        "message": MESSAGE,
        "plaintext": plaintext,
        "ciphertext": ciphertext[65:],
        "enrolment code": code.encode(),
        "enrolment code without hyphens": code.replace("-", "").encode(),
        "signature": signature,
    }
    assert len(Recording.seen) > 20
    assert signing.encode() in database, "the dump is empty"
    assert b"SigningService/Sign" in log
    assert b"SigningService/Sign" in scrape
    for number, wire in enumerate(Recording.seen):
        everywhere[f"message {number} on the wire"] = wire[-40:]
    for where, held in {"log": log, "metrics": scrape, "database": database}.items():
        for what, value in everywhere.items():
            assert value not in held, f"{what} in the {where}"
            assert value.hex().encode() not in held.lower(), f"{what} as hexadecimal text in the {where}"
    for where, held in {"log": log, "metrics": scrape}.items():
        for what, person in {"user id": USER.encode(), "device name": b"Test phone", "address": b"127.0.0.1:"}.items():
            assert person not in without_start_lines(held), f"{what} in the {where}"


def dump(path: Path) -> bytes:
    """Every value of every row, bytes as they are."""
    found = bytearray()
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    found += value if isinstance(value, bytes) else str(value).encode()
                    found += b"\n"
    connection.close()
    return bytes(found)


def without_start_lines(held: bytes) -> bytes:
    """The listener's own address is told at the start; callers' addresses are never told."""
    return re.sub(rb"(?m)^(cosignd: .*|.*\"event\":\"started\".*)$", b"", held)


def test_every_log_line_is_json_with_known_keys(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        with server.phone() as phone:
            phone.keygen(Purpose.SIGN, PIN)
        server.stop()
        lines = [line for line in server.output.splitlines() if not line.startswith("cosignd: ")]
    assert lines
    for line in lines:
        assert set(json.loads(line)) <= SAFE_KEYS
        assert "REDACTED" not in line
