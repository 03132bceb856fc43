"""Messages against a real server: a waiting phone hears of a new device, an SMS follows the push that finds nobody."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cosign.client.phone import About, Phone
from cosign.client.phone.inbox import InboxView
from cosign.messages.adapters.sandbox import FILE, read
from demo.programs import PhoneProgram, Server
from tests.end_to_end.test_accounts import BRAND, PASSWORD, open_phone, ticket
from tests.support.clear_text import assert_absent, files

SECONDS = 60.0
ABOUT = About(label="Maker-One-15")


def waiting(phone: Phone, entered: threading.Event) -> InboxView:
    """What a phone hears that waits for as long as it may, again and again."""
    inbox = phone.inbox("en")
    state = inbox.state()
    entered.set()
    end = time.monotonic() + SECONDS
    while not state.unread:
        assert time.monotonic() < end, "nothing was heard"
        state = inbox.state(wait_seconds=20, after_revision=state.revision)
    return state


def test_a_new_device_is_told_to_the_others(server: Server, tmp_path: Path) -> None:
    """R-MSG-01, 02, 03, 05 and R-AUD-02 from one end to the other."""
    number = f"139{11:08d}"
    with open_phone(server, tmp_path / "first") as phone, ThreadPoolExecutor(1) as pool:
        phone.login.login_sms(ticket=ticket(server, phone, "login", number), about=ABOUT)
        phone.account.set_password(PASSWORD)
        phone.inbox().read_all()
        entered = threading.Event()
        heard = pool.submit(waiting, phone, entered)
        assert entered.wait(SECONDS)
        with open_phone(server, tmp_path / "second") as second:
            second.login.login_password(brand=BRAND, phone_number=number, password=PASSWORD, about=ABOUT)
            device_id = second.status().device_id
        assert heard.result(timeout=SECONDS).unread_by_category == {"security": 1}

        (message,) = phone.inbox("en").messages(unread_only=True)
        assert (message.kind, message.state, message.target) == ("new_device", "unread", f"device/{device_id}")
        assert [one.kind for one in phone.inbox().operations(keyword="绑定设备")] == ["device_enrolled"] * 2

    end = time.monotonic() + SECONDS
    sent: list[str] = []
    while "new_device" not in sent:
        assert time.monotonic() < end, "no SMS"
        sent = [one.template for one in read(server.folder / FILE) if one.address.endswith(number)]
        time.sleep(0.02)

    program = PhoneProgram(tmp_path / "first", server)
    assert program.run("messages", "count")["unread"] == 1
    assert program.run("messages", "watch", "--count", "1")["unread"] == 1
    assert program.run("messages", "read", message.message_id)["state"] == "read"
    assert program.run("messages", "list", "--unread")["messages"] == []
    assert program.run("messages", "show", message.message_id, "--lang", "zh")["title"] == "新设备登录"
    with open_phone(server, tmp_path / "first") as phone:
        phone.account.unbind(device_id, ticket=ticket(server, phone, "step-up", number))
        answered = phone.inbox().message(message.message_id)
        assert (answered.state, answered.outcome) == ("acted", "unbound")
    assert_absent(files(server.log, server.folder / "cosign.db"), number)
