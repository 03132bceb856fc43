"""A process that delivers one row and is killed before it can record that: `outbox_child.py URL FILE`."""

import os
import signal
import sys
import threading
from pathlib import Path

from cosign.clock import SystemClock
from cosign.store.engine import make_engine
from cosign.store.outbox import OutboxItem
from cosign.store.outbox_worker import OutboxWorker
from cosign.store.waker import LocalWaker
from tests.cosign.store.outbox_fakes import Recorder


def main(url: str, delivered: Path) -> None:
    def deliver(item: OutboxItem) -> str:
        with delivered.open("a", encoding="utf-8") as file:
            file.write(f"{item.key} {item.attempt}\n")
        os.kill(os.getpid(), signal.SIGKILL)
        return "never"

    engine, recorder = make_engine(url), Recorder(deliver)
    worker = OutboxWorker(
        engine, handlers={"note": recorder}, clock=SystemClock(), waker=LocalWaker(engine), observer=recorder
    )
    worker.start()
    threading.Event().wait(60)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
