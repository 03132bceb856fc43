"""Section `identity`: who checks real names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from cosign.errors import ConfigInvalid

PROVIDERS: Final = ("", "none", "sandbox", "gateway")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySection:
    """Real-name checks."""

    provider: str = ""
    """`gateway`, `sandbox` or `none`; empty: the sandbox in development, none in production."""
    endpoint: str = ""
    """`https://host` of the gateway."""
    key: str = "cosign"
    """Name of the secret towards the gateway."""
    secret_file: Path | None = None
    """First line is the secret; read for every request."""
    alipay_app_id: str = ""
    """APPID of Alipay's open platform; empty: `alipay_face` goes through the sandbox, or not at all."""
    alipay_private_key: Path | None = None
    """PEM file of the application's RSA key."""
    alipay_public_key: Path | None = None
    """PEM file of Alipay's RSA key."""
    alipay_endpoint: str = ""
    """Another address of Alipay; empty: the public one."""
    query_after_seconds: float = 60.0
    """How long a result is waited for before its provider is asked, then again after growing breaks; 1 to 600."""
    sandbox_seconds: float = 0.3
    """How long a check takes in the sandbox."""


class _Config(Protocol):
    @property
    def identity(self) -> IdentitySection: ...
    @property
    def production(self) -> bool: ...


def check_identity(config: _Config) -> None:
    """Raises ConfigInvalid."""
    section = config.identity
    if section.provider not in PROVIDERS:
        raise ConfigInvalid("identity.provider", f"must be one of {', '.join(word for word in PROVIDERS if word)}")
    if section.provider == "sandbox" and config.production:
        raise ConfigInvalid("identity.provider", "the sandbox is not allowed in production")
    needed: dict[str, object] = {}
    if section.provider == "gateway":
        needed |= {"endpoint": section.endpoint, "key": section.key, "secret_file": section.secret_file}
    if section.alipay_app_id:
        needed |= {
            "alipay_private_key": section.alipay_private_key,
            "alipay_public_key": section.alipay_public_key,
        }
    for key, value in needed.items():
        if not value:
            raise ConfigInvalid(f"identity.{key}", "is needed by this provider")
    for key, url in (("endpoint", section.endpoint), ("alipay_endpoint", section.alipay_endpoint)):
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        if url and not (secure and parts.netloc and parts.path in ("", "/") and not parts.query):
            raise ConfigInvalid(f"identity.{key}", "must be https://host")
    if not 1 <= section.query_after_seconds <= 600:
        raise ConfigInvalid("identity.query_after_seconds", "must be 1 to 600")
    if not 0 <= section.sandbox_seconds <= 60:
        raise ConfigInvalid("identity.sandbox_seconds", "must be 0 to 60")
