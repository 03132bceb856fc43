"""Options every `cosign-phone` command has, and the phone they open."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cosign.cli import cosign_phone_io as io
from cosign.client.phone import KeyView, Phone, UnfinishedChange
from protocol.codes import Purpose

HomeOption = Annotated[Path, typer.Option("--home", envvar="COSIGN_PHONE_HOME", help="Private folder of this phone.")]
ServerOption = Annotated[str | None, typer.Option("--server", help="host:port; remembered after enroll.")]
CaOption = Annotated[
    Path | None, typer.Option("--ca", exists=True, dir_okay=False, help="PEM certificates to trust; remembered.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
LanguageOption = Annotated[
    str | None, typer.Option("--lang", envvar="COSIGN_LANG", help="Messages in en or zh; by default as the locale.")
]
PinFileOption = Annotated[
    Path | None, typer.Option("--pin-file", exists=True, dir_okay=False, help="File whose first line is the PIN.")
]
KeyOption = Annotated[str | None, typer.Option("--key", help="Key id; may be left out when only one key fits.")]
InOption = Annotated[list[Path], typer.Option("--in", exists=True, dir_okay=False, help="Input file; may be repeated.")]
OutOption = Annotated[
    list[Path],
    typer.Option("--out", help="Output file, one for each --in in the same order, or one existing folder for all."),
]


@dataclass(frozen=True, slots=True)
class Setting:
    """The options every command has."""

    home: Path
    server: str | None
    ca: Path | None
    console: io.Console

    @contextlib.contextmanager
    def phone(self) -> Iterator[Phone]:
        """Opens the phone; a fault ends the program with exit status 1."""
        with self.console.reporting(), Phone.open(self.home, self.server, self.ca) as phone:
            yield phone


def make_setting(home: Path, server: str | None, ca: Path | None, machine: bool, language: str | None) -> Setting:
    """Puts the common options together; `machine` is --json."""
    return Setting(home, server, ca, io.Console(machine=machine, language=io.pick_language(language)))


def choose(phone: Phone, key_id: str | None, purpose: Purpose | None) -> KeyView:
    """The key named, or the only one that fits. Raises KeyUnknown."""
    return phone.only_key(purpose) if key_id is None else phone.key(key_id)


def ask_key_pin(setting: Setting, key: KeyView, pin_file: Path | None) -> str:
    """The PIN of a key; says which one while a PIN change is unfinished."""
    if key.unfinished in (UnfinishedChange.NEW_PIN, UnfinishedChange.OLD_PIN):
        setting.console.note(f"{key.key_id}{io.UNFINISHED[key.unfinished]}")
    return io.ask_pin(pin_file)
