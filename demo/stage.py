"""What the steps of the demo share."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from demo.programs import PhoneProgram, PhoneRefused, Server
from demo.report import Report, StepFailed
from protocol import pin as pin_rules
from protocol.errors import MalformedMessage


@dataclass(slots=True)
class Stage:
    """One run of the demo."""

    report: Report
    server: Server
    folder: Path
    """Temporary: homes of the phones."""
    build: Path
    """Artefacts."""
    phone: PhoneProgram
    second: PhoneProgram
    pin: str
    new_pin: str
    number: str
    """Mobile number of the user."""
    agreement: str = ""
    """Document id."""
    device_id: str = ""
    """Of the first phone."""
    second_device_id: str = ""
    second_key: str = ""
    sign_key: str = ""
    decrypt_key: str = ""
    ecdsa_key: str = ""

    def where(self) -> tuple[str, ...]:
        """Server and CA, for a home that does not know them yet."""
        return ("--server", self.server.address, "--ca", str(self.server.ca))


def set_stage(report: Report, server: Server, folder: Path, build: Path) -> Stage:
    """A stage with two phones, and a number and PINs that nobody can know."""
    phone, second = (PhoneProgram(folder / name, server) for name in ("phone", "second"))
    return Stage(report, server, folder, build, phone, second, _new_pin(), _new_pin(), _new_number())


def _new_pin() -> str:
    """A random PIN of six digits that is not on the deny-list (PIN-7)."""
    while True:
        pin = f"{secrets.randbelow(10**6):06}"
        try:
            pin_rules.check(pin)
        except MalformedMessage:
            continue
        return pin


def _new_number() -> str:
    """A random mobile number; those that end in 0000 to 0999 make the sandbox fail."""
    return f"138{secrets.randbelow(10**4):04}{1000 + secrets.randbelow(9000)}"


def refused(phone: PhoneProgram, *words: str | Path, reason: str, pin: str = "") -> PhoneRefused:
    """Runs a command that must be refused for `reason`, of the phone or of the server, and returns the refusal."""
    try:
        phone.run(*words, pin=pin)
    except PhoneRefused as refusal:
        if reason not in {refusal.reason, refusal.facts.get("server_reason")}:
            raise StepFailed(f"expected {reason}, saw {refusal}") from None
        return refusal
    raise StepFailed("the command was not refused")
