"""The parts of `make demo` that its own run does not show."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from demo.report import Report, StepFailed


def test_without_openssl_one_line_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "apt-get install openssl" in done.stderr


def _fail(report: Report) -> None:
    with report.step("two", "Second step"):
        raise StepFailed("seen something else")


def test_a_failed_step_is_reported_and_makes_the_whole_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    with report.step("one", "First step") as step:
        step.note("a fact")
    with pytest.raises(StepFailed):
        _fail(report)
    report.finish(tmp_path / "report.json", "OpenSSL 3")
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["ok"] is False
    assert [(step["name"], step["ok"]) for step in written["steps"]] == [("one", True), ("two", False)]
    shown = capsys.readouterr().out
    assert "StepFailed: seen something else" in shown
    assert "1 of 2 steps passed" in shown


def test_a_report_without_a_failure_is_ok(tmp_path: Path) -> None:
    report = Report()
    with report.step("one", "First step"):
        pass
    report.finish(tmp_path / "report.json", "OpenSSL 3")
    assert json.loads((tmp_path / "report.json").read_text())["ok"] is True
