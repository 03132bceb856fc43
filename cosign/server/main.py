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
import time
from collections.abc import Awaitable, Callable
from typing import Final

import uvloop

from cosign.server import http_endpoint, wiring
from cosign.server.announce import announce
from cosign.server.application import Application
from cosign.server.config import Config
from cosign.server.health import HealthMonitor
from cosign.server.listener import Listener
from cosign.server.logging import Logger
from cosign.server.place import Place
from cosign.server.services import SERVICES
from cosign.server.staff_listener import StaffListener
from cosign.server.staff_services import STAFF_SERVICES

_GC_THRESHOLDS: Final = (20_000, 20, 50)
"""Calls make hardly any cycles; the default of 700 new objects costs 5 % of the processor time."""
_SWEEP_SECONDS: Final = 60.0
_ROTATION_SECONDS: Final = 3600.0
_LATE_SECONDS: Final = 1.0
LEAST_QUIET_SECONDS: Final = 0.25
MOST_QUIET_SECONDS: Final = 2.0


def run(config: Config, log: Logger, place: Place | None = None) -> None:
    """Serves until SIGTERM or SIGINT, as a program of its own or as a worker in its `place`.

    Raises:
        OperatorFault: The program may not start; nothing was served.
        OSError: A port is taken.
    """
    with contextlib.closing(wiring.build(config, log, place)) as application:
        uvloop.run(_serve(application, place))


async def _serve(application: Application, place: Place | None) -> None:
    config, log = application.config, application.log
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, log.info, "certificates_are_read_again_by_themselves")
    if place is not None:
        place.watch(loop.add_reader, stopping.set)
    await application.start()
    gc.freeze()  # what is there now stays: the collector need not look at it again
    gc.set_threshold(*_GC_THRESHOLDS)
    services = (*SERVICES, *STAFF_SERVICES) if config.staff.listen else SERVICES
    monitor = HealthMonitor(services=services, checks=application.checks, blocking=application.blocking, log=log)
    application.guard.on_outage = monitor.suspect
    listener = Listener(application, monitor, shared_port=place is not None)
    address = listener.bind()
    staff = StaffListener(application, monitor, shared_port=place is not None) if config.staff.listen else None
    staff_address = staff.bind() if staff is not None else ""
    await monitor.look()
    metrics_port = 0
    if config.metrics.listen:
        metrics_port = http_endpoint.serve(
            config.metrics.listen, metrics=application.metrics.exposition, ready=lambda: monitor.well
        )
    listener.start()
    if staff is not None:
        staff.start()
    _announce(application, address, metrics_port, place, staff_address)
    background = [
        asyncio.create_task(monitor.run()),
        asyncio.create_task(_every(config.audit.checkpoint_seconds, "checkpoint", application.checkpoint, log)),
        asyncio.create_task(_every(_LATE_SECONDS, "late", listener.awaited.cancel_late, log)),
        asyncio.create_task(_every(_SWEEP_SECONDS, "sweep", application.sweep, log, at_once=True)),
        asyncio.create_task(_every(_ROTATION_SECONDS, "rotate", application.rotate, log)),
        asyncio.create_task(_every(_ROTATION_SECONDS, "tidy", application.tidy, log)),
        asyncio.create_task(_every(_ROTATION_SECONDS, "certificates", listener.watch_certificates, log)),
    ]
    if staff is not None:
        background.append(asyncio.create_task(_every(_ROTATION_SECONDS, "staff", staff.watch_certificates, log)))
    await stopping.wait()
    log.info("draining", count=application.guard.running, seconds=config.server.drain_seconds)
    await monitor.stop()
    application.guard.draining = True
    await asyncio.to_thread(_quiet, application, listener)
    if staff is not None:
        await asyncio.to_thread(staff.stop, config.server.drain_seconds)
    await asyncio.to_thread(listener.stop, config.server.drain_seconds)
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await application.stop()
    log.info("stopped")


def _quiet(application: Application, listener: Listener) -> None:
    """Lets calls that have come already end before the listener stops: it would cut off those whose message is on its
    way. New ones are refused as SHUTTING_DOWN meanwhile, which tells a client to send them again. Blocks."""
    now = time.monotonic()
    least, most = now + LEAST_QUIET_SECONDS, now + MOST_QUIET_SECONDS
    while (now := time.monotonic()) < most and (now < least or application.guard.running or len(listener.awaited)):
        time.sleep(0.01)


def _announce(
    application: Application, address: str, metrics_port: int, place: Place | None, staff_address: str
) -> None:
    config = application.config
    if place is not None:
        place.announce(metrics_port)
    else:
        announce(
            config,
            address,
            metrics_port,
            staff_address=staff_address,
            software_token=application.token_is_software,
        )
    application.log.info(
        "started",
        address=address,
        version=application.version,
        environment=config.environment,
        server_id=config.server.server_id,
        node_id=config.server.node_id,
        backend=application.backend,
    )


async def _every(
    seconds: float, name: str, work: Callable[[], Awaitable[object]], log: Logger, *, at_once: bool = False
) -> None:
    """`at_once` is for work whose first round costs more than the others: better at the start than under load."""
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            await work()
        except Exception as error:  # background work must outlive any failure; the next round tries again
            log.error("background_failed", task=name, exc_info=error)
        await asyncio.sleep(seconds)
