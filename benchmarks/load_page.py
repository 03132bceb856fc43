"""One load window as a page with charts: a single HTML file that opens anywhere, without scripts or other files."""

import html
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430 }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin-top: 2rem }
table { border-collapse: collapse } td, th { padding: .2rem .8rem; text-align: left; border-bottom: 1px solid #d8dee6 }
td.number { text-align: right; font-variant-numeric: tabular-nums } svg { width: 100%; height: auto }
"""
_INK: Final = "#24527a"
_SECOND_INK: Final = "#b5532b"


def write(report: Mapping[str, Any], path: Path) -> None:
    """Writes the page for the figures of `load_report.figures`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(report), encoding="utf-8")


def page(report: Mapping[str, Any]) -> str:
    """The whole document."""
    timeline = report["timeline"]
    sections = [
        ("Throughput, requests per second", _chart(lambda axes: _throughput(axes, timeline))),
        ("Latency over time, ms", _chart(lambda axes: _latency(axes, timeline))),
        ("Latency distribution, ms", _chart(lambda axes: _distribution(axes, timeline))),
        ("Server processors in use", _chart(lambda axes: _processors(axes, timeline))),
    ]
    if report.get("stages_us"):
        sections.append(("Processor time by stage, µs per request", _chart(lambda axes: _stages(axes, report))))
    title = f"Load: {report['op']}, {report['phones']} phones, {report['mode']} loop"
    body = "".join(f"<h2>{html.escape(name)}</h2>{chart}" for name, chart in sections)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>{_table(report)}{body}</html>\n"
    )


def _table(report: Mapping[str, Any]) -> str:
    rows = {name: value for name, value in report.items() if name not in {"timeline", "stages_us", "latency_ms"}}
    rows.update({f"latency {name}, ms": value for name, value in report["latency_ms"].items()})
    return f"<table>{''.join(_row(name, value) for name, value in rows.items())}</table>"


def _row(name: str, value: object) -> str:
    label = html.escape(name.replace("_", " "))
    return f'<tr><th>{label}</th><td class="number">{html.escape(_shown(value))}</td></tr>'


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {part}" for name, part in value.items()) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _chart(draw: Callable[[Axes], None]) -> str:
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cosign", "font.size": 9}):
        figure = Figure(figsize=(8, 2.6), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def _throughput(axes: Axes, timeline: Mapping[str, list[float]]) -> None:
    axes.step(range(len(timeline["requests"])), timeline["requests"], where="mid", color=_INK)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("second")


def _latency(axes: Axes, timeline: Mapping[str, list[float]]) -> None:
    seconds = range(len(timeline["p50_ms"]))
    axes.plot(seconds, timeline["p50_ms"], color=_INK, label="median")
    axes.plot(seconds, timeline["p99_ms"], color=_SECOND_INK, label="99th percentile")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("second")
    axes.legend(frameon=False)


def _distribution(axes: Axes, timeline: Mapping[str, list[float]]) -> None:
    quantiles = timeline["latency_quantiles_ms"]
    share = [100 * step / (len(quantiles) - 1) for step in range(len(quantiles))]
    axes.plot(quantiles, share, color=_INK)
    if min(quantiles) > 0:
        axes.set_xscale("log")
    axes.set_ylim(0, 100)
    axes.set_xlabel("ms")
    axes.set_ylabel("% of requests")


def _processors(axes: Axes, timeline: Mapping[str, list[float]]) -> None:
    axes.plot(timeline["cpu_at_s"], timeline["cpu_share"], color=_INK, marker=".")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("second")


def _stages(axes: Axes, report: Mapping[str, Any]) -> None:
    stages = report["stages_us"]
    axes.barh(list(stages)[::-1], list(stages.values())[::-1], color=_INK)
    axes.set_xlabel("µs")
