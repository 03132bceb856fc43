"""Metrics of reviews: how much waits, how old it is, what is decided."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

from cosign.reviews.model import ReviewKind, Verdict
from cosign.reviews.ports import QueueDepth


class ReviewMetrics:
    """Children are made at once: an alert sees a zero, never nothing."""

    def __init__(self, registry: CollectorRegistry) -> None:
        decisions = Counter(
            "cosign_review_decisions_total", "Decisions of reviewers.", ("kind", "verdict"), registry=registry
        )
        self._decisions = {
            (kind, verdict): decisions.labels(kind.value, verdict.value) for kind in ReviewKind for verdict in Verdict
        }
        self._lapsed = Counter(
            "cosign_review_claims_lapsed_total", "Claims that ended without a decision.", registry=registry
        )
        self._open = Gauge("cosign_reviews_open", "Reviews that are not decided.", ("kind",), registry=registry)
        self._overdue = Gauge(
            "cosign_reviews_overdue", "Of these, what should have been decided by now.", ("kind",), registry=registry
        )
        self._oldest = Gauge(
            "cosign_reviews_oldest_seconds", "Age of the oldest of them.", ("kind",), registry=registry
        )
        for kind in ReviewKind:
            for gauge in (self._open, self._overdue, self._oldest):
                gauge.labels(kind.value)

    def decision(self, kind: ReviewKind, verdict: Verdict) -> None:
        """Counts a decision, also of a stage that another one follows."""
        self._decisions[kind, verdict].inc()

    def lapsed(self, count: int) -> None:
        """Counts claims that ended by time."""
        self._lapsed.inc(count)

    def depth(self, depths: Mapping[ReviewKind, QueueDepth], now_ms: int) -> None:
        """States how much is open."""
        for kind, depth in depths.items():
            self._open.labels(kind.value).set(depth.open)
            self._overdue.labels(kind.value).set(depth.overdue)
            age_ms = now_ms - depth.oldest_ms if depth.oldest_ms else 0
            self._oldest.labels(kind.value).set(max(0, age_ms) / 1000)
