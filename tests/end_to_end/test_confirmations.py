"""A brand of stricter policy on real programs: computers confirmed by PIN, cancellations with days of grace."""

import datetime as dt
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosign.client.computer import Computer
from cosign.client.phone import About, LoggedOut, Phone, PhoneFault, open_channel
from cosign.client.phone.errors import Rejected
from demo.programs import Server
from protocol.codes import Purpose
from tests.end_to_end.conftest import PIN, SETTINGS, WRONG_PIN
from tests.end_to_end.test_accounts import PASSWORD, open_phone, ticket
from tests.end_to_end.test_other_logins import verify

BRAND = "cosign"
NUMBER, OTHER = f"138{6543:08d}", f"139{6543:08d}"
ABOUT = About(label="Maker-One-15")
SECONDS = 30.0
POLICY = """
brand = "cosign"
preset = "cosign"

[policy.computers]
confirmation = "pin"

[policy.cancellation]
grace_days = 7
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose policy was in force before its first caller came."""
    folder = tmp_path_factory.mktemp("strict") / "state"
    folder.mkdir()
    policy = folder.with_name("policy.toml")
    policy.write_text(POLICY)
    made = Server(folder, SETTINGS)
    made.start()
    made.control("brand", "apply", str(policy))
    made.stop()
    made.start()
    yield made
    made.kill()


def registered(server: Server, phone: Phone, number: str) -> str:
    """A user with a password; returns the account."""
    made = phone.login.login_sms(ticket=ticket(server, phone, "login", number, BRAND), about=ABOUT)
    phone.account.set_password(PASSWORD)
    return made.account_id


def by_password(phone: Phone, number: str) -> str:
    return phone.login.login_password(brand=BRAND, phone_number=number, password=PASSWORD, about=ABOUT).account_id


def state(server: Server, account_id: str) -> str:
    with sqlite3.connect(server.folder / "cosign.db") as connection:
        ((found,),) = connection.execute("SELECT state FROM account WHERE account_id = ?", (account_id,))
    return str(found)


def test_a_computer_is_let_in_by_pin_and_out_by_a_cancellation(server: Server, tmp_path: Path) -> None:
    """R-ACC-29, R-ACC-25: the key of the phone co-signs; all sessions end; a login within the days brings all back."""
    channel = open_channel(server.address, server.ca.read_bytes())
    with open_phone(server, tmp_path / "phone") as phone:
        account_id = registered(server, phone, NUMBER)
        verify(server, account_id)
        key = phone.keygen(Purpose.SIGN, PIN)
        computer = Computer(channel)
        shown = computer.begin(BRAND, "Browser 120 on Desk")
        waiting = phone.computers.scan(shown.qr_text)
        assert waiting.needs == "pin"
        with pytest.raises(Rejected) as bare:
            phone.computers.confirm(waiting, shown.number)
        assert bare.value.server_reason == "CERTIFICATE_NOT_HERE"
        with pytest.raises(PhoneFault):
            phone.computers.confirm(waiting, shown.number, key_id=key.key_id, pin=WRONG_PIN)
        phone.computers.confirm(waiting, shown.number, key_id=key.key_id, pin=PIN)
        session = computer.wait(shown)
        assert session.account_id == account_id

        proved = ticket(server, phone, "step-up", NUMBER, BRAND)
        ends = phone.account.cancel(ticket=proved)
        assert ends is not None
        assert ends > dt.datetime.now(dt.UTC) + dt.timedelta(days=6)
        with pytest.raises(LoggedOut):
            phone.account.profile()
        with pytest.raises(Rejected):
            computer.who(session.bearer)
        assert by_password(phone, NUMBER) == account_id
        assert state(server, account_id) == "active"
        (signature,) = phone.sign(key.key_id, [b"an order"], PIN)
        assert signature
    channel.close()


def test_a_cancellation_is_carried_out_when_the_days_are_over(server: Server, tmp_path: Path) -> None:
    """R-ACC-25: the sweep of a server that starts finds it; then no login and no token is good any more."""
    with open_phone(server, tmp_path / "phone") as phone:
        account_id = registered(server, phone, OTHER)
        key = phone.keygen(Purpose.SIGN, PIN)
        assert phone.account.cancel(ticket=ticket(server, phone, "step-up", OTHER, BRAND)) is not None
        assert state(server, account_id) == "cancelling"
        server.stop()
        with sqlite3.connect(server.folder / "cosign.db") as connection:  # the days pass
            connection.execute("UPDATE account SET cancel_at = created_at WHERE account_id = ?", (account_id,))
        server.start()
        limit = time.monotonic() + SECONDS
        while state(server, account_id) != "cancelled":
            assert time.monotonic() < limit
            time.sleep(0.05)
        with pytest.raises(Rejected) as refused:
            by_password(phone, OTHER)
        assert refused.value.server_reason == "LOGIN_FAILED"
        with pytest.raises(PhoneFault) as dead:
            phone.sign(key.key_id, [b"an order"], PIN)
        assert dead.value.reason == "DEVICE_PROOF_INVALID"
