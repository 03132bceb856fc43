"""SIGKILL of server and phone at arbitrary moments: nothing acknowledged is lost, no right PIN is charged."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cosign.client.phone import UnfinishedChange
from cosign.client.phone.errors import ChangeDone, ChangeUndone, Unreachable
from cosign.client.phone.refusals import OutcomeUnknown
from demo.programs import PhoneProgram, Server
from protocol import sm2
from protocol.codes import Purpose
from tests.end_to_end.conftest import NEW_PIN, PIN, MakePhone, add_key, open_sdk

ROUNDS = 4


def recorded_digests(server: Server) -> set[bytes]:
    """Digests of all operations in the audit trail."""
    rows = [json.loads(line) for line in server.control("audit", "export").splitlines()]
    joined = [bytes.fromhex(row["digests"]) for row in rows if row.get("outcome") == "right"]
    return {digests[start : start + 32] for digests in joined for start in range(0, len(digests), 32)}


def test_no_acknowledged_signature_is_lost_when_the_server_dies(make_phone: MakePhone, server: Server) -> None:
    """The server is killed again and again while three phones sign; restarts find everything they acknowledged."""
    programs = [make_phone() for _ in range(3)]
    for program in programs:
        add_key(program)
    released: list[tuple[bytes, bytes, bytes]] = []
    stop = threading.Event()
    faults: list[BaseException] = []

    def sign(program: PhoneProgram) -> None:
        try:
            with open_sdk(program) as phone:
                key = phone.only_key()
                with phone.unlock(key.key_id, PIN) as unlocked:
                    number = 0
                    while not stop.is_set():
                        number += 1
                        message = f"{key.key_id} {number}".encode()
                        try:
                            (signature,) = phone.sign(key.key_id, [message], unlocked)
                        except (Unreachable, OutcomeUnknown):
                            time.sleep(0.05)
                            continue
                        released.append((key.public_key, sm2.digest(key.public_key, message), signature))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=sign, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    try:
        for delay in random.Random(7).choices((0.1, 0.3, 0.7), k=ROUNDS):
            time.sleep(delay)
            server.kill()
            server.start()
            _wait_for_more(released)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not faults
    assert released
    for public_key, digest, signature in released:
        sm2.verify(public_key, digest, signature)
    report = json.loads(server.control("--json", "audit", "verify"))
    assert report["ok"], report["findings"]
    assert {digest for _, digest, _ in released} <= recorded_digests(server)


@pytest.mark.parametrize("seed", range(3))
def test_a_phone_that_dies_while_it_signs_is_not_frozen(make_phone: MakePhone, seed: int) -> None:
    phone = make_phone()
    add_key(phone)
    for delay in random.Random(seed).choices((0.3, 0.5, 0.7, 0.9), k=ROUNDS):
        _kill_after(phone, delay, "sign-digest", "--digest", "11" * 32, pin=PIN)
    phone.run("sign-digest", "--digest", "11" * 32, pin=PIN)


@pytest.mark.parametrize("seed", range(6))
def test_a_phone_that_dies_during_a_pin_change_keeps_its_key(make_phone: MakePhone, seed: int) -> None:
    phone = make_phone()
    add_key(phone)
    delay = 0.3 + 0.15 * seed + random.Random(seed).random() * 0.1
    _kill_after(phone, delay, "change-pin", pin=PIN, new_pin=NEW_PIN)
    with open_sdk(phone) as sdk:
        key = sdk.only_key(Purpose.SIGN)
        new = (
            key.unfinished is UnfinishedChange.NEW_PIN or sdk._engine.home.state.keys[key.key_id].active.pin_number > 1
        )
        told = NEW_PIN if new else PIN
        try:
            sdk.sign(key.key_id, [b"m"], told)
        except ChangeUndone:
            sdk.sign(key.key_id, [b"m"], PIN)
        except ChangeDone:
            sdk.sign(key.key_id, [b"m"], NEW_PIN)
    rows = [json.loads(line) for line in phone.server.control("audit", "export").splitlines()]
    device_id = phone.run("status")["device_id"]
    assert not [row for row in rows if row.get("device_id") == device_id and row.get("outcome") == "wrong"]


def test_a_phone_that_dies_during_key_generation_makes_another_key(make_phone: MakePhone) -> None:
    phone = make_phone()
    for delay in (0.4, 0.6, 0.8, 1.0):
        _kill_after(phone, delay, "keygen", "--purpose", "sign", pin=PIN)
    phone.run("keygen", "--purpose", "sign", pin=PIN)
    key = next(key for key in phone.run("status")["keys"] if key["state"] == "active")
    phone.run("sign-digest", "--key", key["key_id"], "--digest", "11" * 32, pin=PIN)


def test_a_server_that_dies_during_a_pin_change_leaves_a_working_key(make_phone: MakePhone, server: Server) -> None:
    phone = make_phone()
    add_key(phone)
    pins = [PIN, NEW_PIN]
    for delay in (0.02, 0.25, 0.35):
        timer = threading.Timer(delay, server.kill)
        with open_sdk(phone) as sdk:
            timer.start()
            try:
                sdk.change_pin(*pins)
            except (Unreachable, OutcomeUnknown):
                timer.join()
                server.start()
                _repeat_until_reached(lambda: sdk.change_pin(*pins))
            else:
                timer.join()
                server.start()
            _repeat_until_reached(lambda: sdk.sign(sdk.only_key().key_id, [b"m"], pins[1]))
        pins.reverse()


def test_the_signer_of_the_demo_survives(make_phone: MakePhone, server: Server, tmp_path: Path) -> None:
    phone = make_phone()
    key = add_key(phone)
    command = [sys.executable, "-m", "demo.signer", str(phone.home), key.key_id, "12", str(tmp_path)]
    with subprocess.Popen(command, env=phone.environment(PIN), stdout=subprocess.PIPE, text=True) as signer:
        assert signer.stdout is not None
        for line in signer.stdout:
            if line.startswith("done 4"):
                server.kill()
                server.start()
    assert signer.returncode == 0
    for number in range(1, 13):
        signature = sm2.signature_from_der((tmp_path / f"signature-{number}.der").read_bytes())
        sm2.verify_message(key.public_key, (tmp_path / f"message-{number}.txt").read_bytes(), signature)


def _wait_for_more(released: list[tuple[bytes, bytes, bytes]]) -> None:
    """Waits until the phones have found the server again and released another signature each, about."""
    wanted, end = len(released) + 3, time.monotonic() + 30
    while len(released) < wanted and time.monotonic() < end:
        time.sleep(0.02)


def _repeat_until_reached(operation: Callable[[], object]) -> None:
    """Repeats an operation that cannot reach the server yet, as a person would."""
    end = time.monotonic() + 30
    while True:
        try:
            operation()
        except Unreachable:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def _kill_after(phone: PhoneProgram, delay: float, *words: str, pin: str, new_pin: str = "") -> None:
    """Starts a command and kills its process after `delay` seconds, wherever it is then."""
    with subprocess.Popen(
        phone.command(*words),
        env=phone.environment(pin, new_pin),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        time.sleep(delay)
        process.kill()
