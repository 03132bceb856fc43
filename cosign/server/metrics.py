"""Prometheus metrics. Labels come from closed sets; children are looked up once and kept.

Nothing here is observed before the transaction that decided the outcome has committed (TX-6): the signing area
reports a finished micro-batch, never a running one.
"""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, PlatformCollector, ProcessCollector
from prometheus_client.exposition import generate_latest

from cosign.server.review_metrics import ReviewMetrics
from cosign.store.waits import Path, Wait
from hsm.ports import PoolState
from keyshare.batch_items import EventKind
from protocol.codes import Op, Status

_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64)
TOKEN_CALLS: Final = ("seal", "unseal", "self_test", "create_share", "agree")


class Metrics:
    """All metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._rpc = Histogram(
            "cosign_rpc_duration_seconds",
            "Time from decoded request to encoded response.",
            ("method", "code"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._rpc_children: dict[tuple[str, str], Histogram] = {}
        self._answers = Counter(
            "cosign_answers_total", "Answers to key operations by status.", ("op", "status"), registry=registry
        )
        self._answer_children = {
            (int(op), int(status)): self._answers.labels(op.name.lower(), status.name.lower())
            for op in Op
            for status in Status
        }
        self._other_answers = self._answers.labels("unknown", "other")
        self._batch_size = Histogram(
            "cosign_batch_size", "Requests per micro-batch.", buckets=_SIZES, registry=registry
        )
        self._queue_depth = Gauge("cosign_queue_depth", "Requests waiting for a micro-batch.", registry=registry)
        self._commit_seconds = Histogram(
            "cosign_batch_seconds", "Time of one micro-batch from lock to commit.", buckets=_SECONDS, registry=registry
        )
        self.pin_failures: Final = Counter("cosign_pin_failures_total", "Wrong PINs.", registry=registry)
        events = Counter(
            "cosign_keyshare_events_total",
            "Events of the key-share layer after their commit.",
            ("kind",),
            registry=registry,
        )
        self._events = {kind: events.labels(kind.value) for kind in EventKind}
        self.commit_unknown: Final = Counter(
            "cosign_commits_unknown_total",
            "Micro-batches whose COMMIT went out and was never answered; treated as failed.",
            registry=registry,
        )
        self.batch_failed: Final = Counter(
            "cosign_batch_failures_total", "Micro-batches that failed and were wiped.", registry=registry
        )
        self._limited = Counter(
            "cosign_rate_limited_total", "Calls refused by a rate limit.", ("limit",), registry=registry
        )
        self._token = Counter("cosign_token_calls_total", "Calls to the token.", ("call", "result"), registry=registry)
        self._token_children = {
            (call, good): self._token.labels(call, "ok" if good else "failed")
            for call in TOKEN_CALLS
            for good in (True, False)
        }
        token_seconds = Histogram(
            "cosign_token_call_seconds", "Time of calls to the token.", ("call",), buckets=_SECONDS, registry=registry
        )
        self._token_seconds = {call: token_seconds.labels(call) for call in TOKEN_CALLS}
        waits = Histogram(
            "cosign_database_wait_seconds",
            "Time transactions wait for a connection, for locks (with the statements that take them), for commit.",
            ("path", "kind"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._waits = {(path, wait): waits.labels(path.value, wait.value) for path in Path for wait in Wait}
        self._certificate_days = Gauge(
            "cosign_certificate_days_left",
            "Days until the certificate of a listener ends.",
            ("listener",),
            registry=registry,
        )
        self.upgrades_required: Final = Counter(
            "cosign_upgrades_required_total", "Calls of apps that are too old for their brand.", registry=registry
        )
        self._brand_version = Gauge(
            "cosign_brand_policy_version", "Version of the policy in force.", ("brand",), registry=registry
        )
        self._logins = Counter("cosign_logins_total", "Logins.", ("method", "result"), registry=registry)
        self._codes = Counter("cosign_codes_total", "SMS codes asked for and shown.", ("result",), registry=registry)
        self._identity = Counter(
            "cosign_identity_attempts_total", "Decided real-name attempts.", ("method", "result"), registry=registry
        )
        self._identity_calls = Counter(
            "cosign_identity_provider_calls_total",
            "Calls to providers of real-name checks; each may cost money.",
            ("provider", "result"),
            registry=registry,
        )
        self._identity_callbacks = Counter(
            "cosign_identity_callbacks_total",
            "Callbacks of providers of real-name checks.",
            ("provider", "result"),
            registry=registry,
        )
        self._identity_queries = Counter(
            "cosign_identity_queries_total",
            "Results of real-name checks that were asked for because no callback came.",
            ("provider", "result"),
            registry=registry,
        )
        self.reviews: Final = ReviewMetrics(registry)
        self._build = Info("cosign_build", "Version of the program and back end of the core.", registry=registry)

    def rpc(self, method: str, code: str, seconds: float) -> None:
        """Counts one call; `method` is a method of our API, `code` the name of a gRPC status code."""
        child = self._rpc_children.get((method, code))
        if child is None:
            child = self._rpc_children[method, code] = self._rpc.labels(method, code)
        child.observe(seconds)

    def limited(self, limit: str) -> None:
        """Counts one call that a rate limit refused: `address`, `device`, `enrolment`."""
        self._limited.labels(limit).inc()

    def answer(self, op: int, status: int) -> None:
        """Counts one answer that was released."""
        self._answer_children.get((op, status), self._other_answers).inc()
        if status == Status.PIN_WRONG:
            self.pin_failures.inc()

    def batch(self, size: int, waiting: int, seconds: float) -> None:
        """Observes one finished micro-batch."""
        self._batch_size.observe(size)
        self._queue_depth.set(waiting)
        self._commit_seconds.observe(seconds)

    def database_wait(self, path: Path, wait: Wait, seconds: float) -> None:
        """Observes one wait for the database; see `cosign.store.waits`."""
        self._waits[path, wait].observe(seconds)

    def event(self, kind: EventKind) -> None:
        """Counts a lost answer, a detected clone, a lock …"""
        self._events[kind].inc()

    def token_call(self, call: str, *, good: bool) -> None:
        """Counts one call to the token; `call` is one of TOKEN_CALLS."""
        self._token_children[call, good].inc()

    def certificate_days(self, listener: str, left: float) -> None:
        """States how long the certificate of `phones`, `internal` or `staff` is good for."""
        self._certificate_days.labels(listener).set(left)

    def token_seconds(self, call: str, seconds: float) -> None:
        """Observes one call to the token; `call` is one of TOKEN_CALLS."""
        self._token_seconds[call].observe(seconds)

    def token_pool(self, state: Callable[[], PoolState]) -> None:
        """Shows the sessions of a token of PKCS#11, asked whenever the metrics are read."""
        shown: dict[str, tuple[str, Callable[[], float]]] = {
            "cosign_token_ready": ("Whether the sessions of the token are good.", lambda: state().ready),
            "cosign_token_generation": ("Logins to the token by this process.", lambda: state().generation),
            "cosign_token_calls_inside": ("Calls to the token that run or wait.", lambda: state().inside),
            "cosign_token_hanging_calls": ("Calls to the token that were given up.", lambda: state().lost),
        }
        for name, (meaning, value) in shown.items():
            Gauge(name, meaning, registry=self.registry).set_function(value)

    def brand(self, brand: str, version: int) -> None:
        """States which version of a brand's policy this process works with."""
        self._brand_version.labels(brand).set(version)

    def login(self, method: str, result: str) -> None:
        """Counts a login; `result` is `ok`, `half` or a reason of the error catalogue."""
        self._logins.labels(method, result).inc()

    def code(self, result: str) -> None:
        """Counts what became of a code: `sent`, `verified` or a reason of the error catalogue."""
        self._codes.labels(result).inc()

    def identity(self, method: str, result: str) -> None:
        """Counts a decided attempt; `result` is `verified`, `manual_review` or the reason of a failure."""
        self._identity.labels(method, result).inc()

    def identity_call(self, provider: str, result: str) -> None:
        """Counts a call to a provider: `answered` or `down`."""
        self._identity_calls.labels(provider, result).inc()

    def identity_callback(self, provider: str, result: str) -> None:
        """Counts a callback by what became of it; `forged` ones too."""
        self._identity_callbacks.labels(provider, result).inc()

    def identity_query(self, provider: str, result: str) -> None:
        """Counts what became of asking for a result in the background: a word of `Asked`."""
        self._identity_queries.labels(provider, result).inc()

    def build(self, version: str, backend: str) -> None:
        """States what runs."""
        self._build.info({"version": version, "backend": backend})

    def exposition(self) -> str:
        """All metrics in the text form of Prometheus."""
        return generate_latest(self.registry).decode()
