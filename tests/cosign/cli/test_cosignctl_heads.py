"""The file of audit heads: made with the core, missed when it is gone, started anew only when told."""

import json
from pathlib import Path
from typing import Any

import pytest

from cosign.audit.head_file import HEADS_FILE
from cosign.errors import AuditBroken
from cosign.server import operator_wiring
from cosign.server.config import Config, load
from cosign.signing.core_keys import load_core
from tests.cosign.cli.conftest import Run


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("COSIGN_SERVER__STATE_DIR", str(tmp_path / "state"))
    return load(None)


@pytest.mark.parametrize("made", [True, False])
def test_a_kill_around_the_making_of_the_core_is_survived(
    config: Config, monkeypatch: pytest.MonkeyPatch, made: bool
) -> None:

    def killed(*arguments: Any, **options: Any) -> None:
        if made:
            load_core(*arguments, **options)
        raise Killed

    monkeypatch.setattr("cosign.server.units_wiring.load_core", killed)
    with pytest.raises(Killed), operator_wiring.operator(config, create=True):
        pass
    monkeypatch.undo()
    with operator_wiring.operator(config, create=True) as operator:
        operator.checkpoints().make()


def test_nothing_starts_without_the_heads(config: Config) -> None:
    with operator_wiring.operator(config, create=True):
        pass
    (config.server.state_dir / HEADS_FILE).unlink()
    for create in (True, False):
        with pytest.raises(AuditBroken, match="is missing"), operator_wiring.operator(config, create=create):
            pass


def test_missing_heads_are_reported_and_accepted_explicitly(ready: Run, tmp_path: Path) -> None:
    ready("enrolment", "create", "--user", "user-1")
    ready("audit", "checkpoint")
    file = tmp_path / "cosign-data" / "audit-heads.jsonl"
    file.unlink()
    for command in (("audit", "verify"), ("db", "check"), ("audit", "checkpoint"), ("device", "list"), ("init",)):
        done = ready(*command)
        assert done.returncode == 1, command
        assert "audit-heads.jsonl is missing" in done.stderr
        assert "cosignctl audit checkpoint --accept-missing-heads" in done.stderr
    assert ready("audit", "checkpoint", "--accept-missing-heads").stdout == "operator 2\n"
    assert ready("audit", "verify").returncode == 0
    exported = [json.loads(line) for line in ready("audit", "export").stdout.splitlines()]
    assert [line["event"] for line in exported if line["kind"] == "row"][-1] == "heads_accepted"


def test_accepting_does_not_skip_the_check_of_heads_that_are_there(ready: Run, tmp_path: Path) -> None:
    ready("enrolment", "create", "--user", "user-1")
    ready("audit", "checkpoint")
    file = tmp_path / "cosign-data" / "audit-heads.jsonl"
    file.write_text(file.read_text().replace('"seq": 1', '"seq": 9'))
    assert ready("audit", "checkpoint", "--accept-missing-heads").stderr.endswith("[AUDIT_BROKEN]\n")
