"""Every benchmark runs once in its shortest form, so that none can rot."""

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import fleet, load, native, reach


@pytest.mark.parametrize(
    "part",
    ["peer", "two_party", "rpc", "tokens", "half_load", "scaling", "idle", "logins", "population", "lists", "memory"],
)
def test_part(part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.json"
    assert program.main(["--tiny", "--only", part, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    document = json.loads(out.read_text())
    assert document["results"] or part == "memory"
    assert all(row.get("median_us", row.get("median_kb")) > 0 and row["name"] in shown for row in document["results"])
    assert part != "memory" or "server memory idle" in shown


def test_the_native_programs_measure_what_the_goals_are_about() -> None:
    programs = native.build(["ct-gate"])  # as `make test-rust` has built them
    measured = {result.name for program in programs for result in native.run(program, tiny=True)}
    wanted = {goal.name for goal in reach.GOALS if goal.name.startswith("core.")}
    assert {name for name in wanted - measured if not name.endswith("lanes8")} == set()


@pytest.mark.parametrize("op", ["sign", "decrypt"])
def test_load(op: str, tmp_path: Path) -> None:
    report = tmp_path / "load.json"
    command = ["--phones", "3", "--count", "12", "--op", op, "--batch", "2", "--processes", "2", "--json", str(report)]
    assert load.main(command) == 0
    figures = json.loads(report.read_text())
    assert figures["requests"] == 12
    assert figures["errors"] == {}
    assert figures["server_cpu_us_per_request"] > 0
    assert 0 < figures["latency_ms"]["p50"] <= figures["latency_ms"]["p99"] <= figures["latency_ms"]["max"]


@pytest.mark.parametrize("op", ["sign", "ecdsa"])
def test_load_over_streams(op: str, tmp_path: Path) -> None:
    report = tmp_path / "load.json"
    assert load.main(["--phones", "3", "--count", "9", "--op", op, "--stream", "--json", str(report)]) == 0
    figures = json.loads(report.read_text())
    assert (figures["requests"], figures["errors"], figures["streams"]) == (9, {}, True)


def test_load_in_an_open_loop_draws_its_page(tmp_path: Path) -> None:
    page = tmp_path / "load.html"
    command = ["--mode", "open", "--rate", "20", "--seconds", "1.5", "--phones", "3", "--html", str(page)]
    assert load.main(command) == 0
    assert page.read_text(encoding="utf-8").count("<svg") == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["--phones", "0"],
        ["--seconds", "99999"],
        ["--batch", "257"],
        ["--op", "steal"],
        ["--mode", "open"],
        ["--rate", "5"],
        ["--mode", "open", "--rate", "-1"],
        ["--set", "PATH=/tmp"],
        ["--stream", "--phones", "17"],
        ["--stream", "--phones", "4", "--op", "decrypt"],
    ],
)
def test_load_refuses_what_it_cannot_bound(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        load.parse(arguments)
    assert end.value.code == 2


def test_percentiles() -> None:
    window = fleet.Window(latencies_ms=[float(value) for value in range(1, 101)])
    assert [window.percentile_ms(share) for share in (0.5, 0.95, 0.99, 1.0)] == [51.0, 96.0, 100.0, 100.0]
    assert fleet.Window().percentile_ms(0.5) == 0.0
