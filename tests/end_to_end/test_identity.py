"""Real-name verification against a real server: HTTP to the sandbox and back, pictures through the upload store."""

import json
from pathlib import Path

from cosign.client.phone import About
from demo.programs import PhoneProgram, Server
from tests.end_to_end.test_accounts import open_phone, ticket
from tests.support.clear_text import assert_absent, files
from tests.support.documents import resident_number

NAME = "甲乙丙"
ADDRESS = "某省某市某路一号"


def test_a_user_becomes_verified(server: Server, tmp_path: Path) -> None:
    """R-IDV-02, 03, 15, 16, 17: a failure, a repeat, a callback; nothing of it in the clear."""
    number = resident_number()
    with open_phone(server, tmp_path / "phone") as phone:
        phone.login.login_sms(ticket=ticket(server, phone, "login", f"139{31:08d}"), about=About(label="Maker-One-15"))
        identity = phone.identity
        assert identity.methods()[0].method == "cpcn_face"
        failed = identity.start("cpcn_face", name="不匹配", document_number=number)
        assert failed.session["url"].startswith("http://127.0.0.1:")
        assert identity.wait(failed.attempt_id).reason == "IDV_MISMATCH"
        passed = identity.start("cpcn_face", name=NAME, document_number=number)
        assert identity.wait(passed.attempt_id).state == "verified"
        status = identity.status()
        assert (status.state, status.level, status.attempts_left) == ("verified", "high", 3)
        assert [one.state for one in identity.attempts()] == ["verified", "failed"]
        kinds = [one.kind for one in phone.inbox().messages()]
        assert kinds.count("identity_verified") == 1
        assert kinds.count("identity_refused") == 1
    assert_absent(files(server.folder), number, NAME)


def test_a_card_from_the_command_line(server: Server, tmp_path: Path) -> None:
    """R-IDV-06, 07: pictures, what was read, digits, verified: with `cosign-phone verify-identity` alone."""
    person = {"name": NAME, "document_number": resident_number(), "birth": "1980-02-29", "address": ADDRESS}
    file, front, back = tmp_path / "person.json", tmp_path / "front.png", tmp_path / "back.png"
    file.write_text(json.dumps(person), encoding="utf-8")
    server.control("sandbox", "card", "--person", str(file), "--front", str(front), "--back", str(back))
    with open_phone(server, tmp_path / "phone") as phone:
        proved = ticket(server, phone, "login", f"139{32:08d}", "zb")
        phone.login.login_sms(ticket=proved, about=About(label="Maker-One-15"))
    program = PhoneProgram(tmp_path / "phone", server)
    done = program.run("verify-identity", "--front", front, "--back", back)
    assert (done["method"], done["state"], done["level"]) == ("ocr_digits_face", "verified", "high")
    assert program.run("identity", "status")["name"] == NAME[0] + "**"
    assert len(program.run("identity", "attempts")["attempts"]) == 1
    assert_absent(files(server.folder), person["document_number"], ADDRESS)
