"""What the demo says: one line per step while it runs, a summary and `report.json` at the end."""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

_TITLE_WIDTH: Final = 74


class StepFailed(Exception):
    """A step saw something else than it must see; the message says what."""


@dataclass(slots=True)
class Step:
    """One line of the report."""

    name: str
    """Stable word for machines."""
    title: str
    ok: bool = False
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Adds a fact that is printed under the line."""
        self.notes.append(text)


class Report:
    """Collects the steps of one run."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._started = time.monotonic()

    @property
    def ok(self) -> bool:
        """Whether every step so far has passed."""
        return all(step.ok for step in self.steps)

    @contextlib.contextmanager
    def step(self, name: str, title: str) -> Iterator[Step]:
        """Runs one step; its line appears when it ends, a moving mark while it runs."""
        step = Step(name, title)
        self.steps.append(step)
        started = time.monotonic()
        try:
            with _spinner(len(self.steps), title):
                yield step
            step.ok = True
        except Exception as error:
            step.note(f"{type(error).__name__}: {error}")
            raise
        finally:
            step.seconds = round(time.monotonic() - started, 3)
            self._print(step)

    def finish(self, path: Path, version: str) -> None:
        """Prints the summary and writes `report.json`."""
        seconds = time.monotonic() - self._started
        passed = sum(step.ok for step in self.steps)
        verdict = "all steps passed" if self.ok else "FAILED"
        print(f"\n{passed} of {len(self.steps)} steps passed in {seconds:.1f} s: {verdict}. Artefacts: {path.parent}/")
        content = {"ok": self.ok, "seconds": round(seconds, 3), "openssl": version}
        content["steps"] = [asdict(step) for step in self.steps]
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def _print(self, step: Step) -> None:
        mark = "ok  " if step.ok else "FAIL"
        print(f"{len(self.steps):2}  {mark}  {step.title:<{_TITLE_WIDTH}} {step.seconds:7.2f} s", flush=True)
        for note in step.notes:
            print(f"          {note}", flush=True)


@contextlib.contextmanager
def _spinner(number: int, title: str) -> Iterator[None]:
    """Shows on a terminal that a step is running."""
    if not sys.stdout.isatty():
        yield
        return
    end = threading.Event()

    def draw() -> None:
        started = time.monotonic()
        while not end.wait(0.2):
            print(
                f"\r{number:2}  ....  {title:<{_TITLE_WIDTH}} {time.monotonic() - started:7.1f} s", end="", flush=True
            )
        print("\r\033[K", end="", flush=True)

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
