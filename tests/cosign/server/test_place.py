"""The two pipes between a worker and its supervisor."""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager

from cosign.server.place import Place


@contextmanager
def place() -> Iterator[tuple[Place, int, int]]:
    """A place, and the supervisor's ends of its pipes."""
    ready_read, ready_write = os.pipe()
    lifeline_read, lifeline_write = os.pipe()
    yield Place(0, ready_write, lifeline_read, limits_fd=-1), ready_read, lifeline_write
    os.close(lifeline_read)


def test_a_worker_tells_its_supervisor_where_its_metrics_are() -> None:
    with place() as (worker, ready, lifeline):
        worker.announce(4711)
        assert os.read(ready, 100) == b'{"metrics_port": 4711}\n'
        os.close(ready)
        os.close(lifeline)


def test_a_supervisor_that_died_while_its_worker_started_ends_it_by_the_lifeline_only() -> None:
    watched: list[int] = []
    with place() as (worker, ready, lifeline):
        os.close(ready)
        os.close(lifeline)
        worker.announce(4711)
        worker.watch(lambda descriptor, _ended: watched.append(descriptor), lambda: None)
        assert select.select(watched, [], [], 10)[0] == watched
