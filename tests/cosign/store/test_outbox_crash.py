"""SIGKILL between delivering and recording: the row is delivered again, under the same key."""

import signal
import subprocess
import sys
from pathlib import Path

from cosign.store.outbox import OutboxState
from cosign.store.outbox_worker import OutboxWorker
from cosign.store.waker import LocalWaker
from tests.cosign.store.outbox_fakes import Recorder, StandingClock, migrated, put, table, until

CHILD = "tests.cosign.store.outbox_child"


def test_a_killed_node_leaves_its_row_to_the_others(database_url: str, tmp_path: Path) -> None:
    engine, delivered = migrated(database_url), tmp_path / "delivered"
    put(engine, "code-1")
    child = subprocess.run([sys.executable, "-m", CHILD, database_url, str(delivered)], check=False, timeout=120)
    assert child.returncode == -signal.SIGKILL
    assert delivered.read_text() == "code-1 1\n"
    row = table(engine)["code-1"]
    assert (row.state, row.attempts) == (OutboxState.WAITING, 1)

    clock, recorder = StandingClock(row.due_ms - 1), Recorder()
    worker = OutboxWorker(engine, handlers={"note": recorder}, clock=clock, waker=LocalWaker(engine), observer=recorder)
    worker.start()
    try:
        assert recorder.seen == []
        clock.ms += 1
        worker._wake()
        until(lambda: table(engine)["code-1"].state is OutboxState.SENT)
    finally:
        worker.stop()
        engine.dispose()
    assert recorder.seen == [("code-1", 2)]
