"""Real programs on a SoftHSM2 token: ceremony, signing, a token that goes away, rotation under load with kills."""

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosign.client.phone.errors import Unreachable
from cosign.client.phone.refusals import OutcomeUnknown, Refused
from cosign.server.supervisor import REFUSED
from demo.programs import PhoneProgram, Server
from protocol import sm2
from tests.end_to_end.conftest import PIN, SETTINGS, add_key, open_sdk
from tests.hsm.softhsm import LABEL, module_path


class Custody:
    """A server whose token is SoftHSM2, made ready by the ceremony."""

    def __init__(self, folder: Path) -> None:
        self.tokens = folder / "tokens"
        self.tokens.mkdir()
        conf = folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\n")
        for name in ("one", "two"):
            (folder / name).write_text(f"operator {name}")
        uri = f"pkcs11:token={LABEL};object=kek?module-path={module_path()}&pin-source=file:{folder / 'pin'}"
        settings = {
            **SETTINGS,
            "SOFTHSM2_CONF": str(conf),
            "COSIGN_TOKEN__KIND": "pkcs11",
            "COSIGN_TOKEN__URI": uri,
            "COSIGN_TOKEN__PROBE_SECONDS": "0.5",
            "COSIGN_TOKEN__SETTLE_SECONDS": "6",
        }
        (folder / "state").mkdir()
        self.server = Server(folder / "state", settings)
        self.environment = self.server._environment
        parts = ("--part-1", str(folder / "one"), "--part-2", str(folder / "two"))
        self.server.control("hsm", "init", "--transcript", str(folder / "papers"), *parts)
        self.server.start()

    def phone(self, home: Path) -> PhoneProgram:
        program = PhoneProgram(home, self.server)
        program.enroll(self.server.enrolment_code("user"), "test")
        add_key(program)
        return program

    def versions(self) -> set[int]:
        """KEK versions of the shares in the database."""
        with sqlite3.connect(self.server.folder / "cosign.db") as connection:
            found = {version for (version,) in connection.execute("SELECT DISTINCT kek_version FROM share")}
        connection.close()
        return found


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    made = Custody(tmp_path)
    yield made
    made.server.kill()


class Load:
    """Phones that sign until they are stopped; every acknowledged signature is verified."""

    def __init__(self, programs: list[PhoneProgram]) -> None:
        self.released = 0
        self.refused = 0
        self.faults: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._sign, args=(program,)) for program in programs]
        for thread in self._threads:
            thread.start()

    def _sign(self, program: PhoneProgram) -> None:
        try:
            with open_sdk(program) as phone:
                key = phone.only_key()
                with phone.unlock(key.key_id, PIN) as unlocked:
                    number = 0
                    while not self._stop.is_set():
                        number += 1
                        message = f"{key.key_id} {number}".encode()
                        try:
                            (signature,) = phone.sign(key.key_id, [message], unlocked)
                        except (Unreachable, OutcomeUnknown, Refused) as fault:
                            if "PIN" in str(fault) or "FROZEN" in str(fault):
                                raise
                            self.refused += 1
                            time.sleep(0.05)
                            continue
                        sm2.verify(key.public_key, sm2.digest(key.public_key, message), signature)
                        self.released += 1
        except BaseException as fault:
            self.faults.append(fault)

    def wait_for_more(self, count: int = 5) -> None:
        wanted, ends = self.released + count, time.monotonic() + 30
        while self.released < wanted:
            assert not self.faults, self.faults
            assert time.monotonic() < ends, "nothing is signed any more"
            time.sleep(0.05)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self.faults, self.faults


def test_a_token_that_goes_away_costs_no_honest_phone_anything(custody: Custody, tmp_path: Path) -> None:
    programs = [custody.phone(tmp_path / f"phone-{number}") for number in range(2)]
    load = Load(programs)
    try:
        load.wait_for_more()
        for _ in range(3):
            custody.tokens.rename(tmp_path / "away")
            time.sleep(1.0)
            (tmp_path / "away").rename(custody.tokens)
            load.wait_for_more()
    finally:
        load.stop()
    assert load.refused
    report = json.loads(custody.server.control("--json", "audit", "verify"))
    assert report["ok"], report["findings"]
    for program in programs:
        keys = program.run("status")["keys"]
        assert {key["state"] for key in keys} == {"active"}, keys


def test_a_key_is_rotated_under_load_although_the_rewrap_is_killed(custody: Custody, tmp_path: Path) -> None:
    programs = [custody.phone(tmp_path / f"phone-{number}") for number in range(2)]
    load = Load(programs)
    try:
        load.wait_for_more()
        rotated = json.loads(custody.server.control("--json", "hsm", "rotate"))
        assert rotated["version"] == 2
        command = [sys.executable, "-m", "cosign.cli.cosignctl", "hsm", "rewrap"]
        for delay in random.Random(3).choices((0.8, 1.2, 1.6, 2.0), k=4):
            process = subprocess.Popen(
                command, env=custody.environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
            time.sleep(delay)
            process.kill()
            process.wait()
            load.wait_for_more()
        done = json.loads(custody.server.control("--json", "hsm", "rewrap", "--wait"))
        assert done["versions"] == [2]  # version 1 was destroyed now, or by a run that was killed after that
        load.wait_for_more()
    finally:
        load.stop()
    assert custody.versions() == {2}
    custody.server.stop()
    custody.server.start()
    for program in programs:
        program.run("sign-digest", "--digest", "11" * 32, pin=PIN)
    assert json.loads(custody.server.control("--json", "audit", "verify"))["ok"]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_wrong_pin_ends_the_server_for_good(custody: Custody, tmp_path: Path, workers: int) -> None:
    custody.server.stop()
    (tmp_path / "pin").write_text("not the PIN\n")
    command = [sys.executable, "-m", "cosign.cli.cosignd", "serve", "--workers", str(workers)]
    done = subprocess.run(command, env=custody.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == REFUSED
    assert done.stderr.count("(TokenRefused) [HSM_UNAVAILABLE]") == 1
