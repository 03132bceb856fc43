"""Every command of our programs that the documentation names exists, with the options it names."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cosign.cli import cosign_phone, cosign_staff, cosignctl, cosignd
from tools.tree import ROOT, files

PROGRAMS: dict[str, Any] = {
    name: typer.main.get_command(module.app)
    for name, module in (
        ("cosignd", cosignd),
        ("cosignctl", cosignctl),
        ("cosign-phone", cosign_phone),
        ("cosign-staff", cosign_staff),
    )
}
CALL = re.compile(
    r"(?<![\w/.-])(cosignd|cosignctl|cosign-phone|cosign-staff) ((?:[a-z-]+|--[\w-]+|[A-Z_]+)(?: [^\s`#&)]+)*)"
)


def documented() -> Iterator[tuple[str, str, list[str]]]:
    """Yields file, program and words of every call inside code spans and code blocks."""
    for path in files(".md", root=ROOT):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for code in re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", text, re.DOTALL):
            for program, words in CALL.findall("".join(code)):
                yield str(path.relative_to(ROOT)), program, words.split()


CALLS = sorted({(path, program, " ".join(words)) for path, program, words in documented()})


def problem(program: str, words: list[str]) -> str | None:
    """Says what is wrong with a documented call, or None. Capital words stand for values."""
    command: Any = PROGRAMS[program]
    options = _options(command)
    for word in words:
        if word.startswith("--"):
            continue
        subcommands = getattr(command, "commands", None)
        if subcommands is None:
            break
        if not word.isupper():
            if word not in subcommands:
                return f"{program} has no command {word}"
            command = subcommands[word]
            options |= _options(command)
    unknown = [word for word in words if word.startswith("--") and word not in options]
    return f"{program} has no option {unknown[0]}" if unknown else None


def _options(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts} | {"--help"}


@pytest.mark.parametrize(("path", "program", "words"), CALLS)
def test_a_documented_command_exists(path: str, program: str, words: str) -> None:
    assert problem(program, words.split()) is None


def test_calls_were_found_for_every_program() -> None:
    assert {program for _, program, _ in CALLS} == PROGRAMS.keys()


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("cosignctl", "key melt KEY"),
        ("cosignctl", "key freeze KEY --softly"),
        ("cosignd", "sleep"),
        ("cosignctl", "--loud"),
    ],
)
def test_a_wrong_command_is_noticed(program: str, words: str) -> None:
    assert problem(program, words.split()) is not None
