"""Transcripts of `cosign-phone`: what people and machines read, and the three exit statuses."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from demo import openssl
from demo.programs import PhoneProgram, Server, run
from tests.end_to_end.conftest import NEW_PIN, PIN, WRONG_PIN, MakePhone, add_key, issue

SIGN = ("sign-digest", "--digest", "11" * 32)


def talk(phone: PhoneProgram, *words: str | Path, pin: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a command as a person would, without --json."""
    command = [word for word in phone.command(*words) if word != "--json"]
    return run(command, {**phone.environment(pin), "LANG": "C"})


@pytest.fixture
def phone(make_phone: MakePhone) -> PhoneProgram:
    """A phone with one signing key."""
    program = make_phone()
    add_key(program)
    return program


def test_a_first_hour_on_the_command_line(server: Server, tmp_path: Path) -> None:
    phone = PhoneProgram(tmp_path / "phone", server)
    where = ("--server", server.address, "--ca", server.ca)
    enrolled = talk(phone, "enroll", "--code", issue(server), "--name", "工作手机", *where)
    assert enrolled.stdout.startswith("Enrolled as dev_")
    made = talk(phone, "keygen", "--purpose", "sign", pin=PIN)
    assert made.stdout.endswith("is ready.\n")
    assert talk(phone, "pubkey", "--out", tmp_path / "pub.pem").stdout == f"Wrote {tmp_path / 'pub.pem'}.\n"
    (tmp_path / "m").write_text("message")
    signed = talk(phone, "sign", "--in", tmp_path / "m", "--out", tmp_path / "s.der", pin=PIN)
    assert signed.stdout == f"Signed 1 file(s) with {made.stdout.split()[0]}.\n"
    openssl.verify_file(tmp_path / "pub.pem", tmp_path / "m", tmp_path / "s.der")
    status = talk(phone, "status").stdout
    assert "工作手机" in status
    assert "sign  active" in status
    assert "Open requests  0" in status
    assert talk(phone, "sync").stdout == "Heartbeat: in step with the server.\n"
    for done in (enrolled, made, signed):
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command", ["enroll", "keygen", "pubkey", "sign", "decrypt", "change-pin", "refresh", "status"]
)
def test_every_command_explains_itself(command: str) -> None:
    done = run([sys.executable, "-m", "cosign.cli.cosign_phone", command, "--help"], PhoneProgram.environment())
    assert done.returncode == 0
    for option in ("--home", "--server", "--ca", "--json"):
        assert option in done.stdout


def test_a_wrong_pin_is_status_1_in_both_languages(phone: PhoneProgram) -> None:
    english = talk(phone, *SIGN, pin=WRONG_PIN)
    assert (english.returncode, english.stdout) == (1, "")
    assert english.stderr == "cosign-phone: The PIN is wrong; 8 attempts left.\n"
    chinese = talk(phone, *SIGN, "--lang", "zh", pin=WRONG_PIN)
    assert chinese.stderr == "cosign-phone: PIN码错误，还可尝试7次。\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("sign", "--in", "missing-file", "--out", "x"),
        ("sign-digest", "--digest", "xyz"),
        ("sign-digest", "--digest", "11"),
        ("keygen", "--purpose", "login"),
        ("decrypt", "--in", __file__, "--in", __file__, "--out", "x"),
        SIGN,
    ],
    ids=["nothing", "no command", "no file", "no hex", "short", "purpose", "outputs", "no pin"],
)
def test_wrong_usage_is_status_2(phone: PhoneProgram, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "cosign.cli.cosign_phone", *words, *(("--home", str(phone.home)) if words else ())]
    done = run(command, phone.environment())
    assert done.returncode == 2
    assert done.stdout == "" or not words


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("sign-digest", "--key", "key_unknown", "--digest", "11" * 32), "KEY_UNKNOWN"),
        (("sign-digest", "--digest", "00" * 32), "INPUT_REFUSED"),
        (("decrypt", "--in", __file__, "--out", "x"), "KEY_UNKNOWN"),
        (("enroll", "--code", "AAAA-BBBB-CCCC"), "ALREADY_ENROLLED"),
        (("refresh", "--key", "key_unknown"), "KEY_UNKNOWN"),
    ],
)
def test_a_refusal_is_status_1_with_a_reason(phone: PhoneProgram, words: tuple[str, ...], reason: str) -> None:
    done = run(phone.command(*words), phone.environment(PIN))
    assert done.returncode == 1
    assert f'"reason": "{reason}"' in done.stdout


def test_a_home_without_a_phone_is_refused(server: Server, tmp_path: Path) -> None:
    done = talk(PhoneProgram(tmp_path / "nothing", server), "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert "not enrolled" in done.stderr


def test_without_its_ca_the_server_is_not_reached(server: Server, tmp_path: Path) -> None:
    phone = PhoneProgram(tmp_path / "phone", server)
    done = talk(phone, "enroll", "--code", issue(server), "--server", server.address)
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr


def test_a_server_that_is_away_is_reported(phone: PhoneProgram, server: Server) -> None:
    server.kill()
    try:
        done = talk(phone, *SIGN, pin=PIN)
        assert done.returncode == 1
        assert "cannot be reached" in done.stderr
    finally:
        server.start()
    assert talk(phone, *SIGN, pin=PIN).returncode == 0


def test_the_pin_file_and_digest_outputs(phone: PhoneProgram, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text(PIN + "\n")
    outs = ("--out", tmp_path / "1.der", "--out", tmp_path / "2.der")
    digests = ("--digest", "11" * 32, "--digest", "22" * 32)
    answer = phone.run("sign-digest", *digests, *outs, "--pin-file", tmp_path / "pin")
    assert [(tmp_path / f"{n}.der").read_bytes().hex() for n in (1, 2)] == answer["signatures"]


def test_more_than_256_files_are_signed_under_one_pin_entry(phone: PhoneProgram, tmp_path: Path) -> None:
    files = [tmp_path / f"m{i}" for i in range(300)]
    for file in files:
        file.write_text(file.name)
    (tmp_path / "out").mkdir()
    phone.run("pubkey", "--out", tmp_path / "pub.pem")
    phone.run("sign", *(word for f in files for word in ("--in", f)), "--out", tmp_path / "out", pin=PIN)
    for file in (files[0], files[255], files[256], files[299]):
        openssl.verify_file(tmp_path / "pub.pem", file, tmp_path / "out" / f"{file.name}.sig.der")


def test_pins_are_asked_for_on_a_terminal_and_not_shown(phone: PhoneProgram) -> None:
    master, slave = pty.openpty()
    command = [word for word in phone.command("change-pin") if word != "--json"]
    process = subprocess.Popen(
        command, env=phone.environment(), stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    shown = b""
    for prompt, answer in ((b"Old PIN: ", PIN), (b"New PIN: ", NEW_PIN), (b"Repeat for confirmation: ", NEW_PIN)):
        while not shown.endswith(prompt):
            shown += os.read(master, 1)
        os.write(master, answer.encode() + b"\n")
    while True:
        try:
            shown += os.read(master, 1024)
        except OSError:
            break
    os.close(master)
    assert process.wait() == 0
    assert shown.rstrip().endswith(b"PIN changed.")
    assert PIN.encode() not in shown
    assert NEW_PIN.encode() not in shown
    assert talk(phone, *SIGN, pin=NEW_PIN).returncode == 0
