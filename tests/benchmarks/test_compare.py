"""Two result files side by side."""

import json
from pathlib import Path

import pytest

from benchmarks import compare, load_report, results
from benchmarks.fleet import Window
from benchmarks.results import Result
from benchmarks.service import Usage


def test_results_of_the_benchmarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    results.write([Result("core.a", 10, 9, 11, 3), Result("core.gone", 1, 1, 1, 3)], old)
    results.write([Result("core.a", 5, 4, 6, 3), Result("core.new", 2, 2, 2, 3)], new)
    assert compare.main([str(old), str(new)]) == 0
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert lines["core.a"] == ["10.000", "5.000", "0.500"]
    assert lines["core.new"] == ["–", "2.000", "–"]
    assert lines["core.gone"] == ["1.000", "–", "–"]


def test_load_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usages = [Usage(0.0, 0.0, 1), Usage(1.0, 0.5, 1)]
    window = Window(latencies_ms=[4.0], finished_s=[0.5], seconds=1.0)
    load_report.write(load_report.figures(window, usages, batch=1, plan={}), tmp_path / "load.json")
    assert compare.main([str(tmp_path / "load.json")] * 2) == 0
    assert "latency_ms.p99" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"results": [{"name": "x"}]})])
def test_other_files_are_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(SystemExit) as end:
        compare.main([str(file), str(file)])
    assert end.value.code == 2
