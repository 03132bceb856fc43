"""Options every `cosign-staff` command has, what they open, and how results are shown."""

import contextlib
import itertools
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from cosign.cli import cosign_phone_io as io
from cosign.client.staff import StaffClient

PASSWORD_VARIABLE: Final = "COSIGN_PASSWORD"  # noqa: S105 - name of a variable
NEW_PASSWORD_VARIABLE: Final = "COSIGN_NEW_PASSWORD"  # noqa: S105 - name of a variable
CODE_VARIABLE: Final = "COSIGN_STAFF_CODE"
INVITATION_VARIABLE: Final = "COSIGN_STAFF_INVITATION"

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="COSIGN_STAFF_HOME", help="Private folder of this member of staff.")
]
ServerOption = Annotated[str | None, typer.Option("--server", help="host:port of the staff listener; remembered.")]
CaOption = Annotated[
    Path | None, typer.Option("--ca", exists=True, dir_okay=False, help="PEM certificates to trust; remembered.")
]
CertificateOption = Annotated[
    Path | None, typer.Option("--certificate", exists=True, dir_okay=False, help="PEM client certificate; remembered.")
]
KeyOption = Annotated[
    Path | None, typer.Option("--private-key", exists=True, dir_okay=False, help="PEM key of it; remembered.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
LanguageOption = Annotated[
    str | None, typer.Option("--lang", envvar="COSIGN_LANG", help="Messages in en or zh; by default as the locale.")
]
LimitOption = Annotated[int, typer.Option(help="Most rows.", min=1, max=10_000)]
ReasonOption = Annotated[str, typer.Option(help="Why, 1 to 200 characters; others read it.")]


def group(help_text: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """The options every command has."""

    home: Path
    console: io.Console
    server: str | None = None
    ca: Path | None = None
    certificate: Path | None = None
    private_key: Path | None = None

    @contextlib.contextmanager
    def client(self) -> Iterator[StaffClient]:
        """Opens the client; a fault ends the program with exit status 1."""
        with (
            self.console.reporting(),
            StaffClient.open(
                self.home,
                self.server,
                self.ca,
                certificate=self.certificate,
                private_key=self.private_key,
                language=self.console.language,
            ) as client,
        ):
            yield client

    def show(self, message: Message) -> None:
        """One message of the API: a line per field."""
        fields = as_fields(message)
        self.console.result("\n".join(f"{name}  {_text(value)}" for name, value in fields.items()), **fields)

    def show_rows(
        self, name: str, messages: Iterable[Message], columns: Sequence[str], *, limit: int | None = None
    ) -> None:
        """Messages of the API, at most `limit`: a line each, with some of their fields."""
        rows = [as_fields(message) for message in itertools.islice(messages, limit)]
        cells = [[_text(row.get(column, "")) for column in columns] for row in rows]
        widths = [max((len(line[index]) for line in cells), default=0) for index in range(len(columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
        ]
        self.console.result("\n".join(lines) or "Nothing.", **{name: rows})


def make_desk(home: Path, machine: bool, language: str | None, **others: Any) -> Desk:
    """Puts the common options together; `machine` is --json."""
    console = io.Console(machine=machine, language=io.pick_language(language), program="cosign-staff")
    return Desk(home, console, **others)


def as_fields(message: Message) -> dict[str, Any]:
    """The fields of a message as JSON values."""
    return MessageToDict(message, preserving_proto_field_name=True)


def ask_secret(prompt: str, variable: str, *, twice: bool = False) -> str:
    """From the environment, else a hidden prompt. Raises BadParameter where nobody can be asked."""
    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"give {variable}, or use a terminal", param_hint=prompt)
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))


def _text(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
