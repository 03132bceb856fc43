"""Metrics of the outbox, and what is logged of it: never an address, a text or a code."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from cosign.messages.adapters.reports import FORMATS
from cosign.messages.model import Channel, ReportOutcome
from cosign.messages.payloads import CODE
from cosign.messages.receipts import OUTCOMES as REPORTS
from cosign.server.logging import Logger
from cosign.store.delivery import OUTCOMES

KINDS: Final = (CODE, *(channel.value for channel in Channel))
_REPORT_SECONDS: Final = (1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 14_400.0)
_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class OutboxMetrics:
    """Implements `OutboxObserver`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        deliveries = Counter(
            "cosign_outbox_deliveries_total", "Attempts to deliver.", ("kind", "outcome"), registry=registry
        )
        self._deliveries = {(kind, outcome): deliveries.labels(kind, outcome) for kind in KINDS for outcome in OUTCOMES}
        seconds = Histogram(
            "cosign_outbox_delivery_seconds", "Time of an attempt.", ("kind",), buckets=_SECONDS, registry=registry
        )
        self._seconds = {kind: seconds.labels(kind) for kind in KINDS}
        self._faults = Counter("cosign_outbox_faults_total", "Faults of our own in deliveries.", registry=registry)
        self._waiting = Gauge("cosign_outbox_waiting", "Deliveries that wait.", registry=registry)
        self._oldest = Gauge("cosign_outbox_oldest_seconds", "Age of the oldest of them.", registry=registry)
        self._dead = Gauge("cosign_outbox_dead", "Dead letters.", registry=registry)
        reports = Counter(
            "cosign_delivery_reports_total", "Reports of SMS providers.", ("provider", "outcome"), registry=registry
        )
        self._reports = {
            (provider, outcome): reports.labels(provider, outcome) for provider in FORMATS for outcome in REPORTS
        }
        self._reported = Histogram(
            "cosign_delivery_report_seconds",
            "Time from the provider taking an SMS to the report that it arrived.",
            buckets=_REPORT_SECONDS,
            registry=registry,
        )
        self.log: Logger | None = None

    def attempted(self, kind: str, outcome: str, seconds: float) -> None:
        """See the port."""
        self._deliveries[kind, outcome].inc()
        self._seconds[kind].observe(seconds)
        if outcome == "dead" and self.log is not None:
            self.log.warning("delivery_dead", task=kind)

    def failed(self, fault: Exception) -> None:
        """See the port."""
        self._faults.inc()
        if self.log is not None:
            self.log.error("delivery_failed", exc_info=fault)

    def report(self, provider: str, outcome: str, seconds: float) -> None:
        """Counts a report; `seconds` since the SMS was sent, negative when that is not known."""
        self._reports[provider, outcome].inc()
        if outcome == ReportOutcome.DELIVERED.value and seconds >= 0:
            self._reported.observe(seconds)

    def depth(self, waiting: int, oldest_ms: int, dead: int) -> None:
        """States how much waits; `oldest_ms` is 0 when nothing does."""
        self._waiting.set(waiting)
        self._oldest.set(oldest_ms / 1000)
        self._dead.set(dead)
