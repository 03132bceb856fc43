"""A manual identity check against a real server: papers from a phone, a decision from the desk of a reviewer."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cosign.cli.cosign_staff import app
from cosign.client.phone import About
from cosign.client.phone.errors import Rejected
from cosign.client.staff import StaffClient
from cosign.identity.adapters import specimen
from cosign.staff import totp
from demo.programs import PhoneProgram, Server
from tests.end_to_end.conftest import SETTINGS
from tests.end_to_end.test_accounts import open_phone, ticket
from tests.support.clear_text import assert_absent, files
from tests.support.documents import resident_number
from tests.support.postgres import free_port

NOTE = "照片请勿遮挡证件边缘"
STAFF_PASSWORD = "Quiet-Harbour-71"
FILES = ("document_front", "document_back", "portrait")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server with a listener for staff, and its address."""
    folder = tmp_path_factory.mktemp("reviews") / "state"
    folder.mkdir()
    address = f"127.0.0.1:{free_port()}"
    uploads = f"127.0.0.1:{free_port()}"
    made = Server(folder, SETTINGS | {"COSIGN_STAFF__LISTEN": address, "COSIGN_UPLOADS__LISTEN": uploads})
    made.start()
    yield made, address
    made.kill()


def member(server: Server, address: str, home: Path, *roles: str) -> Path:
    """A member of staff who is logged in; returns his folder."""
    name = home.name
    wanted = [word for role in roles for word in ("--role", role)]
    made = server.control("staff", "create", name, "--name", name.title(), *wanted)
    invitation = re.search(r"^invitation (\S+)$", made, re.MULTILINE)
    assert invitation is not None
    with StaffClient.open(home, address, server.ca) as client:
        begun = client.begin_enrolment(name, invitation[1])
        code = totp.code_at(begun.totp_secret, totp.step_of(dt.datetime.now(dt.UTC)))
        recovery, *_ = client.finish_enrolment(name, invitation[1], STAFF_PASSWORD, code)
        client.log_in(name, STAFF_PASSWORD, recovery)
    return home


def staff(home: Path, *words: str, refused: bool = False) -> dict[str, Any]:
    """Runs `cosign-staff`."""
    done = CliRunner().invoke(app, [*words, "--home", str(home), "--json", "--lang", "en"])
    assert done.exit_code == int(refused), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def hand_in(phone: PhoneProgram, folder: Path, number: str) -> dict[str, Any]:
    person = {
        "name": "ERIKA MUSTER",
        "document_type": "passport",
        "document_number": number,
        "document_country": "D",
        "document_expiry": "2040-01-01",
    }
    file = folder / "person.json"
    file.write_text(json.dumps(person), encoding="utf-8")
    papers: list[str] = []
    for what in FILES:
        path = folder / f"{what}.png"
        path.write_bytes(specimen.draw({"side": what}))
        papers += ["--file", f"{what}={path}"]
    return phone.run("identity", "submit", "--person", file, *papers)


def test_papers_are_returned_corrected_and_approved(desk: tuple[Server, str], tmp_path: Path) -> None:
    """R-ADM-01, R-ADM-03, R-ADM-22, R-IDV-11: queue, claim, masked and clear data, a file, a return, an approval."""
    server, address = desk
    number = f"C{resident_number()[:8]}"
    with open_phone(server, tmp_path / "phone") as opened:
        proved = ticket(server, opened, "register", f"139{61:08d}", "sxq")
        opened.login.register(ticket=proved, password="Green8Boats", about=About(label="Maker-One-15"))
    phone = PhoneProgram(tmp_path / "phone", server)
    hand_in(phone, tmp_path, number)
    me = member(server, address, tmp_path / "reviewer", "platform_reviewer", "operator")
    (row,) = staff(me, "review", "list", "--kind", "identity", "--brand", "sxq")["reviews"]
    review_id = row["review_id"]
    assert staff(me, "review", "approve", review_id, refused=True)["server_reason"] == "REVIEW_STATE"
    staff(me, "review", "claim", review_id)
    shown = staff(me, "review", "show", review_id)
    assert number not in json.dumps(shown)
    assert shown["files"] == list(FILES)
    assert staff(me, "review", "unmask", review_id, "document_number")["text"] == number
    url = staff(me, "review", "file", review_id, "portrait")["url"]
    assert re.match(r"https://127\.0\.0\.1:\d+/uploads/upl_", url)
    reasons = ("review", "reasons")
    staff(me, *reasons, "add", "identity", "glare", "--zh", "照片反光", "--en", "The picture reflects light")
    staff(me, "review", "return", review_id, "--reason", "glare", "--note", NOTE)
    assert staff(me, *reasons, "delete", "identity", "glare", refused=True)["server_reason"] == "REASON_IN_USE"
    staff(me, *reasons, "change", "identity", "glare", "--version", "1", "--retire")
    assert "glare" not in {one["code"] for one in staff(me, *reasons, "list", "identity")["reasons"]}
    assert phone.run("identity", "status")["state"] == "rejected"
    hand_in(phone, tmp_path, number)
    (again,) = staff(me, "review", "list")["reviews"]
    assert (again["review_id"], again["round"]) == (review_id, 2)
    with StaffClient.open(me) as client:
        seen = client.reviews.claim(review_id)
        client.reviews.release(review_id)
        with pytest.raises(Rejected) as late:
            client.reviews.decide(review_id, "approve", seen=seen)
        assert late.value.server_reason == "REVIEW_CHANGED"
        client.reviews.claim(review_id)
        assert client.reviews.decide(review_id, "approve").finished_at.seconds
    assert phone.run("identity", "status")["state"] == "verified"
    assert_absent(files(server.folder, server.log), number, "ERIKA MUSTER", NOTE)
