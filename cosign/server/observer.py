"""What the signing area reports after a commit becomes metrics and log lines."""

from typing import Final

from cosign.server.logging import Logger
from cosign.server.metrics import Metrics
from keyshare.batch_items import EventKind, KeyshareEvent
from keyshare.errors import CommitUnknown

_ALERTS: Final = frozenset({
    EventKind.CLONE_DETECTED,
    EventKind.ROW_CORRUPTED,
    EventKind.OT_DESTROYED,
    EventKind.RECORD_REFUSED,
    EventKind.DEVICE_LOCKED,
    EventKind.EVALUATION_FAULT,
    EventKind.UNCOMMITTED,
    EventKind.CHARGE_FIRST,
    EventKind.GUARD_MISSED,
})  # fmt: skip
"""Events an operator should look at; the others are normal operation."""


class LoggingObserver:
    """Implements `cosign.signing.ports.Observer`."""

    def __init__(self, metrics: Metrics, log: Logger) -> None:
        self._metrics = metrics
        self._log = log

    def observe(self, event: KeyshareEvent) -> None:
        """Counts the event and writes one line with ids only."""
        self._metrics.event(event.kind)
        write = self._log.warning if event.kind in _ALERTS else self._log.info
        write(event.kind.value, device_id=event.device_id, key_id=event.key_id)

    def failed(self, fault: Exception) -> None:
        """A transaction failed and everything in it was wiped. May be called on the batch thread."""
        self._metrics.batch_failed.inc()
        if isinstance(fault, CommitUnknown):  # treated as a failure (TX-5); the rows may say otherwise
            self._metrics.commit_unknown.inc()
            self._log.error("commit_unknown", exc_info=fault)
            return
        self._log.error("batch_failed", exc_info=fault)
