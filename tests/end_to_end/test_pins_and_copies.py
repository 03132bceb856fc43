"""Wrong PINs, locks, copies and two processes on one home, with real programs."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cosign.client.phone.refusals import KeyLocked, PinIncorrect
from demo.programs import PhoneProgram, PhoneRefused
from protocol.codes import Purpose
from tests.end_to_end.conftest import NEW_PIN, PIN, WRONG_PIN, MakePhone, add_key, issue, open_sdk

SIGN = ("sign-digest", "--digest", "11" * 32)


@pytest.fixture
def phone(make_phone: MakePhone) -> PhoneProgram:
    """A phone with one signing key."""
    program = make_phone()
    add_key(program)
    return program


def refused(program: PhoneProgram, *words: str | Path, pin: str = PIN, new_pin: str = "") -> PhoneRefused:
    with pytest.raises(PhoneRefused) as refusal:
        program.run(*words, pin=pin, new_pin=new_pin)
    return refusal.value


def test_wrong_pins_are_counted_and_lead_to_a_lock(phone: PhoneProgram) -> None:
    for left in (8, 7, 6):
        refusal = refused(phone, *SIGN, pin=WRONG_PIN)
        assert (refusal.reason, refusal.facts["attempts_left"]) == ("PIN_INCORRECT", left)
    assert 0 < refusal.facts["retry_after_s"] <= 900
    locked = refused(phone, *SIGN)
    assert locked.reason == "KEY_LOCKED"
    assert 0 < locked.facts["retry_after_s"] <= 900


def test_one_budget_for_all_keys_and_operations(phone: PhoneProgram) -> None:
    add_key(phone, Purpose.DECRYPT)
    key_id = phone.run("status")["keys"][0]["key_id"]
    assert refused(phone, *SIGN, pin=WRONG_PIN).facts["attempts_left"] == 8
    assert refused(phone, "refresh", "--key", key_id, pin=WRONG_PIN).facts["attempts_left"] == 7
    change = ("change-pin", "--key", key_id)
    assert refused(phone, *change, pin=WRONG_PIN, new_pin=NEW_PIN).facts["attempts_left"] == 6


def test_a_right_pin_gives_all_attempts_back(phone: PhoneProgram) -> None:
    assert refused(phone, *SIGN, pin=WRONG_PIN).facts["attempts_left"] == 8
    phone.run(*SIGN, pin=PIN)
    assert refused(phone, *SIGN, pin=WRONG_PIN).facts["attempts_left"] == 8


def test_the_old_pin_is_wrong_after_a_change(phone: PhoneProgram) -> None:
    phone.run("change-pin", pin=PIN, new_pin=NEW_PIN)
    assert refused(phone, *SIGN, pin=PIN).reason == "PIN_INCORRECT"
    phone.run(*SIGN, pin=NEW_PIN)


def test_an_unsuitable_new_pin_is_refused_without_asking_the_server(phone: PhoneProgram) -> None:
    assert refused(phone, "change-pin", new_pin="123456").reason == "PIN_UNSUITABLE"
    phone.run(*SIGN, pin=PIN)


def test_a_copied_phone_is_frozen_at_its_first_use(phone: PhoneProgram, tmp_path: Path) -> None:
    copy = PhoneProgram(tmp_path / "copy", phone.server)
    shutil.copytree(phone.home, copy.home)
    phone.run(*SIGN, pin=PIN)
    assert refused(copy, *SIGN).reason == "KEY_FROZEN"
    assert refused(copy, "sync", pin="").reason == "KEY_FROZEN"
    assert refused(phone, *SIGN).reason == "KEY_FROZEN"


def test_a_second_process_on_one_home_is_told_to_wait(phone: PhoneProgram) -> None:
    with open_sdk(phone):
        refusal = refused(phone, *SIGN)
    assert refusal.reason == "HOME_IN_USE"
    assert "locked by process" in refusal.facts["detail"]
    phone.run(*SIGN, pin=PIN)


def test_of_many_processes_at_once_every_one_signs_or_is_told_to_wait(phone: PhoneProgram) -> None:
    def attempt(_number: int) -> str:
        try:
            phone.run(*SIGN, pin=PIN)
        except PhoneRefused as refusal:
            return refusal.reason
        return "signed"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert "signed" in outcomes
    assert set(outcomes) <= {"signed", "HOME_IN_USE"}
    phone.run(*SIGN, pin=PIN)


def test_threads_of_one_phone_are_served_one_after_another(phone: PhoneProgram) -> None:
    with open_sdk(phone) as sdk:
        key_id = sdk.only_key(Purpose.SIGN).key_id
        with sdk.unlock(key_id, PIN) as unlocked, ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(sdk.sign, key_id, [b"m"], unlocked) for _ in range(40)]
            assert all(job.result() for job in jobs)
        assert sdk.status().open_requests == 0


def test_a_hundred_guesses_from_one_phone_use_up_three_attempts_and_lock(phone: PhoneProgram) -> None:
    with open_sdk(phone) as sdk:
        key_id = sdk.only_key(Purpose.SIGN).key_id
        with sdk.unlock(key_id, WRONG_PIN) as unlocked:
            for _ in range(3):
                with pytest.raises(PinIncorrect):
                    sdk.sign(key_id, [b"m"], unlocked)
            for _ in range(97):
                with pytest.raises(KeyLocked):
                    sdk.sign(key_id, [b"m"], unlocked)


def test_a_device_that_was_unbound_gets_nothing(phone: PhoneProgram) -> None:
    device_id = phone.run("status")["device_id"]
    phone.server.control("device", "unbind", device_id)
    assert refused(phone, *SIGN).reason in ("DEVICE_PROOF_INVALID", "KEY_FROZEN", "UNKNOWN_SHARE")


def test_a_frozen_key_is_stopped_and_works_again_after_unfreezing(phone: PhoneProgram) -> None:
    key_id = phone.run("status")["keys"][0]["key_id"]
    phone.server.control("key", "freeze", key_id)
    assert refused(phone, *SIGN).reason == "KEY_FROZEN"
    phone.server.control("key", "unfreeze", key_id)
    phone.run(*SIGN, pin=PIN)
    phone.server.control("key", "revoke", key_id)
    assert refused(phone, *SIGN).reason == "UNKNOWN_SHARE"


def test_a_used_code_enrols_nobody_else(phone: PhoneProgram, tmp_path: Path) -> None:
    code = issue(phone.server)
    PhoneProgram(tmp_path / "one", phone.server).enroll(code, "one")
    with pytest.raises(PhoneRefused) as refusal:
        PhoneProgram(tmp_path / "two", phone.server).enroll(code, "two")
    assert refusal.value.facts["server_reason"] == "ENROLMENT_CODE_INVALID"


def test_no_pin_is_visible_in_the_process_list_or_the_server_log(phone: PhoneProgram) -> None:
    with subprocess.Popen(
        phone.command(*SIGN), env=phone.environment(PIN), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.communicate()
    assert PIN.encode() not in command
    assert PIN not in phone.server.log.read_text(encoding="utf-8")
