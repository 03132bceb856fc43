"""The server program.

    cosignd serve [--config FILE] [--state-dir DIR] [--listen HOST:PORT]

Exit status: 0 stopped after a signal, 1 refused to start, 2 wrong usage.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from cosign.errors import CosignFault
from cosign.process import harden
from cosign.server import config as configuration
from cosign.server.config import Config
from cosign.server.grpc_polling import read_on_the_serving_thread
from cosign.server.tls_floor import require_tls13

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


@app.command()
def serve(
    config: Annotated[Path | None, typer.Option(help="TOML file; default: COSIGN_CONFIG or none.")] = None,
    state_dir: Annotated[Path | None, typer.Option(help="Overrides server.state_dir.")] = None,
    listen: Annotated[str | None, typer.Option(help="Overrides server.listen, for example 127.0.0.1:7443.")] = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Without any configuration it just works, for development."""
    require_tls13()  # before anything imports gRPC
    read_on_the_serving_thread()
    from cosign.server import main as server
    from cosign.server.error_catalogue import INTERNAL, entry_of
    from cosign.server.logging import bridge_libraries, make_logger

    try:
        effective = _overridden(configuration.load(config), state_dir, listen)
        log = make_logger(effective.log.level)
        bridge_libraries(log)
        server.run(effective, log)
    except CosignFault as fault:
        _refuse(f"{fault} [{fault.reason}]")
    except OSError as error:
        _refuse(f"{error.filename or 'cannot start'}: {error.strerror or error}")
    except Exception as error:
        entry = entry_of(error)
        if entry is INTERNAL:
            raise
        _refuse(f"{entry.en} ({type(error).__name__}) [{entry.reason}]")


def main() -> None:
    """Entry point of the program."""
    harden()
    app()


def _overridden(config: Config, state_dir: Path | None, listen: str | None) -> Config:
    server = config.server
    if state_dir is not None:
        server = dataclasses.replace(server, state_dir=state_dir)
    if listen is not None:
        configuration.parse_address("--listen", listen)
        server = dataclasses.replace(server, listen=listen)
    return configuration.checked(dataclasses.replace(config, server=server))


def _refuse(text: str) -> None:
    print(f"cosignd: {text}", file=sys.stderr)
    raise typer.Exit(1)


if __name__ == "__main__":
    main()
