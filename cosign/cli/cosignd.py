"""The server program.

    cosignd serve [--config FILE] [--state-dir DIR] [--listen HOST:PORT] [--workers N]

Exit status: 0 stopped after a signal, 1 refused to start, 2 wrong usage, 3 configuration or token refused: starting
again does not help and may lock the token.
"""

import contextlib
import dataclasses
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cosign.errors import ConfigInvalid, CosignFault
from cosign.process import harden
from cosign.server import config as configuration
from cosign.server.config import Config
from cosign.server.grpc_polling import read_on_the_serving_thread
from cosign.server.supervisor import REFUSED, SIGNALS, WorkersFailed
from cosign.server.tls_floor import require_tls13
from hsm.ports import TokenInsecure, TokenRefused

if TYPE_CHECKING:
    from cosign.server.place import Place

app = typer.Typer(
    help="Key-share service: holds the server's half of joint keys.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def program() -> None:
    """Key-share service: holds the server's half of joint keys."""


ConfigFile = Annotated[Path | None, typer.Option(help="TOML file; default: COSIGN_CONFIG or none.")]
StateDir = Annotated[Path | None, typer.Option(help="Overrides server.state_dir.")]
Listen = Annotated[str | None, typer.Option(help="Overrides server.listen, for example 127.0.0.1:7443.")]
Workers = Annotated[int | None, typer.Option(help="Overrides server.workers: processes that share the port.", min=0)]


@app.command()
def serve(
    config: ConfigFile = None, state_dir: StateDir = None, listen: Listen = None, workers: Workers = None
) -> None:
    """Serve until SIGTERM or SIGINT. Without any configuration it just works, for development.

    With workers, SIGHUP replaces them one after the other; they read the configuration again.
    """
    overrides = Overrides(state_dir, listen, workers)
    with _refusals():
        effective = overrides.on(configuration.load(config))
        if not effective.server.workers:
            _serve(effective, None)
            return
        from cosign.server import supervise
        from cosign.server.logging import make_logger

        supervise.run(
            effective,
            make_logger(effective.log.level),
            arguments=[
                *(("--config", str(config)) if config else ()),
                *(("--state-dir", str(state_dir)) if state_dir else ()),
            ],
            check=lambda: overrides.on(configuration.load(config)),
        )


@app.command(hidden=True)
def worker(
    slot: Annotated[int, typer.Option()],
    ready_fd: Annotated[int, typer.Option()],
    lifeline_fd: Annotated[int, typer.Option()],
    limits_fd: Annotated[int, typer.Option()],
    listen: Annotated[str, typer.Option()],
    metrics: Annotated[bool, typer.Option()],
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """One process of `serve --workers`; started by it."""
    from cosign.server.place import Place

    with _refusals():
        effective = Overrides(state_dir, listen, 0).on(configuration.load(config))
        server = dataclasses.replace(effective.server, node_id=f"{effective.server.node_id}/{slot}")
        endpoint = dataclasses.replace(effective.metrics, listen="127.0.0.1:0" if metrics else "")
        place = Place(slot, ready_fd, lifeline_fd, limits_fd)
        _serve(dataclasses.replace(effective, server=server, metrics=endpoint), place)


def _serve(config: Config, place: "Place | None") -> None:
    require_tls13()  # before anything imports gRPC
    read_on_the_serving_thread()
    from cosign.server import main as server
    from cosign.server.logging import bridge_libraries, make_logger

    log = make_logger(config.log.level)
    bridge_libraries(log)
    server.run(config, log, place)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Turns faults into one line on stderr and exit status 1, or 3 if no restart mends them."""
    try:
        yield
    except WorkersFailed as failed:
        raise typer.Exit(failed.status) from None
    except CosignFault as fault:
        _refuse(f"{fault} [{fault.reason}]", REFUSED if isinstance(fault, ConfigInvalid) else 1)
    except OSError as error:
        _refuse(f"{error.filename or 'cannot start'}: {error.strerror or error}")
    except Exception as error:
        from cosign.server.error_catalogue import INTERNAL, entry_of

        entry = entry_of(error)
        if entry is INTERNAL:
            raise
        lasting = isinstance(error, (TokenRefused, TokenInsecure))
        _refuse(f"{entry.en} ({type(error).__name__}) [{entry.reason}]", REFUSED if lasting else 1)


@dataclasses.dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line puts in the place of configured values."""

    state_dir: Path | None
    listen: str | None
    workers: int | None

    def on(self, config: Config) -> Config:
        """The configuration with these values, checked. Raises ConfigInvalid."""
        server = config.server
        if self.state_dir is not None:
            server = dataclasses.replace(server, state_dir=self.state_dir)
        if self.listen is not None:
            configuration.parse_address("--listen", self.listen)
            server = dataclasses.replace(server, listen=self.listen)
        if self.workers is not None:
            server = dataclasses.replace(server, workers=self.workers)
        return configuration.checked(dataclasses.replace(config, server=server))


def main() -> None:
    """Entry point of the program."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # a supervisor starts its workers with them blocked
    harden()
    app()


def _refuse(text: str, status: int = 1) -> None:
    print(f"cosignd: {text}", file=sys.stderr)
    raise typer.Exit(status)


if __name__ == "__main__":
    main()
