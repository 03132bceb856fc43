"""Output of `cosignctl`: data on stdout, everything else on stderr; texts in English or Chinese.

With --json faults go to stdout as well, so that a program has one place to read.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from cosign.call_context import prefers_english
from cosign.errors import ConfigInvalid, CosignFault, FieldInvalid
from cosign.server import config as configuration
from cosign.server.config import Config
from cosign.server.error_catalogue import INTERNAL, entry_of
from hsm.ports import TokenFault

PROGRAM: Final = "cosignctl"


@dataclass(slots=True)
class Options:
    """Options before the command."""

    config: Path | None = None
    json: bool = False
    language: str = "en"


options: Final = Options()
"""Set once by the callback of the program, before any command runs."""

ConfigOption = Annotated[Path | None, typer.Option("--config", help="TOML file; default: COSIGN_CONFIG or none.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LanguageOption = Annotated[str, typer.Option("--lang", help="Language of messages: en or zh.", envvar="COSIGN_LANG")]


def new_app(help_text: str) -> typer.Typer:
    """A command group without prompts, colours and tracebacks with local variables."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def load_config() -> Config:
    """The configuration named by the options."""
    return configuration.load(options.config)


def emit(document: Mapping[str, Any], text: Callable[[], str]) -> None:
    """Prints one result: JSON when asked for, else the line `text` makes."""
    print(json.dumps(document, ensure_ascii=False) if options.json else text())


def emit_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Prints a table: JSON lines when asked for, else aligned columns without a header for nothing."""
    if options.json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    cells = [[column.upper() for column in columns]] + [[str(row[column]) for column in columns] for row in rows]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells if rows else []:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """Says something to the operator on stderr."""
    print(f"{PROGRAM}: {text}", file=sys.stderr)


def refuse(reason: str, text: str) -> NoReturn:
    """Ends the program with status 1."""
    _report(reason, text)
    raise typer.Exit(1)


def _report(reason: str, text: str) -> None:
    """With --json one object on stdout, in the form `cosign-phone` has too; else one line on stderr."""
    if options.json:
        print(json.dumps({"ok": False, "reason": reason, "message": text}, ensure_ascii=False))
    else:
        note(f"{text} [{reason}]")


def confirm(question: str, *, given: bool) -> None:
    """Asks on the terminal before an act that cannot be checked by a program; `given` is --yes.

    Ends the program with status 1 for any answer but yes, with 2 when there is nobody to ask.
    """
    if given:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("needed where nobody can be asked", param_hint="--yes")
    print(f"{PROGRAM}: {question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        refuse("NOT_CONFIRMED", "nothing was done" if english() else "未执行任何操作")


@contextmanager
def reporting() -> Iterator[None]:
    """Reports faults and sets the exit status: 2 for a wrong argument, else 1."""
    try:
        yield
    except FieldInvalid as fault:
        _report(fault.reason, f"{fault}")
        raise typer.Exit(2) from None
    except CosignFault as fault:
        refuse(fault.reason, describe(fault))
    except OSError as error:
        refuse("IO", f"{error.filename or 'input/output'}: {error.strerror}")
    except Exception as error:
        entry = entry_of(error)
        if entry is INTERNAL:
            raise
        refuse(entry.reason, describe(error))


def describe(error: Exception) -> str:
    """The text of the catalogue in the chosen language and what exactly is wrong."""
    entry = entry_of(error)
    text = entry.en if english() else entry.zh
    ours = isinstance(error, CosignFault | TokenFault)  # what the token says is for operators, never for callers
    detail = f"{error}" if ours and str(error) != entry.reason else ""
    if isinstance(error, ConfigInvalid):
        return detail if english() else f"{text}{detail}"
    return f"{text} {detail}" if detail else text


def english() -> bool:
    """Whether messages are in English."""
    return prefers_english(options.language.replace("_", "-")) or options.language == "C"
