"""`cosignd` with a clock around its steps; started by `benchmarks.stages` and, for the steps of a login, by
`benchmarks.logins`. Imports no gRPC before it must."""

import functools
import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

FILE: Final = "BENCH_STAGES"
"""Environment variable that names the file for the totals."""
REPORT_SECONDS: Final = 0.5


class Meter:
    """Processor time per stage, exclusive of the stages inside; one stack per thread."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._threads: list[defaultdict[str, int]] = []

    def around(self, owner: Any, name: str, stage: str) -> None:
        """Puts the clock around a method."""
        inner: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(inner)
        def timed(*args: Any, **kwargs: Any) -> Any:
            totals, stack = self._mine()
            stack.append(0)
            began = time.thread_time_ns()
            try:
                return inner(*args, **kwargs)
            finally:
                took = time.thread_time_ns() - began
                totals[stage] += took - stack.pop()
                if stack:
                    stack[-1] += took

        setattr(owner, name, timed)

    def totals(self) -> dict[str, float]:
        """Seconds per stage so far."""
        found: defaultdict[str, float] = defaultdict(float)
        for totals in list(self._threads):
            for stage, spent in list(totals.items()):
                found[stage] += spent / 1e9
        return dict(found)

    def _mine(self) -> tuple[defaultdict[str, int], list[int]]:
        if not hasattr(self._local, "totals"):
            self._local.totals, self._local.stack = defaultdict(int), []
            self._threads.append(self._local.totals)
        return self._local.totals, self._local.stack


def read_totals(file: Path) -> dict[str, float]:
    """Seconds per stage as last reported."""
    totals: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return totals


def instrument(meter: Meter) -> None:
    """Puts clocks around the steps of a key operation."""
    from cosign.server.access_log import AccessLog
    from cosign.server.direct import _CoreCall
    from cosign.server.guard import CallGuard
    from cosign.server.metrics import Metrics
    from cosign.signing.envelope_methods import EnvelopeMethod
    from cosign.signing.evaluator import CoreEvaluator
    from cosign.signing.intake import Intake
    from cosign.signing.postgres_transaction import PostgresShareTransaction
    from cosign.signing.repository import SqlShareTransaction
    from cosign.signing.usecases.prepare_request import RequestPreparer
    from cosign.store.prepared import Prepared
    from cosign.store.wire import Wire
    from keyshare import transaction

    for owner, name, stage in (
        (CallGuard, "enter", "admission and decode"),
        (EnvelopeMethod, "decode", "admission and decode"),
        (Intake, "_open", "end-to-end layer"),
        (Intake, "_find_devices", "device signature"),
        (Intake, "_verify", "device signature"),
        (RequestPreparer, "prepare", "share look-up and unseal"),
        (transaction.BatchRunner, "run", "clone rules and counters"),
        (CoreEvaluator, "evaluate", "core"),
        (Prepared, "rows", "SQL"),
        (Prepared, "run", "SQL"),
        (Prepared, "run_many", "SQL"),
        (Wire, "send", "SQL"),
        (PostgresShareTransaction, "lock_batch", "SQL"),
        (PostgresShareTransaction, "update_devices", "SQL"),
        (PostgresShareTransaction, "append_audit", "SQL"),
        (PostgresShareTransaction, "commit", "SQL"),
        (SqlShareTransaction, "commit", "SQL"),
        (SqlShareTransaction, "append_audit", "SQL"),
        (transaction, "release", "reply"),
        (EnvelopeMethod, "encode", "reply"),
        (_CoreCall, "answer", "transport"),
        (CallGuard, "finished", "logs and metrics"),
        (AccessLog, "_flush", "logs and metrics"),
        (Metrics, "answer", "logs and metrics"),
        (Metrics, "batch", "logs and metrics"),
    ):
        meter.around(owner, name, stage)


def serve(instrument: Callable[[Meter], None]) -> None:
    """The server with the clocks that `instrument` puts up; writes its totals into a file every REPORT_SECONDS."""
    from cosign.cli import cosignd
    from cosign.server.grpc_polling import read_on_the_serving_thread
    from cosign.server.tls_floor import require_tls13

    require_tls13()
    read_on_the_serving_thread()
    meter = Meter()
    instrument(meter)
    file = Path(os.environ[FILE])

    def report() -> None:
        while True:
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps(meter.totals()), encoding="utf-8")
            fresh.replace(file)
            time.sleep(REPORT_SECONDS)

    threading.Thread(target=report, daemon=True).start()
    sys.argv = ["cosignd", "serve"]
    cosignd.main()


if __name__ == "__main__":
    serve(instrument)
