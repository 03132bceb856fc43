"""The ports of a server process: the one for phones, and one for internal callers that show a certificate."""

import asyncio
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from cosign.server.application import Application
from cosign.server.awaited import Awaited
from cosign.server.grpc_ports import Ports
from cosign.server.health import HealthMonitor
from cosign.server.probes import add_reflection, health_pool
from cosign.server.services import SERVICES, add_services

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""Largest request; the largest envelope is 32 KiB."""
_KEEPALIVE_MS: Final = 60_000
_PING_MS: Final = 10_000


class Listener:
    """One gRPC server with its ports. To be made on the event loop that runs the servicers."""

    def __init__(self, application: Application, monitor: HealthMonitor, *, shared_port: bool) -> None:
        """`shared_port`: other workers listen on the same port."""
        self._config = application.config
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
        self._ports = Ports(self._server, application)
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
        server = self._config.server
        address = self._ports.open("phones", "server.listen", server.listen)
        if server.internal_listen:
            self._ports.open(
                "internal",
                "server.internal_listen",
                server.internal_listen,
                client_ca=self._config.tls.client_ca,
                always_secure=True,
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
        """Measures how long the certificates are good for, and warns in time; to be called once an hour."""
        self._ports.look_at_certificates()
