"""Two workers on one SoftHSM2 token: what they tell about it together."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol import p256
from protocol.codes import Custody, Purpose, Suite
from tests.cosign.server.process import PIN, ServerProcess, metric, running, sign_key
from tests.cosign.server.test_workers import wait_for, workers
from tests.hsm.softhsm import SoftHsm


@pytest.fixture
def soft(tmp_path: Path) -> SoftHsm:
    soft = SoftHsm(tmp_path / "softhsm")
    soft.make_ready()
    return soft


@pytest.fixture
def server(tmp_path: Path, postgres_url: str, soft: SoftHsm) -> Iterator[ServerProcess]:
    settings = {
        "COSIGN_SERVER__WORKERS": "2",
        "COSIGN_DATABASE__URL": postgres_url,
        "COSIGN_TOKEN__KIND": "pkcs11",
        "COSIGN_TOKEN__URI": soft.uri_text(),
        "COSIGN_TOKEN__PROBE_SECONDS": "0.5",
        "COSIGN_TOKEN__SESSIONS": "2",
        "SOFTHSM2_CONF": str(soft.configuration),
    }
    with running(tmp_path, settings) as server:
        yield server


def scrape(server: ServerProcess) -> str:
    with urllib.request.urlopen(server.metrics, timeout=10) as answer:
        return str(answer.read().decode())


def calls(server: ServerProcess, call: str, result: str = "ok") -> float:
    return metric(scrape(server), "cosign_token_calls_total", call=call, result=result)


def test_both_workers_count_into_one_exposition(server: ServerProcess, soft: SoftHsm) -> None:
    wait_for(lambda: len(workers(server)) == 2)
    wait_for(lambda: metric(scrape(server), "cosign_workers ") == 2)
    wait_for(lambda: metric(scrape(server), "cosign_token_ready") == 1)

    before = calls(server, "unseal")
    signed = 6
    for number in range(3):  # each phone has connections of its own, which the kernel gives to either worker
        with server.phone(f"phone-{number}", f"user-{number}") as phone:
            key_id = sign_key(phone)
            for digest in range(signed):
                phone.sign_digests(key_id, [(digest + 1).to_bytes(32)], PIN)
    assert calls(server, "unseal") - before >= 3 * signed
    wait_for(lambda: metric(scrape(server), "cosign_token_calls_inside") == 0)

    with server.phone("phone-0", "user-0") as phone:
        key = phone.keygen(Purpose.DECRYPT, PIN, Suite.P256, Custody.TOKEN)
        assert phone.decrypt(key.key_id, [p256.encrypt(key.public_key, b"text")], PIN) == [b"text"]
    assert calls(server, "create_share") >= 1
    assert calls(server, "agree") >= 3  # the points of M3, the activation, the decryption
    assert metric(scrape(server), "cosign_token_call_seconds_count", call="agree") >= 3

    soft.remove()
    wait_for(lambda: metric(scrape(server), "cosign_token_ready") == 0)
    soft.restore()
    wait_for(lambda: metric(scrape(server), "cosign_token_ready") == 1)
    assert metric(scrape(server), "cosign_token_generation") > 1
    assert calls(server, "self_test", "failed") >= 1
