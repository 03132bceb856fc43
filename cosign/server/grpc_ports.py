"""How a gRPC server opens its ports, and how long the certificates of those with TLS are good for."""

import datetime as dt
from pathlib import Path
from typing import Protocol

import grpc

from cosign.clock import Clock
from cosign.errors import ConfigInvalid
from cosign.server import tls
from cosign.server.certificates import WARN_DAYS, CertificateSource
from cosign.server.config import Config, is_loopback, parse_address
from cosign.server.logging import Logger
from cosign.server.metrics import Metrics
from cosign.server.tls_floor import is_required

Pair = tuple[Path | None, Path | None]
"""PEM chain and PEM key of a listener; None: it has none of its own."""


class Process(Protocol):
    """What a process has for all its listeners."""

    @property
    def config(self) -> Config: ...
    @property
    def log(self) -> Logger: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def metrics(self) -> Metrics: ...


class Ports:
    """The ports of one gRPC server."""

    def __init__(self, server: grpc.Server, process: Process) -> None:
        self._server = server
        self._config = process.config
        self._log = process.log
        self._clock = process.clock
        self._metrics = process.metrics
        self._sources: dict[str, CertificateSource] = {}

    def open(
        self,
        name: str,
        setting: str,
        address: str,
        *,
        pair: Pair = (None, None),
        client_ca: Path | None = None,
        always_secure: bool = False,
    ) -> str:
        """Opens a port with TLS, or in plain text on a loopback address where the configuration says so.

        Args:
            name: Word for it in metrics and log.
            setting: Configuration key that holds the address.
            address: `host:port`.
            pair: Its own certificate and key; without them those of section `tls`, else the development pair.
            client_ca: PEM certificates; set, every caller must show a certificate made by one of them.
            always_secure: TLS also on a loopback address.

        Returns:
            `host:port` with the port in use.

        Raises:
            RuntimeError, OSError: The port is taken.
            ConfigInvalid: The address or a certificate cannot be used.
        """
        host, _ = parse_address(setting, address)
        if self._config.server.plaintext and is_loopback(host) and not always_secure:
            port = self._server.add_insecure_port(address)
        else:
            port = self._secure(name, address, pair, client_ca)
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def look_at_certificates(self) -> None:
        """Measures how long the certificates are good for, and warns in time."""
        now: dt.datetime = self._clock.now()
        for name, source in self._sources.items():
            left = source.days_left(now)
            self._metrics.certificate_days(name, left)
            if left < WARN_DAYS:
                self._log.warning("certificate_ends", where=name, seconds=round(left * 86_400))

    def _secure(self, name: str, address: str, pair: Pair, client_ca: Path | None) -> int:
        if not is_required():
            raise RuntimeError("TLS 1.2 was not switched off before gRPC was loaded")

        def failed(fault: Exception) -> None:
            problem = str(fault) if isinstance(fault, ConfigInvalid) else ""
            self._log.error("certificate_refused", where=name, problem=problem, exc_info=fault)

        certificate, private_key = pair
        if certificate is None or private_key is None:
            certificate, private_key = tls.pair_of(self._config)
        source = CertificateSource(certificate, private_key, client_ca=client_ca, failed=failed)
        self._sources[name] = source
        return self._server.add_secure_port(address, source.credentials())
