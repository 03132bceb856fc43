"""Runs the server: start-up checks, listeners, background work, drain.

    start     configuration -> wiring (self-tests, migrations, audit heads) -> metrics -> listener -> one line on stderr
    stop      SIGTERM or SIGINT -> NOT_SERVING, no new calls -> running calls finish -> last checkpoint -> exit 0

A SIGKILL at any moment loses nothing that was acknowledged: everything that matters is in a committed
transaction.
"""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Final

import grpc
import uvloop
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from cosign.server import tls, token_wiring, wiring
from cosign.server.config import Config, is_loopback, parse_address
from cosign.server.front import cold_pool
from cosign.server.health import HealthMonitor
from cosign.server.logging import Logger
from cosign.server.services import SERVICES, add_services
from cosign.server.tls_floor import is_required
from cosign.server.wiring import Application

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""Largest request; the largest envelope is 32 KiB."""

_GC_THRESHOLDS: Final = (20_000, 20, 50)
"""Calls make hardly any cycles; the default of 700 new objects costs 5 % of the processor time."""
_SWEEP_SECONDS: Final = 60.0
_ROTATION_SECONDS: Final = 3600.0
_KEEPALIVE_MS: Final = 60_000


def run(config: Config, log: Logger) -> None:
    """Serves until SIGTERM or SIGINT.

    Raises:
        OperatorFault: The program may not start; nothing was served.
        OSError: A port is taken.
    """
    with contextlib.closing(wiring.build(config, log)) as application:
        uvloop.run(_serve(application))


async def _serve(application: Application) -> None:
    config, log = application.config, application.log
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await application.start()
    gc.freeze()  # what is there now stays: the collector need not look at it again
    gc.set_threshold(*_GC_THRESHOLDS)
    monitor = HealthMonitor(services=SERVICES, checks=application.checks, blocking=application.blocking, log=log)
    application.guard.on_outage = monitor.suspect
    server = _make_server(application, monitor)
    address = _bind(server, config)
    metrics_port = application.metrics.serve(config.metrics.listen) if config.metrics.listen else 0
    await monitor.look()
    server.start()
    _announce(application, address, metrics_port)
    background = [
        asyncio.create_task(monitor.run()),
        asyncio.create_task(_every(config.audit.checkpoint_seconds, "checkpoint", application.checkpoint, log)),
        asyncio.create_task(_every(_SWEEP_SECONDS, "sweep", application.sweep, log)),
        asyncio.create_task(_every(_ROTATION_SECONDS, "rotate", application.rotate, log)),
    ]
    await stopping.wait()
    log.info("draining", count=application.guard.running, seconds=config.server.drain_seconds)
    await monitor.stop()
    application.guard.draining = True
    await asyncio.to_thread(server.stop(config.server.drain_seconds).wait)
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await application.stop()
    log.info("stopped")


def _make_server(application: Application, monitor: HealthMonitor) -> grpc.Server:
    server = grpc.server(
        cold_pool(),
        maximum_concurrent_rpcs=application.config.server.max_concurrent_rpcs,
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_metadata_size", 8 * 1024),
            ("grpc.so_reuseport", 0),
            ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ],
    )
    add_services(server, application, asyncio.get_running_loop())
    health_pb2_grpc.add_HealthServicer_to_server(monitor.servicer, server)
    if application.config.server.reflection:
        reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return server


def _bind(server: grpc.Server, config: Config) -> str:
    host, _ = parse_address("server.listen", config.server.listen)
    if config.server.plaintext and is_loopback(host):
        port = server.add_insecure_port(config.server.listen)
    else:
        if not is_required():
            raise RuntimeError("TLS 1.2 was not switched off before gRPC was loaded")
        certificate, private_key = config.tls.certificate, config.tls.private_key
        if certificate is None or private_key is None:
            certificate, private_key = tls.development_files(config.server.state_dir)
        port = server.add_secure_port(config.server.listen, tls.load_credentials(certificate, private_key))
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _announce(application: Application, address: str, metrics_port: int) -> None:
    """One line for people on stderr, and a loud one when the shares are not really protected."""
    config = application.config
    if config.server.plaintext:
        transport = "PLAIN TEXT"
    elif config.tls.certificate is None:
        transport = f"TLS 1.3, development certificate {tls.development_files(config.server.state_dir)[0]}"
    else:
        transport = "TLS 1.3"
    host = parse_address("metrics.listen", config.metrics.listen)[0] if metrics_port else ""
    metrics = f", metrics on http://{host}:{metrics_port}/metrics" if metrics_port else ""
    print(f"cosignd: listening on {address} ({transport}){metrics}", file=sys.stderr)
    if application.token_is_software:
        print(f"cosignd: {token_wiring.SOFTWARE_WARNING}", file=sys.stderr)
    sys.stderr.flush()
    application.log.info(
        "started",
        address=address,
        version=application.version,
        environment=config.environment,
        server_id=config.server.server_id,
        node_id=config.server.node_id,
        backend=application.backend,
    )


async def _every(seconds: float, name: str, work: Callable[[], Awaitable[object]], log: Logger) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception as error:  # background work must outlive any failure; the next round tries again
            log.error("background_failed", task=name, exc_info=error)
