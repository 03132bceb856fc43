"""The way back after re-identification (RF-9, CLONE-8) and the rotation of the token, with real programs."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from demo.programs import PhoneProgram, PhoneRefused, ProgramFailed, Server
from tests.end_to_end.conftest import PIN, SETTINGS, MakePhone, add_key

SIGN = ("sign-digest", "--digest", "11" * 32)


@pytest.fixture
def phone(make_phone: MakePhone) -> PhoneProgram:
    """A phone with one signing key."""
    program = make_phone()
    add_key(program)
    return program


def refused(program: PhoneProgram, *words: str) -> str:
    with pytest.raises(PhoneRefused) as refusal:
        program.run(*words, pin=PIN)
    return refusal.value.reason


def reidentify(program: PhoneProgram) -> dict[str, object]:
    device_id = program.run("status")["device_id"]
    answer = program.server.control("--json", "device", "reidentify", device_id, "--yes")
    return dict(json.loads(answer))


def frozen_by_a_copy(phone: PhoneProgram, folder: Path) -> PhoneProgram:
    """Copies the phone, uses the owner's, then the copy. Returns the copy."""
    copy = PhoneProgram(folder / "copy", phone.server)
    shutil.copytree(phone.home, copy.home)
    phone.run(*SIGN, pin=PIN)
    assert refused(copy, *SIGN) == "KEY_FROZEN"
    return copy


def test_a_frozen_phone_comes_back_and_its_copy_does_not(phone: PhoneProgram, tmp_path: Path) -> None:
    copy = frozen_by_a_copy(phone, tmp_path)
    assert refused(phone, "recover") == "KEY_FROZEN"

    standing = reidentify(phone)

    assert (standing["state"], standing["attempts_left"], standing["lifetime_left"]) == ("frozen", 9, 50)
    assert refused(phone, *SIGN) == "KEY_FROZEN"
    phone.run("recover", pin=PIN)
    phone.run("sync")
    phone.run(*SIGN, pin=PIN)
    for words in (SIGN, ("recover",), ("sync",), ("refresh",)):
        assert refused(copy, *words) == "KEY_FROZEN"


def test_after_another_use_of_the_copy_the_phone_can_come_back_again(phone: PhoneProgram, tmp_path: Path) -> None:
    copy = frozen_by_a_copy(phone, tmp_path)
    for _ in range(2):
        reidentify(phone)
        phone.run("recover", pin=PIN)
        phone.run(*SIGN, pin=PIN)
        assert refused(copy, *SIGN) == "KEY_FROZEN"


def test_the_share_of_a_copy_is_of_no_use_even_after_its_adoption(phone: PhoneProgram, tmp_path: Path) -> None:
    copy = frozen_by_a_copy(phone, tmp_path)
    reidentify(phone)
    phone.run("recover", pin=PIN)
    assert refused(copy, *SIGN) == "KEY_FROZEN"
    reidentify(phone)
    assert refused(copy, "recover") == "UNKNOWN_SHARE"
    phone.run("recover", pin=PIN)
    phone.run(*SIGN, pin=PIN)


def test_a_phone_that_is_neither_locked_nor_frozen_is_refused(phone: PhoneProgram) -> None:
    with pytest.raises(ProgramFailed, match=r"KEY_STATE.*neither locked nor frozen"):
        reidentify(phone)
    phone.run("recover", pin=PIN)
    phone.run(*SIGN, pin=PIN)


def test_an_unbound_phone_does_not_come_back(phone: PhoneProgram) -> None:
    phone.server.control("device", "unbind", phone.run("status")["device_id"])
    with pytest.raises(ProgramFailed, match="DEVICE_UNBOUND"):
        reidentify(phone)


def test_the_token_is_rotated_while_the_server_is_stopped(tmp_path: Path) -> None:
    server = Server(tmp_path / "state", SETTINGS)
    server.folder.mkdir()
    server.start()
    try:
        phone = PhoneProgram(tmp_path / "phone", server)
        phone.enroll(server.enrolment_code("user"), "test")
        add_key(phone)
        with pytest.raises(ProgramFailed, match=r"stop cosignd first.*SERVER_RUNNING"):
            server.control("token", "rotate")
        with pytest.raises(ProgramFailed, match=r"请先停止cosignd.*SERVER_RUNNING"):
            server.control("--lang", "zh", "token", "rotate")
        server.stop()
        backup = tmp_path / "before.db"
        shutil.copy(server.folder / "cosign.db", backup)

        rotated = json.loads(server.control("--json", "token", "rotate"))

        assert (rotated["current_version"], list(rotated["check_values"])) == (2, ["2"])
        assert {path.name for path in (server.folder / "token").glob("kek-*.key")} == {"kek-2.key"}
        with sqlite3.connect(server.folder / "cosign.db") as connection:
            assert connection.execute("SELECT DISTINCT kek_version FROM share").fetchall() == [(2,)]
        connection.close()
        server.start()
        phone.run(*SIGN, pin=PIN)
        phone.run("refresh", pin=PIN)
        server.stop()
        assert "audit trail verifies" in server.control("audit", "verify")
        shutil.copy(backup, server.folder / "cosign.db")
        with pytest.raises(ProgramFailed):
            server.control("device", "list")
    finally:
        server.kill()
