"""Sections `sms`, `email`, `push` and `outbox` of the configuration: what delivers messages."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cosign.errors import ConfigInvalid

SMS_PROVIDERS: Final = ("", "none", "sandbox", "aliyun", "tencent")
EMAIL_PROVIDERS: Final = ("", "none", "sandbox", "smtp")
PUSH_PROVIDERS: Final = ("", "none", "sandbox", "jpush")
SMTP_SECURITY: Final = ("starttls", "tls", "none")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSection:
    """SMS."""

    provider: str = ""
    """`aliyun`, `tencent`, `sandbox` (a file) or `none`; empty: the sandbox in development, none in production."""
    access_key_id: str = ""
    """AccessKey id (Aliyun) or SecretId (Tencent Cloud)."""
    secret_file: Path | None = None
    """First line is its secret; read for every message."""
    templates: Path | None = None
    """TOML file of approved templates and sign names; see docs/messages.md."""
    app_id: str = ""
    """SmsSdkAppId; Tencent Cloud only."""
    region: str = "ap-guangzhou"
    """Region; Tencent Cloud only."""
    endpoint: str = ""
    """Another address of the provider, for example one inside its network; empty: the public one."""
    report_secret_file: Path | None = None
    """First line is the last part of the address for delivery reports, at least 32 letters and digits; without it none
    are taken. See docs/messages.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbacksSection:
    """HTTP endpoint for providers that call back."""

    listen: str = ""
    """`host:port`; empty turns it off. TLS with the certificate of the server, unless `server.plaintext`."""
    public_url: str = ""
    """How providers reach that endpoint, without a path; empty: the address it listens on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSection:
    """E-mail."""

    provider: str = ""
    """`smtp`, `sandbox` (a file) or `none`; empty: the sandbox in development, none in production."""
    host: str = ""
    """Mail server."""
    port: int = 587
    """587 for `starttls`, 465 for `tls`."""
    security: str = "starttls"
    """`starttls`, `tls`, or `none` for a server on this machine."""
    user: str = ""
    """Login name; empty: no login."""
    password_file: Path | None = None
    """First line is the password; read for every mail."""
    sender: str = ""
    """Address in `From`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSection:
    """Push notices."""

    provider: str = ""
    """`jpush`, `sandbox` (a file) or `none`; empty: the sandbox in development, none in production."""
    app_key: str = ""
    """AppKey of JPush."""
    secret_file: Path | None = None
    """First line is the master secret; read for every notice."""
    apns_production: bool = True
    """Whether iPhones are reached through Apple's production service."""
    endpoint: str = ""
    """Another address of the provider; empty: the public one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSection:
    """How this process delivers."""

    parallel: int = 8
    """Deliveries at once; at most half of them, rounded up, by one channel."""
    attempts: int = 10
    """After so many a delivery is a dead letter."""
    lease_seconds: float = 60.0
    """After this time a delivery that was begun is taken over by another process."""


def check_callbacks(section: CallbacksSection) -> None:
    """Raises ConfigInvalid."""
    if section.public_url and not section.public_url.startswith(("https://", "http://")):
        raise ConfigInvalid("callbacks.public_url", "must be an http or https URL")


def check_messages(
    sms: SmsSection, email: EmailSection, push: PushSection, outbox: OutboxSection, *, production: bool
) -> None:
    """Raises ConfigInvalid if an entry is missing, out of range or not for production."""
    for section, provider, known in (
        ("sms", sms.provider, SMS_PROVIDERS),
        ("email", email.provider, EMAIL_PROVIDERS),
        ("push", push.provider, PUSH_PROVIDERS),
    ):
        if provider not in known:
            raise ConfigInvalid(f"{section}.provider", f"must be one of {', '.join(word for word in known if word)}")
        if provider == "sandbox" and production:
            raise ConfigInvalid(f"{section}.provider", "the sandbox is not allowed in production")
    needed: dict[str, object] = {}
    if sms.provider in ("aliyun", "tencent"):
        needed |= {"sms.access_key_id": sms.access_key_id, "sms.secret_file": sms.secret_file}
        needed |= {"sms.templates": sms.templates}
    if sms.provider == "tencent":
        needed |= {"sms.app_id": sms.app_id}
    if email.provider == "smtp":
        needed |= {"email.host": email.host, "email.sender": email.sender}
        needed |= {"email.password_file": email.password_file or not email.user}
    if push.provider == "jpush":
        needed |= {"push.app_key": push.app_key, "push.secret_file": push.secret_file}
    for key, value in needed.items():
        if not value:
            raise ConfigInvalid(key, "is needed by this provider")
    _check_transport(sms, email, push)
    if not 1 <= outbox.parallel <= 64:
        raise ConfigInvalid("outbox.parallel", "must be 1 to 64")
    if not 1 <= outbox.attempts <= 100:
        raise ConfigInvalid("outbox.attempts", "must be 1 to 100")
    if not 30 <= outbox.lease_seconds <= 3600:
        raise ConfigInvalid("outbox.lease_seconds", "must be 30 to 3600; it must outlast the slowest provider")


def _check_transport(sms: SmsSection, email: EmailSection, push: PushSection) -> None:
    for key, endpoint in (("sms.endpoint", sms.endpoint), ("push.endpoint", push.endpoint)):
        parts = urlsplit(endpoint)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        if endpoint and not (secure and parts.netloc and parts.path in ("", "/") and not parts.query):
            raise ConfigInvalid(key, "must be https://host")
    if email.security not in SMTP_SECURITY:
        raise ConfigInvalid("email.security", f"must be one of {', '.join(SMTP_SECURITY)}")
    if email.provider == "smtp" and email.security == "none" and email.host not in _LOCAL:
        raise ConfigInvalid("email.security", "`none` is for a server on this machine only")
    if email.provider == "smtp" and "@" not in email.sender:
        raise ConfigInvalid("email.sender", "must be an address")
    if not 1 <= email.port <= 65535:
        raise ConfigInvalid("email.port", "must be 1 to 65535")


def secret_in(path: Path | None, key: str) -> Callable[[], str]:
    """Reads the first line of a file whenever it is called. Raises ConfigInvalid naming `key`, now and then."""

    def read() -> str:
        if path is None:
            return ""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise ConfigInvalid(key, f"{path} cannot be read") from None
        if not lines or not lines[0]:
            raise ConfigInvalid(key, f"{path} is empty")
        return lines[0]

    read()
    return read
