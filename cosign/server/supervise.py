"""Puts a supervisor together from the configuration. Loads neither gRPC nor a token nor a database driver."""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from cosign.server import http_endpoint, merged_metrics, shared_limits
from cosign.server.announce import announce
from cosign.server.config import Config, parse_address
from cosign.server.logging import Logger
from cosign.server.state_folder import StateFolder
from cosign.server.supervisor import Supervisor, signals_blocked


def run(config: Config, log: Logger, *, arguments: Sequence[str], check: Callable[[], object]) -> None:
    """Serves with `server.workers` processes until SIGTERM or SIGINT.

    Args:
        config: The configuration.
        log: Where facts go.
        arguments: Options of `cosignd serve` that workers get too.
        check: Reads the configuration again; raises when it is no good.

    Raises:
        OperatorFault: The program may not start.
        WorkersFailed: A worker did not start; its own message says why.
        OSError: A port is taken.
    """
    folder = StateFolder(config.server.state_dir)
    folder.ensure()
    limits = shared_limits.make()
    with folder.locked() as lock, _reserved(config.server.listen) as address, signals_blocked():

        def launch(slot: int, *, ready_fd: int, lifeline_fd: int) -> list[str]:
            place = ["--slot", str(slot), "--ready-fd", str(ready_fd), "--lifeline-fd", str(lifeline_fd)]
            place += ["--limits-fd", str(limits)]
            command = [sys.executable, "-m", "cosign.cli.cosignd", "worker", *arguments, *place]
            return [*command, "--listen", address, "--metrics" if config.metrics.listen else "--no-metrics"]

        merged = merged_metrics.MergedMetrics()
        one_at_a_time = threading.Lock()

        def collect() -> str:
            with one_at_a_time:
                ports = {
                    merged_metrics.Source(worker.slot, worker.process.pid): worker.metrics_port
                    for worker in list(supervisor.workers)
                    if worker.metrics_port
                }
                serving = sum(worker.serves for worker in supervisor.workers)
                return merged.merge(
                    {source: merged_metrics.scrape(port) for source, port in ports.items()},
                    own=[(*merged_metrics.WORKERS, serving), (*merged_metrics.RESTARTS, supervisor.restarts)],
                )

        def ready() -> bool:
            return any(merged_metrics.ready(worker.metrics_port) for worker in supervisor.workers if worker.serves)

        listen = config.metrics.listen
        metrics_port = http_endpoint.serve(listen, metrics=collect, ready=ready) if listen else 0

        def serving() -> None:
            software = config.token.kind == "software"
            announce(
                config,
                address,
                metrics_port,
                workers=config.server.workers,
                staff_address=config.staff.listen,
                software_token=software,
            )

        supervisor = Supervisor(
            workers=config.server.workers,
            launch=launch,
            inherited=[lock, limits],
            drain_seconds=config.server.drain_seconds,
            check=check,
            serving=serving,
            log=log,
        )
        supervisor.run()


@contextlib.contextmanager
def _reserved(listen: str) -> Iterator[str]:
    """Binds the port, so that it stays ours while workers come and go; nobody listens on this socket."""
    host, port = parse_address("server.listen", listen)
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(address)
        bound = reserved.getsockname()[1]
        yield f"[{host}]:{bound}" if ":" in host else f"{host}:{bound}"
