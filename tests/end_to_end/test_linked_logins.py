"""Logins through providers with real programs: the sandbox plays carrier, WeChat, Alipay and network identity."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cosign.client.phone import About, BindingNeeded, Phone, Wanted
from cosign.client.phone.errors import Rejected
from cosign.clock import SystemClock
from cosign.linked_logins.adapters.sandbox import FILE, Grant, SandboxKey
from demo.programs import PhoneProgram, Server, run
from tests.end_to_end.test_accounts import code_for, open_phone, ticket
from tests.support.clear_text import assert_absent, files

ZB, XSS = "zb", "xss"
NUMBER = f"138{7654:08d}"
ABOUT = About(label="Maker-One-15")


def granted(server: Server, wanted: Wanted, user: str, name: str = "") -> str:
    """What the app of the provider gives."""
    grant = Grant(method=wanted.method, brand=wanted.brand, state=wanted.state, user=user, name=name)
    return SandboxKey(server.folder / FILE).issue(grant, SystemClock())


def bind(server: Server, phone: Phone, provider: str, user: str) -> str:
    wanted = phone.linked.begin_binding(provider)
    code = granted(server, Wanted(method=provider, brand=ZB, state=wanted.state), user)
    proved = ticket(server, phone, "step-up", NUMBER, ZB)
    return phone.linked.bind(wanted, code, ticket=proved).binding_id


def test_a_user_of_wechat(server: Server, tmp_path: Path) -> None:
    """R-ACC-10, 12, 13, 23: one-tap registers, Alipay is bound, WeChat binds at first use, a credential registers."""
    with open_phone(server, tmp_path / "first") as phone:
        assert ("wechat", True) in phone.linked.methods(ZB)
        token = granted(server, Wanted(method="one_tap", brand=ZB), NUMBER)
        first = phone.linked.one_tap(ZB, token, about=ABOUT)
        bind(server, phone, "alipay", "user-of-alipay")
        assert [bool(one.binding_id) for one in phone.linked.bindings()] == [False, True]
    with open_phone(server, tmp_path / "second") as phone:
        wanted = phone.linked.begin(ZB, "wechat")
        code = granted(server, wanted, "user-of-wechat", "Alice Example")
        with pytest.raises(BindingNeeded) as waiting:
            phone.linked.third_party(wanted, code, about=ABOUT)
        assert waiting.value.name_masked == "Alice *******"
        proved = ticket(server, phone, "bind", NUMBER, ZB)
        second = phone.linked.login_and_bind(waiting.value, ticket=proved, about=ABOUT)
        assert second.account_id == first.account_id
        bound = {one.provider: one.binding_id for one in phone.linked.bindings()}
        with pytest.raises(Rejected) as refused:
            phone.linked.unbind(bound["alipay"], ticket=proved)
        assert refused.value.server_reason == "TICKET_INVALID"
    with open_phone(server, tmp_path / "third") as phone:
        wanted = phone.linked.begin(XSS, "network_id")
        third = phone.linked.third_party(wanted, granted(server, wanted, "person-of-ctid"), about=ABOUT)
        assert third.account_id != first.account_id
        assert phone.account.profile().phone_number_masked == ""
    everything = files(server.log, server.folder / "cosign.db")
    assert_absent(everything, NUMBER, "user-of-wechat", "user-of-alipay", "person-of-ctid", "Alice Example")


def test_providers_on_the_command_line(server: Server, tmp_path: Path) -> None:
    """R-ACC-12, 23: `cosign-phone login --wechat` and `bindings`, with `cosignctl sandbox authorise` as WeChat."""
    number = f"138{7655:08d}"
    phone = PhoneProgram(tmp_path / "phone", server)
    where = ("--server", server.address, "--ca", str(server.ca), "--brand", ZB)
    authoriser = f"{sys.executable} -m cosign.cli.cosignctl sandbox authorise --user"

    def talk(*words: str, user: str = "nobody") -> dict[str, Any]:
        settings = {"COSIGN_SERVER__STATE_DIR": str(server.folder), "COSIGN_AUTHORISER": f"{authoriser} {user}"}
        done = run(phone.command(*words), {**phone.environment(), **settings})
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    with open_phone(server, tmp_path / "other") as other:
        code = code_for(server, number, lambda: other.login.send_code(brand=ZB, phone_number=number, purpose="bind"))
    made = talk("login", *where, "--wechat", "--number", number, "--sms-code", code, user="walter")
    assert made["ok"], made
    listed = talk("bindings", "list")["bindings"]
    assert [(one["provider"], bool(one["binding_id"])) for one in listed] == [("wechat", True), ("alipay", False)]
