"""Transcripts of `cosignctl outbox` and `cosignctl sandbox`."""

import json
from pathlib import Path

from cosign.clock import SystemClock
from cosign.messages.adapters.sandbox import FILE, Sandbox
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.outbox import OutboxState, claim, end, enqueue
from cosign.store.unit_of_work import writing
from tests.cosign.cli.conftest import Run

CLOCK = SystemClock()


def dead_letter(tmp_path: Path) -> None:
    """One dead letter and one row that waits, in the database of the program."""
    engine = make_engine(sqlite_url(tmp_path / "cosign-data" / "cosign.db"))
    with writing(engine) as connection:
        for key in ("msg_1/push", "msg_2/sms"):
            enqueue(connection, kind=key.partition("/")[2], key=key, payload=b"secret text", clock=CLOCK)
        (item,) = claim(connection, "push", now_ms=CLOCK.now_ms(), lease_ms=1, count=1)
        assert end(connection, item, OutboxState.DEAD, now_ms=CLOCK.now_ms(), reason="credentials")
    engine.dispose()


def test_dead_letters_are_listed_and_revived(ready: Run, tmp_path: Path) -> None:
    dead_letter(tmp_path)
    done = ready("outbox", "list", "--json")
    row = json.loads(done.stdout)
    assert (row["key"], row["state"], row["reason"], row["attempts"]) == ("msg_1/push", "dead", "credentials", 1)
    assert "secret" not in done.stdout
    again = ready("outbox", "retry", str(row["row_id"]))
    assert (again.returncode, again.stdout) == (0, f"{row['row_id']} waiting\n")
    refused = ready("outbox", "retry", str(row["row_id"]))
    assert (refused.returncode, "RESOURCE_NOT_FOUND" in refused.stderr) == (1, True)
    assert ready("outbox", "list").stdout == ""
    everything = ready("outbox", "list", "--state", "", "--json").stdout.splitlines()
    assert [json.loads(line)["state"] for line in everything] == ["waiting", "waiting"]


def test_a_row_can_be_taken_out_and_the_act_is_on_record(ready: Run, tmp_path: Path) -> None:
    dead_letter(tmp_path)
    assert ready("outbox", "drop", "2").stdout == "2 dropped\n"
    assert ready("outbox", "drop", "2").returncode == 1
    assert ready("outbox", "drop", "0").returncode == 2
    assert ready("outbox", "list", "--state", "broken").returncode == 2
    exported = [json.loads(line) for line in ready("audit", "export").stdout.splitlines()]
    rows = [(row["event"], row["actor"]) for row in exported if row["kind"] == "row"]
    assert rows == [("outbox_dropped", "operator")]


def test_the_sandbox_shows_what_would_have_been_sent(ready: Run, tmp_path: Path) -> None:
    nothing = ready("sandbox", "messages")
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "nothing was sent" in nothing.stderr
    sandbox = Sandbox(tmp_path / "cosign-data" / FILE, CLOCK)
    for number, code in (("+8613800000000", "123456"), ("+8613900000000", "654321")):
        sandbox.deliver(channel="sms", key=code, brand="bxq", address=number, template="code", text=f"Code {code}")
    shown = ready("sandbox", "messages", "--to", "+8613900000000", "--json")
    assert json.loads(shown.stdout)["text"] == "Code 654321"
    assert len(ready("sandbox", "messages").stdout.splitlines()) == 3
