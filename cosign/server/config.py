"""Configuration: a TOML file, then `COSIGN_<SECTION>__<KEY>` from the environment, then defaults that just work.

Every section is a frozen dataclass; its fields are the keys that exist. An unknown key, a wrong type or a value
out of range is refused with the dotted name of the key. Secrets do not stand in the configuration: it names
the files that hold them.

    environment = "production"
    [server]
    listen = "0.0.0.0:7443"
    [tls]
    certificate = "/etc/cosign/tls.pem"
    private_key = "/etc/cosign/tls.key"
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cosign.errors import ConfigInvalid
from cosign.server.config_brands import BrandsSection, check_brands
from cosign.server.config_database import DatabaseSection, HeadsSection, check_database
from cosign.server.config_identity import IdentitySection, check_identity
from cosign.server.config_linked_logins import LinkedLoginsSection, check_linked_logins
from cosign.server.config_messages import (
    CallbacksSection,
    EmailSection,
    OutboxSection,
    PushSection,
    SmsSection,
    check_callbacks,
    check_messages,
)
from cosign.server.config_reader import read
from cosign.server.config_staff import StaffSection, check_staff
from cosign.server.config_token import TokenSection, check_token
from cosign.server.config_tracing import TracingSection, check_tracing
from cosign.server.config_uploads import UploadsSection, check_uploads

ENVIRONMENTS: Final = ("development", "production")
_LOG_LEVELS: Final = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSection:
    """The service and its listener."""

    server_id: str = "cosign"
    """Name of the key-share service, 1 to 64 ASCII bytes; part of every header, never changed later."""
    node_id: str = "node-1"
    """Name of this node; its audit segment."""
    state_dir: Path = Path("cosign-data")
    """Database, token folder, development certificate and audit heads live here unless named elsewhere."""
    listen: str = "127.0.0.1:7443"
    """`host:port` of the gRPC listener."""
    internal_listen: str = ""
    """`host:port` for internal callers such as gateways: they must show a certificate of `tls.client_ca`."""
    workers: int = 0
    """Worker processes that share the port, one per core; 0 serves in the program's own process."""
    plaintext: bool = False
    """No TLS. Only on a loopback address, only in development."""
    reflection: bool = True
    """Standard gRPC server reflection, for tools such as `grpcurl`."""
    drain_seconds: float = 20.0
    """How long requests in flight may take after SIGTERM."""
    max_concurrent_rpcs: int = 2000
    """Calls in progress at once; more are refused by the transport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSection:
    """Certificate of the listener. Both empty: a development certificate is made in the state folder."""

    certificate: Path | None = None
    """PEM chain, leaf first."""
    private_key: Path | None = None
    """PEM key of the leaf, without a password."""
    client_ca: Path | None = None
    """PEM certificates that sign the certificates of internal callers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSection:
    """Token buckets: requests per second and burst."""

    device_per_second: float = 20.0
    """Key operations of one device."""
    device_burst: int = 60
    """How many of them may come at once."""
    address_per_second: float = 200.0
    """Calls from one peer address."""
    address_burst: int = 600
    """How many of them may come at once."""
    enrolment_per_minute: float = 10.0
    """EnrolDevice per peer address."""
    enrolment_burst: int = 10
    """How many of them may come at once."""
    streams: int = 64
    """SignStreams at once in one process, each of which holds two threads; and as many streams that servers send, of
    one thread each."""
    streams_per_address: int = 16
    """Of either from one peer address; behind a proxy as many as `limits.streams`."""
    guest_per_minute: float = 60.0
    """Codes, captchas, registrations and logins per peer address."""
    guest_burst: int = 60
    """How many of them may come at once."""
    reading_per_second: float = 20.0
    """Calls of BootstrapService and the open ones of ContentService per peer address."""
    reading_burst: int = 200
    """How many of them may come at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSection:
    """Prometheus endpoint, plain HTTP."""

    listen: str = "127.0.0.1:9464"
    """Empty turns it off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSection:
    """JSON lines on stderr."""

    level: str = "info"
    """`debug`, `info`, `warning` or `error`."""
    access: bool = True
    """One line per call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSection:
    """Signed heads of the audit trail."""

    checkpoint_seconds: float = 60.0
    """How often the head of the trail is signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSection:
    """What keys may be used for."""

    raw_agreement: bool = False
    """Give agreed secrets of P-256 decryption keys to their phones (ECDH-3); every use and every start is audited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration."""

    environment: str = "development"
    """`development` or `production`; production refuses whatever is for development only."""
    server: ServerSection = field(default_factory=ServerSection)
    tls: TlsSection = field(default_factory=TlsSection)
    database: DatabaseSection = field(default_factory=DatabaseSection)
    heads: HeadsSection = field(default_factory=HeadsSection)
    token: TokenSection = field(default_factory=TokenSection)
    signing: SigningSection = field(default_factory=SigningSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    metrics: MetricsSection = field(default_factory=MetricsSection)
    tracing: TracingSection = field(default_factory=TracingSection)
    log: LogSection = field(default_factory=LogSection)
    audit: AuditSection = field(default_factory=AuditSection)
    sms: SmsSection = field(default_factory=SmsSection)
    callbacks: CallbacksSection = field(default_factory=CallbacksSection)
    email: EmailSection = field(default_factory=EmailSection)
    push: PushSection = field(default_factory=PushSection)
    outbox: OutboxSection = field(default_factory=OutboxSection)
    brands: BrandsSection = field(default_factory=BrandsSection)
    uploads: UploadsSection = field(default_factory=UploadsSection)
    identity: IdentitySection = field(default_factory=IdentitySection)
    linked_logins: LinkedLoginsSection = field(default_factory=LinkedLoginsSection)
    staff: StaffSection = field(default_factory=StaffSection)

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{(self.server.state_dir / 'cosign.db').absolute()}"

    @property
    def token_folder(self) -> Path:
        return self.token.folder or self.server.state_dir / "token"


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Reads and checks the configuration.

    Args:
        path: TOML file; None means the file named by `COSIGN_CONFIG`, or none at all.
        environ: Environment, `os.environ` by default.

    Raises:
        ConfigInvalid: With the dotted key and what is wrong with it.
    """
    environ = os.environ if environ is None else environ
    if path is None and environ.get("COSIGN_CONFIG"):
        path = Path(environ["COSIGN_CONFIG"])
    document: dict[str, object] = {}
    if path is not None:
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigInvalid(str(path), error.strerror or "cannot be read") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigInvalid(str(path), f"not TOML: {error}") from None
    return checked(read(Config, document, environ))


def parse_address(key: str, text: str) -> tuple[str, int]:
    """Splits `host:port`; an IPv6 host stands in brackets. Raises ConfigInvalid naming `key`."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigInvalid(key, f"{text!r} is not host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether a listener on `host` can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def checked(config: Config) -> Config:
    """Returns `config` if its entries are in range and fit each other. Raises ConfigInvalid."""
    _check(config)
    _check_ranges(config)
    check_database(config)
    check_token(config)
    check_tracing(config)
    check_messages(config.sms, config.email, config.push, config.outbox, production=config.production)
    check_brands(config.brands)
    check_uploads(config)
    check_callbacks(config.callbacks)
    if config.callbacks.listen:
        parse_address("callbacks.listen", config.callbacks.listen)
    check_identity(config)
    check_linked_logins(config.linked_logins, production=config.production)
    check_staff(config)
    if config.staff.listen:
        parse_address("staff.listen", config.staff.listen)
    return config


def _check(config: Config) -> None:
    if config.environment not in ENVIRONMENTS:
        raise ConfigInvalid("environment", f"must be one of {', '.join(ENVIRONMENTS)}")
    server = config.server
    for key, name in (("server.server_id", server.server_id), ("server.node_id", server.node_id)):
        if not (name.isascii() and name.isprintable() and 1 <= len(name) <= 64):
            raise ConfigInvalid(key, "must be 1 to 64 printable ASCII characters")
    if server.node_id == "operator" or "/" in server.node_id:
        raise ConfigInvalid(
            "server.node_id", "must be neither `operator`, the audit segment of cosignctl, nor contain /"
        )
    host, _ = parse_address("server.listen", server.listen)
    if config.metrics.listen:
        parse_address("metrics.listen", config.metrics.listen)
    if server.plaintext and not is_loopback(host):
        raise ConfigInvalid("server.plaintext", "allowed on a loopback address only")
    if server.plaintext and config.production:
        raise ConfigInvalid("server.plaintext", "not allowed in production")
    if bool(server.internal_listen) != (config.tls.client_ca is not None):
        raise ConfigInvalid("tls.client_ca", "goes together with server.internal_listen")
    if server.internal_listen:
        parse_address("server.internal_listen", server.internal_listen)
    if not 0 <= server.workers <= 256:
        raise ConfigInvalid("server.workers", "must be 0 to 256")
    if server.workers > 1 and config.database_url.startswith("sqlite"):
        raise ConfigInvalid("server.workers", "SQLite takes one writer at a time, more workers would only wait; use 1")
    if (config.tls.certificate is None) != (config.tls.private_key is None):
        raise ConfigInvalid("tls", "certificate and private_key go together")
    if config.production and not server.plaintext and config.tls.certificate is None:
        raise ConfigInvalid("tls.certificate", "production needs a certificate of its own")
    if config.log.level not in _LOG_LEVELS:
        raise ConfigInvalid("log.level", f"must be one of {', '.join(_LOG_LEVELS)}")


def _check_ranges(config: Config) -> None:
    limits = config.limits
    positive = {
        "server.drain_seconds": config.server.drain_seconds,
        "server.max_concurrent_rpcs": config.server.max_concurrent_rpcs,
        "limits.device_per_second": limits.device_per_second,
        "limits.device_burst": limits.device_burst,
        "limits.address_per_second": limits.address_per_second,
        "limits.address_burst": limits.address_burst,
        "limits.enrolment_per_minute": limits.enrolment_per_minute,
        "limits.enrolment_burst": limits.enrolment_burst,
        "limits.streams": limits.streams,
        "limits.streams_per_address": limits.streams_per_address,
        "limits.guest_per_minute": limits.guest_per_minute,
        "limits.guest_burst": limits.guest_burst,
        "limits.reading_per_second": limits.reading_per_second,
        "limits.reading_burst": limits.reading_burst,
        "audit.checkpoint_seconds": config.audit.checkpoint_seconds,
    }
    for key, value in positive.items():
        if not value > 0:
            raise ConfigInvalid(key, "must be greater than 0")
