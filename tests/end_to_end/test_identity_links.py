"""Papers for reviewers and links without an account against a real server, from upload to masked answer."""

import json
from pathlib import Path

from cosign.client.phone import About
from cosign.identity.adapters import specimen
from demo.programs import PhoneProgram, Server
from tests.end_to_end.test_accounts import code_for, open_phone, ticket
from tests.support.clear_text import assert_absent, files
from tests.support.documents import resident_number

NAME = "甲乙丙"
PASSWORD = "Green8Boats"


def test_papers_wait_for_a_reviewer(server: Server, tmp_path: Path) -> None:
    """R-IDV-10, R-IDV-11: a passport with pictures through the upload store, shown masked, nothing in the clear."""
    number = f"C{resident_number()[:8]}"
    file, picture = tmp_path / "person.json", tmp_path / "picture.png"
    person = {
        "name": "ERIKA MUSTER",
        "document_type": "passport",
        "document_number": number,
        "document_country": "D",
        "document_expiry": "2031-01-01",
    }
    file.write_text(json.dumps(person), encoding="utf-8")
    with open_phone(server, tmp_path / "phone") as phone:
        proved = ticket(server, phone, "register", f"139{41:08d}", "sxq")
        phone.login.register(ticket=proved, password=PASSWORD, about=About(label="Maker-One-15"))
    program = PhoneProgram(tmp_path / "phone", server)
    needed = program.run("identity", "review")
    assert (needed["required_files"], needed["hours"]) == (["document_front", "document_back", "portrait"], 2)
    papers: list[str] = []
    for what in needed["required_files"]:
        path = picture.with_name(f"{what}.png")
        path.write_bytes(specimen.draw({"side": what}))
        papers += ["--file", f"{what}={path}"]
    sent = program.run("identity", "submit", "--person", file, *papers)
    assert (sent["state"], sent["document_type"]) == ("manual_review", "passport")
    assert number not in sent["document_number"]
    assert program.run("identity", "status")["state"] == "manual_review"
    assert_absent(files(server.folder), number, "ERIKA MUSTER")


def test_a_link_without_an_account(server: Server, tmp_path: Path) -> None:
    """R-IDV-14: the operator's link, code, face, proof; a link that was used is used."""
    number, mobile = resident_number(), f"139{42:08d}"
    file = tmp_path / "person.json"
    file.write_text(json.dumps({"name": NAME, "document_number": number, "phone_number": mobile}), encoding="utf-8")
    issued = json.loads(
        server.control("identity", "link", "issue", "claim-1", "--brand", "bzt", "--person", str(file), "--json")
    )
    with open_phone(server, tmp_path / "phone") as phone:
        links, token = phone.identity_links, issued["token"]
        shown = links.open(token)
        assert (shown.state, shown.name_masked) == ("issued", NAME[0] + "**")
        continuation = links.prove(token, code_for(server, mobile, lambda: links.send_code(token)))
        assert links.begin(continuation, shown.methods[0]).session["url"].startswith("http://127.0.0.1:")
        assert links.wait(continuation).state == "proved"
    proof = json.loads(server.control("identity", "link", "proof", "claim-1", "--json"))
    assert (proof["proved"], proof["level"]) == (True, "high")
    assert_absent(files(server.folder), number, NAME, token)
