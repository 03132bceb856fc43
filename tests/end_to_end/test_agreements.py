"""Agreements against real programs: the operator publishes, the login asks, the user accepts, the evidence stays."""

import json
from pathlib import Path

import pytest

from cosign.client.phone import About
from cosign.client.phone.errors import Rejected
from demo.programs import PhoneProgram, PhoneRefused, Server
from tests.end_to_end.test_accounts import open_phone, ticket

BRAND = "ept"
NUMBER = f"138{8765:08d}"
ABOUT = About(label="Maker-One-15")


def publish(server: Server, folder: Path, kind: str, text: str) -> str:
    """Publishes the next version of a document; returns its id."""
    body = folder / "body.md"
    body.write_text(text, encoding="utf-8")
    words = ("--brand", BRAND, "--kind", kind, "--title-zh", text, "--body-zh", str(body))
    document_id = json.loads(server.control("--json", "content", "draft", *words))["id"]
    server.control("content", "publish", document_id)
    return str(document_id)


def test_a_user_accepts_what_the_operator_publishes(server: Server, tmp_path: Path) -> None:
    """R-ACC-15, R-MSG-10: refused with what is missing, accepted with the login, again for a new version."""
    terms = publish(server, tmp_path, "user_agreement", "用户协议一")
    privacy = publish(server, tmp_path, "privacy_policy", "隐私政策一")

    home = tmp_path / "phone"
    with open_phone(server, home) as phone:
        proved = ticket(server, phone, "login", NUMBER, BRAND)
        with pytest.raises(Rejected) as caught:
            phone.login.login_sms(ticket=proved, about=ABOUT, accepted=[terms])
        assert caught.value.server_reason == "CONSENT_REQUIRED"
        assert caught.value.metadata["documents"] == privacy
        assert caught.value.text("zh") == "请先阅读并同意相关协议。"
        phone.login.login_sms(ticket=proved, about=ABOUT, accepted=[terms, privacy])
        brand = phone.brand(BRAND, platform="android", version="5.2")
        assert {one.document_id for one in brand.accepted()} == {terms, privacy}
        assert brand.missing("login") == []

    newer = publish(server, tmp_path, "privacy_policy", "隐私政策二")
    program = PhoneProgram(home, server)
    of_brand = ("--brand", BRAND)
    listed = program.run("agreements", "list", "--kind", "privacy_policy", *of_brand)["documents"]
    assert [(one["document_id"], one["version"]) for one in listed] == [(newer, 2), (privacy, 1)]
    assert program.run("brand", "read", privacy, *of_brand)["body"] == "隐私政策一"
    (missing,) = program.run("agreements", "missing", *of_brand)["documents"]
    assert missing["document_id"] == newer
    assert program.run("agreements", "accept", newer, *of_brand)["accepted"] == [newer]
    assert program.run("agreements", "accept", newer, *of_brand)["accepted"] == []
    assert program.run("agreements", "missing", *of_brand)["documents"] == []
    assert len(program.run("agreements", "accepted", *of_brand)["consents"]) == 3
    with pytest.raises(PhoneRefused) as refused:
        program.run("agreements", "accept", "doc_" + "0" * 26, *of_brand)
    assert refused.value.facts["server_reason"] == "FIELD_INVALID"


def test_a_guest_reads(server: Server, tmp_path: Path) -> None:
    """R-ACC-30, R-ACC-32, R-MSG-06: before any login."""
    program = PhoneProgram(tmp_path / "guest", server)
    where = ("--server", server.address, "--ca", server.ca)
    shown = program.run("brand", "show", "--brand", "net", *where)
    assert shown["login_factors"] == "sms+password"
    assert shown["captcha"] is True
    checked = program.run("brand", "check", "--brand", "bxq", "--app", "1.0", "--os", "4.4", *where)
    assert (checked["os_too_old"], checked["upgrade_required"]) == (True, False)
    assert program.run("brand", "region", "440100", "--brand", "bzt", *where)["region"] == ""
    assert program.run("brand", "articles", "--brand", "zb", *where)["articles"] == []
    words = ("--brand", "xss", "--name", "Hall", "--endpoint", "10.0.0.7:7443")
    code = json.loads(server.control("--json", "environment", "create", *words))["code"]
    assert program.run("brand", "environment", code, "--brand", "xss", *where)["endpoint"] == "10.0.0.7:7443"
    with pytest.raises(PhoneRefused):
        program.run("brand", "environment", code[:-3], "--brand", "xss", *where)
