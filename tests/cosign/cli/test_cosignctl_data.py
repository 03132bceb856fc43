"""Transcripts of `cosignctl data`."""

import json
import re
from pathlib import Path

from cosign.server.state_folder import StateFolder
from tests.cosign.cli.conftest import Run

ACCOUNT = "acc_01J8Z3K4M5N6P7Q8R9STVWXYZ0"


def events(run: Run) -> list[str]:
    lines = [json.loads(line) for line in run("audit", "export").stdout.splitlines()]
    return [line["event"] for line in lines if line["kind"] == "row"]


def versions(run: Run) -> list[tuple[str, int]]:
    lines = [json.loads(line) for line in run("data", "status", "--json").stdout.splitlines()]
    return [(line["kind"], line["version"]) for line in lines]


def test_keys_are_replaced_and_move_with_the_token(ready: Run) -> None:
    assert re.match(
        r"KIND +VERSION +CREATED +IN_FORCE\ndata +1 .* True\nindex +1 .* True\n", ready("data", "status").stdout
    )
    assert ready("data", "rotate", "data", "--now").stdout.startswith("data key 2, in force from ")
    waiting = ready("data", "reseal")
    assert waiting.stdout == "rows 0\nuploads 0\nretired -\n"
    assert "data key 1 stays for a while" in waiting.stderr
    assert ready("data", "reseal", "--no-grace").stdout == "rows 0\nuploads 0\nretired data 1\n"
    assert versions(ready) == [("data", 2), ("index", 1)]
    assert ready("token", "rotate").stdout.startswith("records 3\n")
    assert ready("data", "rotate", "index").returncode == 0
    refused = ready("data", "rotate", "index")
    assert (refused.returncode, refused.stderr.endswith("[CONCURRENT_OPERATION]\n")) == (1, True)
    assert events(ready) == [
        "data_key_rotated",
        "data_key_retired",
        *["kek_rotated"] * 2,
        *["kek_destroyed"] * 2,
        "data_key_rotated",
    ]
    assert ready("audit", "verify").returncode == 0


def test_at_once_only_while_no_server_runs(ready: Run, tmp_path: Path) -> None:
    with StateFolder(tmp_path / "cosign-data").locked():
        refused = ready("data", "rotate", "data", "--now")
    assert (refused.returncode, refused.stderr.endswith("[SERVER_RUNNING]\n")) == (1, True)
    assert versions(ready) == [("data", 1), ("index", 1)]


def test_an_export_is_private_and_recorded(ready: Run, tmp_path: Path) -> None:
    """R-AUD-09."""
    done = ready("data", "export", ACCOUNT, "--out", "copy.json")
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "copy.json"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert json.loads(copy.read_text())["account_id"] == ACCOUNT
    assert ready("data", "export", ACCOUNT, "--out", "copy.json").returncode == 1
    assert "personal_data_read" in events(ready)
    assert ready("data", "export", "acc_x", "--out", "other.json").returncode == 2


def test_erasure_asks_and_reports(ready: Run) -> None:
    """R-AUD-08."""
    assert ready("data", "erase", ACCOUNT, "--brand", "net").returncode == 2
    report = json.loads(ready("--json", "data", "erase", ACCOUNT, "--brand", "net", "--yes").stdout)
    assert report["account_id"] == ACCOUNT
    assert report["areas"]["uploads"] == {"erased": 0, "archived": 0}
    assert ready("data", "archive", ACCOUNT, "--purpose", "legal").stdout == ""
    assert "account_erased" in events(ready)
    unknown = ready("--lang", "zh", "data", "erase", ACCOUNT, "--brand", "nobody", "--yes")
    assert unknown.returncode == 1
    assert unknown.stdout == ""


def test_retention_by_brand(ready: Run) -> None:
    """R-AUD-08."""
    lines = [json.loads(line) for line in ready("data", "retention", "--json").stdout.splitlines()]
    assert {(line["subject"], line["days"]) for line in lines if line["brand"] == "net"} >= {("login_history", 180)}
    assert "archive: 0" in ready("data", "retention", "--apply").stderr
