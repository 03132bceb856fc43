"""The ports of a server process: the one for phones, and one for internal callers that show a certificate."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from cosign.errors import ConfigInvalid
from cosign.server import tls
from cosign.server.application import Application
from cosign.server.awaited import Awaited
from cosign.server.certificates import WARN_DAYS, CertificateSource
from cosign.server.config import is_loopback, parse_address
from cosign.server.health import HealthMonitor
from cosign.server.probes import add_reflection, health_pool
from cosign.server.services import SERVICES, add_services
from cosign.server.tls_floor import is_required

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""Largest request; the largest envelope is 32 KiB."""
_KEEPALIVE_MS: Final = 60_000
_PING_MS: Final = 10_000


class Listener:
    """One gRPC server with its ports. To be made on the event loop that runs the servicers."""

    def __init__(self, application: Application, monitor: HealthMonitor, *, shared_port: bool) -> None:
        """`shared_port`: other workers listen on the same port."""
        self._config = application.config
        self._log = application.log
        self._clock = application.clock
        self._metrics = application.metrics
        self._sources: list[CertificateSource] = []
        self.awaited = Awaited(most=max(1, self._config.server.max_concurrent_rpcs // 2))
        """Calls whose message has not come; they leave room for others."""
        self._server = grpc.server(
            health_pool(self.awaited, application.guard.admit),
            maximum_concurrent_rpcs=self._config.server.max_concurrent_rpcs,
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_metadata_size", 8 * 1024),
                ("grpc.so_reuseport", int(shared_port)),
                ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
                ("grpc.http2.min_ping_interval_without_data_ms", _PING_MS),
                ("grpc.server_handshake_timeout_ms", _PING_MS),
            ],
        )
        add_services(self._server, application, asyncio.get_running_loop(), self.awaited)
        health_pb2_grpc.add_HealthServicer_to_server(monitor.servicer, self._server)
        if self._config.server.reflection:
            names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
            add_reflection(self._server, names, self.awaited, application.guard.admit)

    def bind(self) -> str:
        """Opens the ports; returns the address of the one for phones.

        Raises:
            RuntimeError, OSError: A port is taken.
            ConfigInvalid: A certificate cannot be used.
        """
        server, config = self._config.server, self._config
        host, _ = parse_address("server.listen", server.listen)
        if server.plaintext and is_loopback(host):
            port = self._server.add_insecure_port(server.listen)
        else:
            port = self._secure(server.listen, client_ca=None)
        if server.internal_listen:
            self._secure(server.internal_listen, client_ca=config.tls.client_ca)
        self._look_at_certificates()
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def start(self) -> None:
        """Takes calls from now on."""
        self._server.start()

    def stop(self, seconds: float) -> None:
        """Takes no more calls, waits for those that run, at most so long. Blocks."""
        self._server.stop(seconds).wait()

    async def watch_certificates(self) -> None:
        """Measures how long the certificates are good for, and warns in time; to be called once an hour."""
        self._look_at_certificates()

    def _look_at_certificates(self) -> None:
        now: dt.datetime = self._clock.now()
        for source in self._sources:
            left = source.days_left(now)
            self._metrics.certificate_days(left)
            if left < WARN_DAYS:
                self._log.warning("certificate_ends", seconds=round(left * 86_400))

    def _secure(self, address: str, *, client_ca: Path | None) -> int:
        if not is_required():
            raise RuntimeError("TLS 1.2 was not switched off before gRPC was loaded")
        config = self._config
        certificate, private_key = config.tls.certificate, config.tls.private_key
        if certificate is None or private_key is None:
            certificate, private_key = tls.development_files(config.server.state_dir)
        source = CertificateSource(certificate, private_key, client_ca=client_ca, failed=self._certificate_failed)
        self._sources.append(source)
        return self._server.add_secure_port(address, source.credentials())

    def _certificate_failed(self, fault: Exception) -> None:
        problem = str(fault) if isinstance(fault, ConfigInvalid) else ""
        self._log.error("certificate_refused", problem=problem, exc_info=fault)
