"""Runs one request against a database in a process of its own and kills itself between two steps.

The points exist in this test subclass only; production code has no such switch.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keyshare.ports import ShareTransaction
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.fakes import FakeRequest
from tests.keyshare.world import World


class CrashingTransaction:
    """Passes everything on; kills the process before or after the named step."""

    def __init__(self, inner: ShareTransaction, point: str, skip: list[int]) -> None:
        self._inner = inner
        self._point = point
        self._skip = skip

    def __getattr__(self, name: str) -> Callable[..., Any]:
        step = getattr(self._inner, name)

        def run(*args: Any, **options: Any) -> Any:
            self._crash(f"before {name}")
            result = step(*args, **options)
            self._crash(f"after {name}")
            return result

        return run

    def _crash(self, here: str) -> None:
        if here != self._point:
            return
        if self._skip[0]:
            self._skip[0] -= 1
            return
        os.kill(os.getpid(), signal.SIGKILL)


class CrashingBacking(SqlBacking):
    """A store whose process dies at a point."""

    def __init__(self, path: Path | str, point: str, skip: int) -> None:
        super().__init__(path)
        self._point = point
        self._skip = [skip]

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with super().begin() as tx:
            yield CrashingTransaction(tx, self._point, self._skip)


def serve_and_die(path: Path | str, request: FakeRequest, point: str, skip: int, settings: dict[str, Any]) -> None:
    """Serves `request`; the process is killed at `point`, after passing it `skip` times, or ends by itself."""
    world = World(CrashingBacking(path, point, skip), **settings)
    if point in ("before evaluate", "after evaluate"):

        def die() -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(world.evaluator, point.split(maxsplit=1)[0], die)
    world.serve(request)
