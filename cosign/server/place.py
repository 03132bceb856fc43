"""The place of a worker process under its supervisor."""

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Descriptors that the supervisor has handed down."""

    slot: int
    """Number among the workers; part of the node id."""
    ready_fd: int
    lifeline_fd: int
    limits_fd: int
    """Memory that all workers share for their rate limits (`shared_limits`)."""

    def announce(self, metrics_port: int) -> None:
        """Tells the supervisor that this worker serves; one that has died meanwhile is noticed by `watch`."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self.ready_fd, json.dumps({"metrics_port": metrics_port}).encode() + b"\n")
        os.close(self.ready_fd)

    def watch(self, add_reader: Callable[[int, Callable[[], None]], object], ended: Callable[[], None]) -> None:
        """Calls `ended` when the supervisor is gone."""
        add_reader(self.lifeline_fd, ended)
