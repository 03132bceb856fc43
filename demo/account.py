"""The steps of a user: brand, agreement, SMS code, account, password, messages, a second phone, unbinding, logout."""

import json
import re
import secrets
import time
from pathlib import Path
from typing import Final

from stdnum.cn import ric

from cosign.messages.adapters import sandbox
from demo.report import StepFailed
from demo.stage import Stage, refused

BRAND: Final = "ept"
CAPTCHA_BRAND: Final = "net"
"""A brand that asks for an image captcha before every SMS code."""

NAME: Final = "甲乙丙"
AGREEMENT: Final = "# 用户协议\n\nThe demo asks every user to accept this text.\n"
_SMS_SECONDS: Final = 20.0


def publish_agreement(stage: Stage) -> None:
    """What nobody can log in without."""
    with stage.report.step("agreement", "The operator publishes a user agreement") as step:
        body = stage.folder / "agreement.md"
        body.write_text(AGREEMENT, encoding="utf-8")
        words = ("--brand", BRAND, "--kind", "user_agreement", "--title-zh", "用户协议", "--body-zh", str(body))
        stage.agreement = str(json.loads(stage.server.control("--json", "content", "draft", *words))["id"])
        stage.server.control("content", "publish", stage.agreement)
        step.note(f"{stage.agreement}; login and registration ask for it from now on")


def choose_brand(stage: Stage) -> None:
    """Everything an app must know before it shows its login page."""
    with stage.report.step("brand", "A guest chooses a brand and sees what its app offers") as step:
        shown = stage.phone.run("brand", "show", "--brand", BRAND, *stage.where())
        if [one["document_id"] for one in shown["documents"]] != [stage.agreement]:
            raise StepFailed("the brand does not show the agreement")
        step.note(f"{shown['title']}: {', '.join(shown['login_methods'])}")
    with stage.report.step("captcha", "Another brand asks for an image captcha first") as step:
        words = ("--brand", CAPTCHA_BRAND, "--number", stage.number, *stage.where())
        refused(stage.phone, "send-code", *words, reason="CAPTCHA_WRONG")
        stage.phone.run("captcha", "--brand", CAPTCHA_BRAND, "--out", stage.build / "captcha.png", *stage.where())
        step.note("no SMS without an answer; a picture to read is in captcha.png")


def log_in(stage: Stage) -> None:
    """The first login of a number makes its account."""
    with stage.report.step("sms", "An SMS code goes to the number of the user") as step:
        code = _code(stage, "login")
        step.note(f"the sandbox took it instead of sending it: {code}")
    with stage.report.step("login", "The user accepts the agreement and logs in; the account is made") as step:
        words = ("--brand", BRAND, "--number", stage.number, "--sms-code", code, "--name", "Demo phone")
        made = stage.phone.run("login", *words, "--accept", stage.agreement, *stage.where())
        stage.device_id = str(made["device_id"])
        step.note(f"{made['account_id']} on {made['device_id']}")
    with stage.report.step("consent", "The consent is kept as evidence") as step:
        (kept,) = stage.phone.run("agreements", "accepted", "--brand", BRAND)["consents"]
        step.note(f"{kept['kind']}, version {kept['version']}, accepted at {kept['accepted_at']}")
    with stage.report.step("password", "The user sets a password"):
        stage.phone.run("password", "set", "--password-file", _password_file(stage))


def verify_identity(stage: Stage) -> None:
    """Name and number go to a provider; nothing of them is kept in the clear."""
    with stage.report.step("identity", "The user's real name is verified by the sandbox of a provider") as step:
        person = stage.folder / "person.json"
        person.write_text(json.dumps({"name": NAME, "document_number": _document_number()}), encoding="utf-8")
        made = stage.phone.run("verify-identity", "--person", person)
        step.note(f"{made['method']}: {made['state']}, level {made['level']}, shown as {made['name']}")


def log_in_on_a_second_phone(stage: Stage) -> None:
    """The same account on another phone, with a key of its own; the first phone hears of it."""
    words = ("login", "--by-password", "--brand", BRAND, "--number", stage.number, "--name", "Second phone")
    with stage.report.step("second_phone", "Log in by password on a second phone, and make a key there") as step:
        logged = stage.second.run(*words, "--password-file", _password_file(stage), *stage.where())
        stage.second_device_id = str(logged["device_id"])
        stage.second_key = stage.second.run("keygen", "--purpose", "sign", pin=stage.pin)["key_id"]
        stage.second.run("pubkey", "--key", stage.second_key, "--out", stage.folder / "second.pem")
        listed = [one["device_id"] for one in stage.second.run("devices")["devices"]]
        if listed != [stage.second_device_id, stage.device_id]:
            raise StepFailed(f"the account has the devices {listed}")
        step.note(f"{stage.second_device_id}; the account has two phones now")
    with stage.report.step("messages", "A message on the first phone tells of the second") as step:
        told = [one for one in stage.phone.run("messages", "list")["messages"] if one["kind"] == "new_device"]
        if len(told) != 1:
            raise StepFailed(f"{len(told)} messages tell of a new device")
        step.note(f"{told[0]['title']}: {told[0]['text']}")


def unbind_it(stage: Stage) -> None:
    """What the owner does who reads that message and does not know the phone, or has lost it."""
    with stage.report.step("unbind", "Unbind the second phone from the first, with an SMS code") as step:
        words = ("--device", stage.second_device_id, "--brand", BRAND, "--number", stage.number)
        left = stage.phone.run("unbind", *words, "--sms-code", _code(stage, "step-up"))["left"]
        refused(stage.second, "devices", reason="LOGGED_OUT")
        step.note(f"{left} phone left; the other one is logged out, its key can never be used again")


def log_out(stage: Stage) -> None:
    """The session ends at once."""
    with stage.report.step("logout", "Log out; the phone's session is over"):
        stage.phone.run("logout")
        refused(stage.phone, "messages", "list", reason="LOGGED_OUT")


def _code(stage: Stage, purpose: str) -> str:
    """Has a code sent and reads it where the sandbox keeps what it took."""
    before = len(_codes(stage))
    words = ("--brand", BRAND, "--number", stage.number, "--purpose", purpose)
    stage.phone.run("send-code", *words, *stage.where())
    end = time.monotonic() + _SMS_SECONDS
    while len(codes := _codes(stage)) == before:
        if time.monotonic() > end:
            raise StepFailed("no SMS")
        time.sleep(0.05)
    return codes[-1]


def _codes(stage: Stage) -> list[str]:
    taken = sandbox.read(stage.server.folder / sandbox.FILE)
    texts = [one.text for one in taken if one.channel == "sms" and one.address.endswith(stage.number)]
    return [found[0] for text in texts if (found := re.findall(r"(?<!\d)\d{6}(?!\d)", text))]


def _document_number() -> str:
    """A random number of a resident identity card (GB 11643) with a right check digit."""
    body = f"11010119800229{secrets.randbelow(1000):03}"
    return body + str(ric.calc_check_digit(body + "0"))


def _password_file(stage: Stage) -> Path:
    path = stage.folder / "password"
    if not path.exists():
        path.write_text(f"Blue{secrets.token_hex(2)}Kites!", encoding="utf-8")
    return path
