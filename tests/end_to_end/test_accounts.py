"""The whole story of a new user against real programs: SMS in the sandbox, password, key, signature, second phone."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cosign.client.phone import About, LoggedOut, Phone, PhoneFault
from cosign.client.phone.errors import Rejected
from cosign.messages.adapters.sandbox import FILE, read
from demo import openssl
from demo.programs import PhoneProgram, PhoneRefused, Server, run
from protocol.codes import Purpose
from protocol.sm2 import public_key_to_pem, signature_to_der
from tests.end_to_end.conftest import CHEAP, PIN
from tests.support.clear_text import assert_absent, files

BRAND = "bzt"
NUMBER = f"138{4321:08d}"
PASSWORD = "Blue7Kites!"
SECONDS = 20.0


def code_for(server: Server, number: str, send: Callable[[], object]) -> str:
    """Runs `send` and reads the code from what the sandbox took."""
    path = server.folder / FILE

    def codes() -> list[str]:
        texts = [one.text for one in read(path) if one.channel == "sms" and one.address.endswith(number)]
        return [found[0] for text in texts if (found := re.findall(r"(?<!\d)\d{6}(?!\d)", text))]

    before = len(codes())
    send()
    end = time.monotonic() + SECONDS
    while len(codes()) == before:
        assert time.monotonic() < end, "no SMS"
        time.sleep(0.02)
    return codes()[-1]


def open_phone(server: Server, folder: Path) -> Phone:
    return Phone.open(folder, server.address, server.ca, kdf=CHEAP)


def ticket(server: Server, phone: Phone, purpose: str, number: str = NUMBER, brand: str = BRAND) -> str:
    def send() -> None:
        phone.login.send_code(brand=brand, phone_number=number, purpose=purpose)

    code = code_for(server, number, send)
    return phone.login.verify_code(brand=brand, phone_number=number, purpose=purpose, code=code)


def test_a_new_user(server: Server, tmp_path: Path) -> None:
    """R-ACC-03, 06, 07, 21, 22, 27, 29: register, sign, log in on a second phone, unbind, theft of a refresh token."""
    with open_phone(server, tmp_path / "first") as phone:
        phone.login.login_sms(ticket=ticket(server, phone, "login"), about=About(label="Maker-One-15"))
        phone.account.set_password(PASSWORD)
        assert phone.account.profile().phone_number_masked == "138****4321"
        key = phone.keygen(Purpose.SIGN, PIN)
        message = tmp_path / "message"
        message.write_bytes(b"an order")
        (signature,) = phone.sign(key.key_id, [message.read_bytes()], PIN)
        first = phone.status()
    verify(tmp_path, public_key_to_pem(key.public_key), signature)

    second = PhoneProgram(tmp_path / "second", server)
    where = ("--server", server.address, "--ca", server.ca)
    with pytest.raises(PhoneRefused) as refused:
        with_password(second, "Wrong7Words!", where)
    assert refused.value.facts["server_reason"] == "LOGIN_FAILED"
    logged = with_password(second, PASSWORD, where)
    assert logged["account_id"] == first.user_id
    assert logged["device_id"] != first.device_id
    listed = second.run("devices")["devices"]
    assert [one["device_id"] for one in listed] == [logged["device_id"], first.device_id]
    assert [row["result"] for row in second.run("logins")["logins"]] == ["ok", "LOGIN_FAILED", "ok"]

    with open_phone(server, tmp_path / "second") as phone:
        phone.account.unbind(first.device_id, ticket=ticket(server, phone, "step-up"))
        assert [one.device_id for one in phone.account.phones()] == [logged["device_id"]]
    with open_phone(server, tmp_path / "first") as lost:
        with pytest.raises(PhoneFault):
            lost.sign(key.key_id, [b"after unbinding"], PIN)
        with pytest.raises(LoggedOut):
            lost.account.profile()
    assert second.run("logout") == {"ok": True}
    with pytest.raises(PhoneRefused) as out:
        second.run("devices")
    assert out.value.reason == "LOGGED_OUT"
    assert_absent(files(server.log, server.folder / "cosign.db"), NUMBER, PASSWORD)


def test_passwords_on_the_command_line(server: Server, tmp_path: Path) -> None:
    """R-ACC-04, 18, 19, R-ADM-24: register with a password, change it, suspend, unlock, reset it."""
    number, brand = f"138{6543:08d}", "bxq"
    phone = PhoneProgram(tmp_path / "phone", server)
    where = ("--brand", brand, "--number", number, "--server", server.address, "--ca", str(server.ca))
    secrets = {"COSIGN_PASSWORD": PASSWORD, "COSIGN_NEW_PASSWORD": "Green8Boats!"}

    def talk(*words: str, **more: str) -> dict[str, object]:
        done = run(phone.command(*words), {**phone.environment(), **secrets, **more})
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def code(purpose: str) -> str:
        return code_for(server, number, lambda: talk("send-code", "--purpose", purpose, *where))

    made = talk("register", *where, "--sms-code", code("register"))
    assert made["ok"], made
    assert talk("password", "change") == {"ok": True}
    again = talk("password", "change")
    assert (again["ok"], again["server_reason"]) == (False, "LOGIN_FAILED")
    account_id = str(made["account_id"])
    assert "suspended" in server.control("account", "suspend", account_id, "--yes")
    assert talk("devices")["reason"] == "LOGGED_OUT"
    refused = talk("login", "--by-password", *where, COSIGN_PASSWORD="Green8Boats!")
    assert refused["server_reason"] == "ACCOUNT_SUSPENDED"
    assert "active" in server.control("account", "unlock", account_id)
    assert account_id in server.control("account", "find", "--brand", brand, "--number", number)
    assert talk("password", "reset", *where, "--sms-code", code("reset-password"), COSIGN_PASSWORD="Third9Words!")["ok"]
    logged = talk("login", "--by-password", *where, COSIGN_PASSWORD="Third9Words!")
    assert (logged["account_id"], logged["device_id"]) == (account_id, made["device_id"])


def test_a_stolen_refresh_token_ends_the_family(server: Server, tmp_path: Path) -> None:
    """R-ACC-29: replay of an old refresh token: both, owner and thief, are out; the owner logs in again."""
    number = f"138{7654:08d}"
    with open_phone(server, tmp_path / "phone") as phone:
        phone.login.login_sms(ticket=ticket(server, phone, "login", number), about=About(label="Maker-One-15"))
        engine = phone._engine
        assert engine.home.state.login is not None
        stolen = engine.home.state.login
        for _ in range(2):
            phone.login._token = ""
            phone.account.profile()
        present = engine.home.state.login
        assert present is not None
        assert present.refresh_token != stolen.refresh_token
        engine.home.state.login = stolen
        phone.login._token = ""
        with pytest.raises(LoggedOut) as out:
            phone.account.profile()
        assert out.value.detail == "SESSION_REPLACED"
        engine.home.state.login = present
        with pytest.raises(LoggedOut):
            phone.account.profile()


def test_a_thief_without_the_device_key(server: Server, tmp_path: Path) -> None:
    """R-ACC-29: bound to the device key; the stolen token is worthless from then on."""
    number = f"138{7777:08d}"
    with open_phone(server, tmp_path / "phone") as phone, open_phone(server, tmp_path / "thief") as thief:
        phone.login.login_sms(ticket=ticket(server, phone, "login", number), about=About(label="Maker-One-15"))
        thief._engine.home.state.login = phone._engine.home.state.login
        thief._engine.home.state.user_id = phone._engine.home.state.user_id
        with pytest.raises(LoggedOut):
            thief.account.profile()
        phone.login._token = ""
        with pytest.raises(LoggedOut):
            phone.account.profile()


def test_a_cancelled_account(server: Server, tmp_path: Path) -> None:
    """R-ACC-25: keys can never be used again; the number may register anew."""
    number = f"138{8888:08d}"
    with open_phone(server, tmp_path / "phone") as phone:
        phone.login.login_sms(ticket=ticket(server, phone, "login", number, "zb"), about=About(label="Maker-One-15"))
        key = phone.keygen(Purpose.SIGN, PIN)
        account_id = phone.status().user_id
        assert phone.account.cancellation_blockers() == []
        with pytest.raises(Rejected):
            phone.account.cancel(ticket="made-up")
        phone.account.cancel(ticket=ticket(server, phone, "step-up", number, "zb"), reason="no more use")
        with pytest.raises(PhoneFault):
            phone.sign(key.key_id, [b"after cancellation"], PIN)
    shown = server.control("account", "show", account_id)
    assert "cancelled" in shown
    assert number not in shown


def with_password(program: PhoneProgram, password: str, where: tuple[object, ...]) -> dict[str, object]:
    """`cosign-phone login --by-password`."""
    file = program.home.with_suffix(".password")
    file.write_text(password)
    words = ("login", "--by-password", "--brand", BRAND, "--number", NUMBER, "--password-file", file, *where)
    return program.run(*(str(word) for word in words))


def verify(folder: Path, pem: str, signature: bytes) -> None:
    """OpenSSL accepts r‖s as DER over the file `message`."""
    (folder / "pub.pem").write_text(pem)
    (folder / "message.sig").write_bytes(signature_to_der(signature))
    openssl.verify_file(folder / "pub.pem", folder / "message", folder / "message.sig")
