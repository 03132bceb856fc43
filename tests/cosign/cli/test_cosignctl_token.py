"""Transcripts of `cosignctl token`."""

import json
import re
from pathlib import Path

from cosign.server.state_folder import StateFolder
from tests.cosign.cli.conftest import Run


def test_info_shows_kind_level_and_versions(ready: Run) -> None:
    done = ready("token", "info")
    assert done.returncode == 0
    assert re.fullmatch(
        r"kind software\nlevel 0 software\nalgorithm 1\nrestore_epoch 0\nversion 1 check_value [0-9a-f]{6} current\n",
        done.stdout,
    )
    assert "SOFTWARE TOKEN" in done.stderr
    shown = json.loads(ready("token", "info", "--json").stdout)
    assert (shown["kind"], shown["level"], shown["current_version"], shown["restore_epoch"]) == ("software", 0, 1, 0)


def test_rotate_replaces_the_key_file(ready: Run, tmp_path: Path) -> None:
    before = json.loads(ready("token", "info", "--json").stdout)["check_values"]
    done = ready("token", "rotate")
    assert done.returncode == 0
    assert re.fullmatch(r"records 1\nversion 2 check_value [0-9a-f]{6} current\n", done.stdout)
    assert [path.name for path in (tmp_path / "cosign-data" / "token").glob("kek-*.key")] == ["kek-2.key"]
    after = json.loads(ready("--json", "token", "rotate").stdout)
    assert (after["current_version"], after["records"], set(after["check_values"])) == (3, 1, {"3"})
    assert before["1"] not in after["check_values"].values()
    exported = [json.loads(line) for line in ready("audit", "export").stdout.splitlines()]
    rows = [line for line in exported if line["kind"] == "row"]
    assert [(row["event"], row["outcome"], row["actor"]) for row in rows] == [
        ("kek_rotated", "begun", "operator"),
        ("kek_rotated", "done", "operator"),
        ("kek_destroyed", "begun", "operator"),
        ("kek_destroyed", "done", "operator"),
    ] * 2
    assert ready("audit", "verify").returncode == 0


def test_rotate_is_refused_while_a_server_holds_the_folder(ready: Run, tmp_path: Path) -> None:
    with StateFolder(tmp_path / "cosign-data").locked():
        refused = ready("token", "rotate")
        chinese = ready("--lang", "zh", "--json", "token", "rotate")
        assert ready("token", "info").returncode == 0
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("cosignctl: A cosignd runs on this state folder; stop cosignd first.")
    assert refused.stderr.endswith("[SERVER_RUNNING]\n")
    error = json.loads(chinese.stdout)
    assert error["reason"] == "SERVER_RUNNING"
    assert error["message"].startswith("该状态目录正由cosignd使用，请先停止cosignd。")
    assert list(json.loads(ready("token", "info", "--json").stdout)["check_values"]) == ["1"]


def test_rotate_needs_a_state_folder(ctl: Run) -> None:
    done = ctl("token", "rotate")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("[CONFIG_INVALID]\n")
    assert ctl("token").returncode == 2
