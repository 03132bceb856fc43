"""The port for staff: a gRPC server of its own, so that no method is reachable on both."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from grpc_health.v1 import health_pb2_grpc

from cosign.server.application import Application
from cosign.server.grpc_ports import Ports
from cosign.server.health import HealthMonitor
from cosign.server.staff_services import add_staff_services

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
        self._ports = Ports(self._server, application)
        add_staff_services(self._server, application, asyncio.get_running_loop())
        health_pb2_grpc.add_HealthServicer_to_server(monitor.servicer, self._server)

    def bind(self) -> str:
        """Opens the port; returns its address.

        Raises:
            RuntimeError, OSError: The port is taken.
            ConfigInvalid: A certificate cannot be used.
        """
        section = self._config.staff
        address = self._ports.open(
            "staff",
            "staff.listen",
            section.listen,
            pair=(section.certificate, section.private_key),
            client_ca=section.client_ca,
        )
        self._ports.look_at_certificates()
        return address

    def start(self) -> None:
        """Takes calls from now on."""
        self._server.start()

    def stop(self, seconds: float) -> None:
        """Takes no more calls, waits for those that run, at most so long. Blocks."""
        self._server.stop(seconds).wait()

    async def watch_certificates(self) -> None:
        """Measures how long the certificate is good for, and warns in time; to be called once an hour."""
        self._ports.look_at_certificates()
