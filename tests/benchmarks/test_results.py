import json
from pathlib import Path

import pytest

from benchmarks import native, published, reach, results
from benchmarks.reach import Goal
from benchmarks.results import Result


def test_the_file_has_the_promised_form(tmp_path: Path) -> None:
    results.write([Result.of("core.sm2.mul_fixed", [3.0, 1.0, 2.0])], tmp_path / "results.json")
    document = json.loads((tmp_path / "results.json").read_text())
    assert set(document) == {"commit", "cpu", "results"}
    row = {"name": "core.sm2.mul_fixed", "median_us": 2.0, "min_us": 1.0, "max_us": 3.0, "runs": 3}
    assert document["results"] == [row]


def test_measure_gives_one_average_per_run() -> None:
    calls: list[int] = []
    result = results.measure("counting", lambda: calls.append(1), runs=4, seconds=0.004)
    assert result.runs == 4
    assert 0 < result.least <= result.median <= result.greatest
    assert len(calls) >= 6


def test_lines_for_people_are_not_results() -> None:
    line = '{"name": "a", "median_us": 1.5, "min_us": 1.0, "max_us": 2.0, "runs": 7}'
    assert list(native.parse(f"running\n{line}\n")) == [Result("a", 1.5, 1.0, 2.0, 7)]


def test_goals_are_judged() -> None:
    fast, slow = Result("core.sm2.mul_var", 30, 30, 30, 1), Result("core.sm2.mul_var", 40, 40, 40, 1)
    peer = Result("peer.openssl.sm2.mul_var", 240, 240, 240, 1)
    bound, ratio = (goal for goal in reach.GOALS if goal.name == "core.sm2.mul_var")
    assert str(reach.verdict(bound, {fast.name: fast})).startswith("reached")
    assert str(reach.verdict(bound, {slow.name: slow})).startswith("MISSED")
    assert str(reach.verdict(ratio, {fast.name: fast, peer.name: peer})).startswith("reached")
    assert str(reach.verdict(ratio, {slow.name: slow, peer.name: peer})).startswith("MISSED")
    assert reach.verdict(ratio, {fast.name: fast}) is None


def judged(goal: Goal, ours: float, peer: float) -> str:
    rows = {goal.name: Result(goal.name, ours, ours, ours, 1), goal.peer: Result(goal.peer, peer, peer, peer, 1)}
    return str(reach.verdict(goal, rows)).split()[0]


def test_goals_against_another_result_of_the_run() -> None:
    times, more = Goal("a", peer="b", at_most_times=1.15), Goal("a", peer="b", at_most_more=60)
    assert [judged(times, ours, 100) for ours in (114, 116)] == ["reached", "MISSED"]
    assert [judged(more, ours, 100) for ours in (159, 161)] == ["reached", "MISSED"]
    assert reach.verdict(times, {"a": Result("a", 1, 1, 1, 1)}) is None


def test_memory_has_its_unit_in_the_file(tmp_path: Path) -> None:
    found = [Result.of("rpc.idle.connection", [41.0], "kb")]
    results.write(found, tmp_path / "results.json")
    row = json.loads((tmp_path / "results.json").read_text())["results"][0]
    assert row == {"name": "rpc.idle.connection", "median_kb": 41.0, "min_kb": 41.0, "max_kb": 41.0, "runs": 1}
    assert Result.from_row(row) == found[0]
    assert "41.000 KB" in reach.table(found)


def test_a_part_leaves_the_others_of_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "results.json"
    old, other = Result("core.a", 1, 1, 1, 1), Result("core.b", 2, 2, 2, 1)
    assert results.kept(file, []) == []
    results.write([old, other], file)
    assert results.kept(file, [Result("core.a", 3, 3, 3, 1)]) == [other]
    monkeypatch.setattr(results, "commit", lambda: "another")
    assert results.kept(file, []) == []
    file.write_text("[]")
    assert results.kept(file, []) == []


def test_the_table_names_every_goal() -> None:
    text = reach.table([])
    assert all(goal.name in text for goal in reach.GOALS)


def test_published_figures_stand_beside_our_ecdsa_only() -> None:
    ours = Result("core.ecdsa.sign.server", 900, 900, 900, 1)
    lines = published.lines()
    assert all(figure.source in line for figure, line in zip(published.SIGN_ECDSA, lines, strict=True))
    assert reach.table([ours]).endswith("\n".join(lines))
    assert not any(line in reach.table([]) for line in lines)
