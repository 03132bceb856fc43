"""Logins without SMS or password against real programs: by a co-signed challenge, and of a computer."""

import json
import threading
from pathlib import Path

import pytest

from cosign.accounts import mark_verified
from cosign.client.computer import Computer, ComputerLogin, NotLetIn
from cosign.client.phone import About, LoggedOut, PhoneFault, open_channel
from cosign.client.phone.errors import Rejected
from cosign.server import operator_wiring
from cosign.server.accounts_wiring import operator_accounts
from cosign.server.config import load
from cosign.store.unit_of_work import writing
from demo.programs import PhoneProgram, Server, run
from protocol.codes import Purpose
from tests.end_to_end.conftest import PIN, WRONG_PIN
from tests.end_to_end.test_accounts import code_for, open_phone, ticket
from tests.support.clear_text import assert_absent, files

BRAND = "cosign"
"""Offers every way."""
NUMBER = f"138{8765:08d}"
OTHER = f"139{8765:08d}"
DOCUMENT = "110101199003079991"
NAME = "张某某"
SECONDS = 20.0


def verify(server: Server, account_id: str) -> None:
    """What a real-name check does at its end."""
    config = load(environ=server._environment)
    with operator_wiring.operator(config) as operator, writing(operator.engine) as connection:
        unit = operator_accounts(operator)(connection)
        mark_verified(unit, account_id=account_id, person_id="per_1", name=NAME, document_number=DOCUMENT)


def test_a_verified_user_without_sms(server: Server, tmp_path: Path) -> None:
    """R-ACC-11, R-ACC-29, R-ACC-33: certificate login, a computer let in and out, a lost number stopped."""
    home = tmp_path / "phone"
    with open_phone(server, home) as phone:
        proved = ticket(server, phone, "login", NUMBER, BRAND)
        account_id = phone.login.login_sms(ticket=proved, about=About(label="Maker-One-15")).account_id
        key = phone.keygen(Purpose.SIGN, PIN)
        verify(server, account_id)
        phone.login.logout()

        def log_in(document: str = DOCUMENT, pin: str = PIN) -> str:
            about = About(label="Maker-One-15")
            return phone.login_certificate(
                brand=BRAND, document_number=document, key_id=key.key_id, pin=pin, about=about
            ).account_id

        with pytest.raises(PhoneFault) as wrong:
            log_in(pin=WRONG_PIN)
        assert not isinstance(wrong.value, Rejected)  # the key operation counts it, no login is asked for
        with pytest.raises(Rejected) as failed:
            log_in("110101199003079916")
        assert failed.value.server_reason == "LOGIN_FAILED"
        assert log_in() == account_id

    program = PhoneProgram(home, server)
    channel = open_channel(server.address, server.ca.read_bytes())
    try:
        computer = Computer(channel)
        states: list[str] = []
        shown, refused = computer.begin(BRAND, "Browser 120 on Desk"), computer.begin(BRAND, "Browser 120 on Desk")
        got: list[ComputerLogin] = []
        waiting = threading.Thread(target=lambda: got.append(computer.wait(shown, states.append)))
        waiting.start()
        assert program.run("computer", "approve", "--qr", shown.qr_text, "--number", shown.number)["ok"]
        waiting.join(SECONDS)
        (session,) = got
        assert session.account_id == account_id
        assert computer.who(session.bearer).name_masked == "张**"
        assert states in ([], ["scanned"])
        assert program.run("computer", "approve", "--qr", refused.qr_text, "--refuse")["state"] == "refused"
        with pytest.raises(NotLetIn):
            computer.wait(refused)
        (listed,) = program.run("computer", "list")["computers"]
        assert program.run("computer", "end", "--computer", listed["computer_id"])["ok"]
        with pytest.raises(Rejected):
            computer.who(session.bearer)
    finally:
        channel.close()

    def ask() -> None:
        words = ("send-code", "--brand", BRAND, "--number", OTHER, "--purpose", "change-number")
        assert json.loads(run(program.command(*words), program.environment()).stdout)["ok"]

    code = code_for(server, OTHER, ask)
    where = ("--brand", BRAND, "--number", OTHER, "--sms-code", code)
    change = program.run("number-change", "request", *where)
    assert change["state"] == "in_review"
    assert program.run("number-change", "show")["state"] == "in_review"
    assert program.run("number-change", "cancel", "--change", change["change_id"])["state"] == "cancelled"
    with open_phone(server, home) as phone:
        assert phone.account.cancel(ticket=ticket(server, phone, "step-up", NUMBER, BRAND)) is None
        with pytest.raises(LoggedOut):
            phone.account.profile()
    assert_absent(files(server.log, server.folder / "cosign.db"), NUMBER, OTHER, DOCUMENT, NAME, session.bearer)
