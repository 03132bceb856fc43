"""Metrics of providers that tell who a user is."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ProviderMetrics:
    """Implements `ProviderObserver`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "cosign_login_providers_total", "Calls to login providers.", ("provider", "result"), registry=registry
        )
        self._seconds = Histogram(
            "cosign_login_provider_seconds", "Time of such a call.", ("provider",), buckets=_SECONDS, registry=registry
        )

    def asked(self, provider: str, result: str, seconds: float) -> None:
        """See the port."""
        self._calls.labels(provider, result).inc()
        self._seconds.labels(provider).observe(seconds)
