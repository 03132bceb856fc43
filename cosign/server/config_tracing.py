"""Section `tracing` of the configuration."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cosign.errors import ConfigInvalid

if TYPE_CHECKING:
    from cosign.server.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingSection:
    """OpenTelemetry traces; need the extra `cosign-server[tracing]`."""

    endpoint: str = ""
    """Collector that takes OTLP over gRPC, for example `http://127.0.0.1:4317`; https for TLS. Empty turns it off."""
    ratio: float = 1.0
    """Share of the traces that are kept, 0 to 1, chosen by trace id."""


def check_tracing(config: "Config") -> None:
    """Raises ConfigInvalid unless the section is in range."""
    tracing = config.tracing
    if tracing.endpoint:
        parts = urlsplit(tracing.endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigInvalid("tracing.endpoint", "must be http://host:port or https://host:port")
        if parts.username or parts.password:
            raise ConfigInvalid("tracing.endpoint", "must hold no password")
    if not 0 <= tracing.ratio <= 1:
        raise ConfigInvalid("tracing.ratio", "must be 0 to 1")
