"""Transcripts of `cosignctl`: data on stdout, everything else on stderr, exit status 0, 1 or 2."""

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cosign.cli.cosignctl import common_first
from tests.cosign.cli.conftest import Run

HEX_POINT = re.compile(r"[0-9a-f]{66}")


def test_init_makes_everything_and_may_be_repeated(ctl: Run, tmp_path: Path) -> None:
    first = ctl("init")
    assert first.returncode == 0
    folder, identity = first.stdout.splitlines()
    assert folder == "cosign-data"
    name, _, point = identity.partition(" ")
    assert name == "identity_public_key"
    assert HEX_POINT.fullmatch(point)
    assert "SOFTWARE TOKEN" in first.stderr
    state = tmp_path / "cosign-data"
    assert {path.name for path in state.iterdir()} >= {"cosign.db", "token", "identity.pub"}
    assert ctl("init").stdout == first.stdout
    assert json.loads(ctl("init", "--json").stdout) == {"state_dir": "cosign-data", "identity_public_key": point}


def test_the_program_starts_by_itself(ctl: Run, tmp_path: Path) -> None:
    """Every other transcript is made inside the test process."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[3])}

    def program(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "cosign.cli.cosignctl", *arguments]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    assert program("init").returncode == 0
    for arguments in (("config", "check"), ("device", "show"), ("key", "show", "key_1"), ("audit", "verify")):
        own, here = program(*arguments), ctl(*arguments)
        assert (own.returncode, own.stdout) == (here.returncode, here.stdout)
        assert own.stderr.splitlines()[-1:] == here.stderr.splitlines()[-1:]


def test_nothing_works_before_init(ctl: Run) -> None:
    done = ctl("device", "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == "cosignctl: server.state_dir: cosign-data does not exist; run `cosignctl init` [CONFIG_INVALID]\n"
    )


def test_enrolment_codes(ready: Run) -> None:
    done = ready("enrolment", "create", "--user", "user-1")
    assert done.returncode == 0
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}\n", done.stdout)
    assert re.fullmatch(r"cosignctl: valid until \S+\+00:00\n", done.stderr)
    chinese = ready("--lang", "zh", "--json", "enrolment", "create", "--user", "user-1", "--hours", "1")
    assert set(json.loads(chinese.stdout)) == {"code", "expires_at"}
    assert chinese.stderr.startswith("cosignctl: 有效期至")


@pytest.mark.parametrize(
    "arguments",
    [
        ("enrolment", "create"),
        ("enrolment", "create", "--user", ""),
        ("enrolment", "create", "--user", "two words"),
        ("enrolment", "create", "--user", "u", "--hours", "0"),
        ("device", "unbind", "dev_1"),
        ("key", "freeze", "nonsense"),
        ("audit", "verify", "--identity", "00"),
        ("--lang", "fr", "device", "list"),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_status_2(ready: Run, arguments: tuple[str, ...]) -> None:
    done = ready(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr


def test_what_does_not_exist_is_status_1(ready: Run) -> None:
    for arguments in (
        ("device", "unbind", "dev_01HF7YAT00AAAAAAAAAAAAAAAA"),
        ("key", "show", "key_01HF7YAT00AAAAAAAAAAAAAAAA"),
    ):
        done = ready(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.endswith("[RESOURCE_NOT_FOUND]\n")
    done = ready("--json", "key", "revoke", "key_01HF7YAT00AAAAAAAAAAAAAAAA")
    assert done.stderr == ""
    fault = json.loads(done.stdout)
    assert (fault["ok"], fault["reason"]) == (False, "RESOURCE_NOT_FOUND")
    assert set(fault) == {"ok", "reason", "message"}
    done = ready("--json", "key", "freeze", "nonsense")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["reason"] == "FIELD_INVALID"


def test_empty_lists_print_nothing(ready: Run) -> None:
    for arguments in (("device", "list"), ("key", "list"), ("key", "list", "--json")):
        done = ready(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_audit_verify_export_and_checkpoint(ready: Run, tmp_path: Path) -> None:
    ready("enrolment", "create", "--user", "user-1")
    ready("enrolment", "create", "--user", "user-2")
    assert ready("audit", "checkpoint").stdout == "operator 2\n"
    assert ready("audit", "checkpoint").stdout == "nothing new\n"
    assert ready("audit", "verify").stdout == "2 rows in 1 segments, 2 signed heads\naudit trail verifies\n"
    identity = (tmp_path / "cosign-data" / "identity.pub").read_text().strip()
    assert ready("audit", "verify", "--identity", identity).returncode == 0
    exported = [json.loads(line) for line in ready("audit", "export").stdout.splitlines()]
    assert [line["kind"] for line in exported] == ["row", "row", "head"]
    assert exported[0]["event"] == "enrolment_issued"
    assert ready("audit", "export", "--out", "trail.jsonl").stdout == ""
    assert len((tmp_path / "trail.jsonl").read_text().splitlines()) == 3
    assert ready("audit", "export", "--out", "trail.jsonl").returncode == 1


def test_a_changed_row_is_named(ready: Run, tmp_path: Path) -> None:
    for user in ("user-1", "user-2", "user-3"):
        ready("enrolment", "create", "--user", user)
    with sqlite3.connect(tmp_path / "cosign-data" / "cosign.db") as connection:
        connection.execute("UPDATE audit_row SET time_ms = time_ms + 1 WHERE seq = 2")
    connection.close()
    done = ready("audit", "verify")
    assert done.returncode == 1
    assert "BAD operator row 2: content does not match the chain\n" in done.stdout
    assert "审计链校验失败" in ready("audit", "verify", "--lang", "zh").stdout
    report = json.loads(ready("audit", "verify", "--json").stdout)
    assert report["ok"] is False
    assert report["findings"][0]["seq"] == 2


def test_database_commands(ready: Run) -> None:
    assert ready("db", "upgrade").stdout == "ok\n"
    assert ready("db", "check").stdout == "ok\n"
    restored = ready("db", "restored")
    assert restored.returncode == 0
    assert restored.stdout == "restore_epoch 1\n"
    assert ready("audit", "verify").returncode == 0


def test_a_database_without_schema(ready: Run, tmp_path: Path) -> None:
    done = ready("device", "list", COSIGN_DATABASE__URL=f"sqlite:///{tmp_path}/other.db")
    assert done.returncode == 1
    assert done.stderr.endswith("run `cosignctl db upgrade` [SCHEMA_OUTDATED]\n")


def test_config_check(ctl: Run, tmp_path: Path) -> None:
    (tmp_path / "cosign.toml").write_text('[database]\nurl = "postgresql://cosign:hunter2@db/cosign"\n')
    done = ctl("config", "check", "--config", "cosign.toml")
    assert done.returncode == 0
    assert 'url = "postgresql://cosign:***@db/cosign"' in done.stdout
    assert json.loads(ctl("config", "check", "--json").stdout)["server"]["listen"] == "127.0.0.1:7443"
    (tmp_path / "cosign.toml").write_text("[server]\nlisten_on = 1\n")
    refused = ctl("--config", "cosign.toml", "config", "check")
    assert refused.returncode == 1
    assert refused.stderr.startswith("cosignctl: server.listen_on: unknown key")


def test_the_printed_configuration_is_a_configuration(ctl: Run, tmp_path: Path) -> None:
    printed = ctl("config", "check").stdout
    (tmp_path / "again.toml").write_text(printed)
    assert ctl("config", "check", "--config", "again.toml").stdout == printed


@pytest.mark.parametrize(
    ("given", "sorted_"),
    [
        (["key", "list", "--json"], ["--json", "key", "list"]),
        (["key", "show", "k", "--lang", "zh"], ["--lang", "zh", "key", "show", "k"]),
        (["db", "check", "--config=a.toml"], ["--config=a.toml", "db", "check"]),
        (["key", "show", "--", "--json"], ["key", "show", "--", "--json"]),
        (["key", "list", "--config"], ["--config", "key", "list"]),
    ],
)
def test_common_options_may_stand_anywhere(given: list[str], sorted_: list[str]) -> None:
    assert common_first(given) == sorted_
