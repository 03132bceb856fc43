"""The steps of the demo, in order. Each one raises when it sees something else than it must see."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from demo import account, openssl
from demo.programs import PhoneProgram, Server
from demo.report import Report, StepFailed
from demo.stage import Stage, refused, set_stage
from protocol import sm2

RUN_LENGTH: Final = 40
"""Signatures of the run in which the server is killed."""

KILL_AFTER: Final = 12
"""Acknowledged signatures after which it is killed."""

MESSAGES: Final = (
    "投标文件：第一标段，报价人民币 1,280,000 元。\n",
    "Tender 2 of 3: delivery within 45 days, warranty 24 months.\n",
    "Letter of authorisation for the bid opening.\n",
)


def run_all(report: Report, server: Server, folder: Path, build: Path) -> None:
    """Runs every step; stops at the first that fails."""
    stage = set_stage(report, server, folder, build)
    steps = (
        _start,
        account.publish_agreement,
        account.choose_brand,
        account.log_in,
        account.verify_identity,
        _make_keys,
        _sign_files,
        _decrypt,
        _sign_ecdsa,
        _change_pin,
        _old_pin,
        account.log_in_on_a_second_phone,
        _copied_phone,
        account.unbind_it,
        _kill_and_restart,
        account.log_out,
        _audit,
    )
    for step in steps:
        step(stage)


def _start(stage: Stage) -> None:
    with stage.report.step("start", "Start cosignd: SQLite, software token, TLS 1.3") as step:
        stage.server.folder.mkdir()
        stage.server.start()
        step.note(f"process {stage.server.pid} listens on {stage.server.address}")


def _make_keys(stage: Stage) -> None:
    with stage.report.step("keygen_sign", "Generate the signing key: one share here, one there") as step:
        stage.sign_key = stage.phone.run("keygen", "--purpose", "sign", pin=stage.pin)["key_id"]
        stage.phone.run("pubkey", "--key", stage.sign_key, "--out", stage.build / "pub.pem")
        step.note(f"{stage.sign_key}, public key in pub.pem")
    with stage.report.step("keygen_decrypt", "Generate the decryption key") as step:
        stage.decrypt_key = stage.phone.run("keygen", "--purpose", "decrypt", pin=stage.pin)["key_id"]
        stage.phone.run("pubkey", "--key", stage.decrypt_key, "--out", stage.build / "pub-decrypt.pem")
        step.note(f"{stage.decrypt_key}, public key in pub-decrypt.pem")


def _sign_files(stage: Stage) -> None:
    numbers = range(1, len(MESSAGES) + 1)
    for number, message in zip(numbers, MESSAGES, strict=True):
        (stage.build / f"message-{number}.txt").write_text(message, encoding="utf-8")
    with stage.report.step("sign", "Sign three files under one PIN entry"):
        pairs = [("--in", _message(stage.build, n), "--out", _signature(stage.build, n)) for n in numbers]
        stage.phone.run("sign", "--key", stage.sign_key, *(word for pair in pairs for word in pair), pin=stage.pin)
    with stage.report.step("verify", "OpenSSL verifies the three signatures and refuses an altered file"):
        for number in numbers:
            openssl.verify_file(stage.build / "pub.pem", _message(stage.build, number), _signature(stage.build, number))
        _must_not_verify(stage.build / "pub.pem", _message(stage.build, 2), _signature(stage.build, 1))


def _decrypt(stage: Stage) -> None:
    plain, cipher, out = (stage.build / name for name in ("plain.txt", "cipher.der", "decrypted.txt"))
    with stage.report.step("decrypt", "OpenSSL encrypts, phone and server decrypt together"):
        plain.write_text("Bid price, sealed until the opening: 1,280,000\n", encoding="utf-8")
        openssl.encrypt_file(stage.build / "pub-decrypt.pem", plain, cipher)
        stage.phone.run("decrypt", "--key", stage.decrypt_key, "--in", cipher, "--out", out, pin=stage.pin)
        if out.read_bytes() != plain.read_bytes():
            raise StepFailed("the decrypted text differs")


def _sign_ecdsa(stage: Stage) -> None:
    with stage.report.step("keygen_ecdsa", "Generate an ECDSA key with its oblivious-transfer set-up") as step:
        words = ("keygen", "--purpose", "sign", "--algorithm", "ecdsa-p256")
        stage.ecdsa_key = stage.phone.run(*words, pin=stage.pin)["key_id"]
        stage.phone.run("pubkey", "--key", stage.ecdsa_key, "--out", stage.build / "pub-ecdsa.pem")
        step.note(f"{stage.ecdsa_key}, public key in pub-ecdsa.pem")
    with stage.report.step("sign_ecdsa", "Sign two files with ECDSA; OpenSSL verifies them with SHA-256"):
        _ecdsa_signatures(stage, stage.pin)


def _ecdsa_signatures(stage: Stage, pin: str) -> None:
    outputs = {number: stage.build / f"signature-ecdsa-{number}.der" for number in (1, 2)}
    pairs = [("--in", _message(stage.build, number), "--out", out) for number, out in outputs.items()]
    stage.phone.run("sign", "--key", stage.ecdsa_key, *(word for pair in pairs for word in pair), pin=pin)
    for number, out in outputs.items():
        openssl.verify_ecdsa_file(stage.build / "pub-ecdsa.pem", _message(stage.build, number), out)


def _change_pin(stage: Stage) -> None:
    with stage.report.step("change_pin", "Change the PIN: both shares are renewed, the public keys stay"):
        stage.phone.run("change-pin", pin=stage.pin, new_pin=stage.new_pin)


def _old_pin(stage: Stage) -> None:
    words = ("sign", "--key", stage.sign_key, "--in", _message(stage.build, 1), "--out", stage.folder / "again.der")
    with stage.report.step("old_pin", "The old PIN is refused, and the server counts it") as step:
        refusal = refused(stage.phone, *words, reason="PIN_INCORRECT", pin=stage.pin)
        step.note(f"{refusal.facts['attempts_left']} attempts left")
    with stage.report.step("new_pin", "The new PIN signs; OpenSSL verifies"):
        stage.phone.run(*words, pin=stage.new_pin)
        openssl.verify_file(stage.build / "pub.pem", _message(stage.build, 1), stage.folder / "again.der")
        _ecdsa_signatures(stage, stage.new_pin)


def _copied_phone(stage: Stage) -> None:
    thief = PhoneProgram(stage.folder / "copy", stage.server)
    out = stage.folder / "second.der"
    words = ("sign", "--key", stage.second_key, "--in", _message(stage.build, 1), "--out", out)
    with stage.report.step("copy", "Copy the second phone; the copy is frozen at its first use") as step:
        shutil.copytree(stage.second.home, thief.home)
        stage.second.run(*words, pin=stage.pin)
        openssl.verify_file(stage.folder / "second.pem", _message(stage.build, 1), out)
        out.unlink()
        refused(thief, *words, reason="KEY_FROZEN", pin=stage.pin)
        if out.exists():
            raise StepFailed("the copy has a signature")
        step.note("the copy had the right PIN; it got nothing, and its device is stopped")


def _kill_and_restart(stage: Stage) -> None:
    folder = stage.build / "run"
    folder.mkdir()
    with stage.report.step("kill", f"Kill the server (SIGKILL) during {RUN_LENGTH} signatures, restart it") as step:
        lost = _interrupted_run(stage, folder)
        step.note(f"killed after {KILL_AFTER} signatures; the phone tried {lost} times in vain, then went on")
    with stage.report.step("run_valid", f"OpenSSL verifies all {RUN_LENGTH} signatures of that run"):
        for number in range(1, RUN_LENGTH + 1):
            openssl.verify_file(stage.build / "pub.pem", _message(folder, number), _signature(folder, number))


def _interrupted_run(stage: Stage, folder: Path) -> int:
    """Kills and restarts the server while a phone signs; returns how many attempts got no answer."""
    command = [sys.executable, "-m", "demo.signer", str(stage.phone.home), stage.sign_key, str(RUN_LENGTH), str(folder)]
    lost = done = 0
    with subprocess.Popen(
        command, env=PhoneProgram.environment(stage.new_pin), stdout=subprocess.PIPE, text=True
    ) as signer:
        assert signer.stdout is not None
        try:
            for line in signer.stdout:
                lost += line.startswith("lost")
                done += line.startswith("done")
                if line.split()[:2] == ["done", str(KILL_AFTER)]:
                    stage.server.kill()
                    stage.server.start()
        finally:
            signer.kill()
    if done != RUN_LENGTH:
        raise StepFailed(f"{done} of {RUN_LENGTH} signatures were made")
    return lost


def _audit(stage: Stage) -> None:
    with stage.report.step("audit", "cosignctl verifies the audit chain: every signature has its row") as step:
        stage.server.stop()
        report = json.loads(stage.server.control("--json", "audit", "verify"))
        if not report["ok"]:
            raise StepFailed(f"the audit chain does not verify: {report['findings']}")
        recorded = _recorded_digests(stage)
        public_key = sm2.public_key_from_pem((stage.build / "pub.pem").read_text(encoding="ascii"))
        runs = ((stage.build, len(MESSAGES)), (stage.build / "run", RUN_LENGTH))
        messages = [_message(folder, number) for folder, count in runs for number in range(1, count + 1)]
        lost = [path for path in messages if sm2.digest(public_key, path.read_bytes()) not in recorded]
        if lost:
            raise StepFailed(f"no audit row for {lost[0]} and {len(lost) - 1} other(s)")
        step.note(f"{report['rows']} rows verify; all {len(messages)} signatures of this phone are recorded")


def _recorded_digests(stage: Stage) -> set[bytes]:
    """Digests of all operations that the audit trail reports as done."""
    rows = [json.loads(line) for line in stage.server.control("audit", "export").splitlines()]
    done = [bytes.fromhex(row["digests"]) for row in rows if row.get("outcome") == "right"]
    return {joined[start : start + 32] for joined in done for start in range(0, len(joined), 32)}


def _message(folder: Path, number: int) -> Path:
    return folder / f"message-{number}.txt"


def _signature(folder: Path, number: int) -> Path:
    return folder / f"signature-{number}.der"


def _must_not_verify(public_key: Path, message: Path, signature: Path) -> None:
    try:
        openssl.verify_file(public_key, message, signature)
    except openssl.OpensslRefused:
        return
    raise StepFailed("OpenSSL accepts a signature over another file")
