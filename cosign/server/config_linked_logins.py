"""Section `linked_logins` of the configuration: who tells who a user is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cosign.errors import ConfigInvalid

CARRIERS: Final = ("", "none", "sandbox", "aliyun")
THIRD_PARTIES: Final = ("", "none", "sandbox", "apps")
NETWORK_IDENTITIES: Final = ("", "none", "sandbox")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedLoginsSection:
    """Logins through carriers, WeChat, Alipay and network identity; a method without a provider is not available."""

    carrier: str = ""
    """One-tap login: `aliyun`, `sandbox` or `none`; empty: the sandbox in development, none in production."""
    carrier_access_key_id: str = ""
    """AccessKey id of Aliyun."""
    carrier_secret_file: Path | None = None
    """First line is its secret; read for every login."""
    carrier_endpoint: str = ""
    """Another address of the carrier's service; empty: the public one."""
    third_party: str = ""
    """WeChat and Alipay: `apps`, `sandbox` or `none`; empty: the sandbox in development, none in production."""
    apps: Path | None = None
    """TOML file of our apps at WeChat and Alipay by brand; see docs/linked-logins.md."""
    wechat_endpoint: str = ""
    """Another address of WeChat; empty: the public one."""
    alipay_endpoint: str = ""
    """Another address of Alipay; empty: the public one."""
    network_identity: str = ""
    """`sandbox` or `none`; empty: the sandbox in development, none in production."""


def check_linked_logins(section: LinkedLoginsSection, *, production: bool) -> None:
    """Raises ConfigInvalid if an entry is missing, unknown or not for production."""
    for key, word, known in (
        ("carrier", section.carrier, CARRIERS),
        ("third_party", section.third_party, THIRD_PARTIES),
        ("network_identity", section.network_identity, NETWORK_IDENTITIES),
    ):
        if word not in known:
            raise ConfigInvalid(f"linked_logins.{key}", f"must be one of {', '.join(one for one in known if one)}")
        if word == "sandbox" and production:
            raise ConfigInvalid(f"linked_logins.{key}", "the sandbox is not allowed in production")
    needed: dict[str, object] = {}
    if section.carrier == "aliyun":
        needed |= {"carrier_access_key_id": section.carrier_access_key_id}
        needed |= {"carrier_secret_file": section.carrier_secret_file}
    if section.third_party == "apps":
        needed |= {"apps": section.apps}
    for key, value in needed.items():
        if not value:
            raise ConfigInvalid(f"linked_logins.{key}", "is needed by this provider")
    endpoints = {
        "carrier_endpoint": section.carrier_endpoint,
        "wechat_endpoint": section.wechat_endpoint,
        "alipay_endpoint": section.alipay_endpoint,
    }
    for key, endpoint in endpoints.items():
        parts = urlsplit(endpoint)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        if endpoint and not (secure and parts.netloc and parts.path in ("", "/") and not parts.query):
            raise ConfigInvalid(f"linked_logins.{key}", "must be https://host")
