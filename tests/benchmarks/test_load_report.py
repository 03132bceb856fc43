"""Figures and page of a load window."""

import html.parser
from collections import Counter

import pytest

from benchmarks import load_page, load_report
from benchmarks.fleet import Window
from benchmarks.service import Usage

WINDOW = Window(
    latencies_ms=[10.0, 20.0, 30.0, 40.0], finished_s=[0.5, 1.2, 1.4, 2.9], errors=Counter(BUSY=1), seconds=3.0
)
USAGES = [Usage(at_s=100.0 + second, cpu_seconds=0.5 * second, memory_bytes=10**8) for second in range(4)]
PLAN = {"mode": "open", "op": "sign", "phones": 2, "settings": {"COSIGN_X__Y": "<&>"}}


def test_figures() -> None:
    figures = load_report.figures(WINDOW, USAGES, batch=2, plan=PLAN)
    assert figures["requests_per_second"] == pytest.approx(1.3)
    assert figures["server_cpu_us_per_request"] == pytest.approx(375_000)
    assert figures["server_cpu_us_per_item"] == pytest.approx(187_500)
    assert figures["server_cpu_share"] == pytest.approx(0.5)
    assert figures["errors"] == {"BUSY": 1}
    timeline = figures["timeline"]
    assert timeline["requests"] == [1, 2, 1]
    assert timeline["p99_ms"] == [10, 30, 40]
    assert timeline["cpu_share"] == [0.5, 0.5, 0.5]
    assert timeline["latency_quantiles_ms"][-1] == 40


def test_a_window_without_answers_has_figures() -> None:
    figures = load_report.figures(Window(seconds=1.0), USAGES, batch=1, plan=PLAN)
    assert figures["requests"] == 0
    assert figures["server_cpu_us_per_request"] is None
    assert "<svg" in load_page.page(figures)


def test_the_page_is_well_formed_and_escapes_what_it_shows() -> None:
    figures = load_report.figures(WINDOW, USAGES, batch=2, plan=PLAN)
    text = load_page.page({**figures, "stages_us": {"transport": 120.0, "SQL": 60.5}})
    assert text.count("<svg") == 5
    assert "&lt;&amp;&gt;" in text
    assert "<script" not in text
    html.parser.HTMLParser().feed(text)
