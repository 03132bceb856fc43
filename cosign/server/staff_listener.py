"""The port for staff: a gRPC server of its own, so that no method is reachable on both."""

import asyncio
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from grpc_health.v1 import health_pb2_grpc

from cosign.errors import ConfigInvalid
from cosign.server import tls
from cosign.server.application import Application
from cosign.server.certificates import WARN_DAYS, CertificateSource
from cosign.server.config import is_loopback, parse_address
from cosign.server.health import HealthMonitor
from cosign.server.staff_services import add_staff_services
from cosign.server.tls_floor import is_required

MAX_MESSAGE_BYTES: Final = 1024 * 1024
"""Largest request: a document in two languages."""
THREADS: Final = 16
"""Calls at once."""
WAITING: Final = 64
"""Calls that wait for a thread; more are refused by the transport."""
_KEEPALIVE_MS: Final = 60_000
_PING_MS: Final = 10_000


class StaffListener:
    """One gRPC server with one port. To be made on the event loop that runs the servicers."""

    def __init__(self, application: Application, monitor: HealthMonitor, *, shared_port: bool) -> None:
        """`shared_port`: other workers listen on the same port."""
        self._config = application.config
        self._log = application.log
        self._clock = application.clock
        self._source: CertificateSource | None = None
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="cosign-staff"),
            maximum_concurrent_rpcs=THREADS + WAITING,
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_metadata_size", 8 * 1024),
                ("grpc.so_reuseport", int(shared_port)),
                ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
                ("grpc.http2.min_ping_interval_without_data_ms", _PING_MS),
                ("grpc.server_handshake_timeout_ms", _PING_MS),
            ],
        )
        add_staff_services(self._server, application, asyncio.get_running_loop())
        health_pb2_grpc.add_HealthServicer_to_server(monitor.servicer, self._server)

    def bind(self) -> str:
        """Opens the port; returns its address.

        Raises:
            RuntimeError, OSError: The port is taken.
            ConfigInvalid: A certificate cannot be used.
        """
        config, section = self._config, self._config.staff
        host, _ = parse_address("staff.listen", section.listen)
        if config.server.plaintext and is_loopback(host):
            port = self._server.add_insecure_port(section.listen)
        else:
            port = self._secure()
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def start(self) -> None:
        """Takes calls from now on."""
        self._server.start()

    def stop(self, seconds: float) -> None:
        """Takes no more calls, waits for those that run, at most so long. Blocks."""
        self._server.stop(seconds).wait()

    async def watch_certificates(self) -> None:
        """Warns in time before the certificate ends; to be called once an hour."""
        if self._source is None:
            return
        now: dt.datetime = self._clock.now()
        left = self._source.days_left(now)
        if left < WARN_DAYS:
            self._log.warning("staff_certificate_ends", seconds=round(left * 86_400))

    def _secure(self) -> int:
        if not is_required():
            raise RuntimeError("TLS 1.2 was not switched off before gRPC was loaded")
        section, shared = self._config.staff, self._config.tls
        certificate, private_key = section.certificate, section.private_key
        if certificate is None or private_key is None:
            certificate, private_key = shared.certificate, shared.private_key
        if certificate is None or private_key is None:
            certificate, private_key = tls.development_files(self._config.server.state_dir)
        self._source = CertificateSource(
            certificate, private_key, client_ca=section.client_ca, failed=self._certificate_failed
        )
        return self._server.add_secure_port(section.listen, self._source.credentials())

    def _certificate_failed(self, fault: Exception) -> None:
        problem = str(fault) if isinstance(fault, ConfigInvalid) else ""
        self._log.error("certificate_refused", problem=problem, exc_info=fault)
