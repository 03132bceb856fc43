"""Terminal side of `cosign-phone`: PINs, output for people and machines, progress, exit status."""

import contextlib
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import typer

from cosign.client.phone.errors import InputRefused, Language, PhoneFault
from cosign.client.phone.refresh import UnfinishedChange
from protocol import sm2
from protocol.codes import Suite
from protocol.errors import MalformedMessage, MalformedPoint

PIN_VARIABLE: Final = "COSIGN_PIN"
NEW_PIN_VARIABLE: Final = "COSIGN_NEW_PIN"

UNFINISHED: Final = {
    UnfinishedChange.NONE: "",
    UnfinishedChange.SAME_PIN: "  refresh unfinished; the next use finishes it",
    UnfinishedChange.NEW_PIN: "  PIN change unfinished; use the new PIN, the next use finishes it",
    UnfinishedChange.OLD_PIN: "  PIN change unfinished; use the old PIN, and run change-pin again",
}

REFUSED: Final = 1
"""Exit status when an operation was refused or failed; wrong usage is 2, done is 0."""

_DELAY_SECONDS: Final = 1.0
_WIDTH: Final = 24

Value = str | int | bool | None | Sequence[str] | Sequence[Mapping[str, str | int | bool | None]]


class OutputFailed(PhoneFault):
    """A result could not be written; the operation itself has been done."""

    reason = "OUTPUT_FAILED"
    english = "The result cannot be written."
    chinese = "无法写入结果文件。"


class Console:
    """Prints results on stdout and everything else on stderr."""

    def __init__(self, *, machine: bool, language: Language, program: str = "cosign-phone") -> None:
        """`machine` asks for one JSON object on stdout instead of sentences."""
        self._program = program
        self._machine = machine
        self._language = language

    @property
    def language(self) -> Language:
        """Language of messages, `en` or `zh`."""
        return self._language

    def result(self, sentence: str, **fields: Value) -> None:
        """Reports success: the sentence to people, the fields to machines."""
        if self._machine:
            print(json.dumps({"ok": True, **fields}, ensure_ascii=False))
        else:
            print(sentence)

    def note(self, sentence: str) -> None:
        """Tells people something on the way."""
        if not self._machine:
            print(sentence, file=sys.stderr)

    @contextlib.contextmanager
    def reporting(self) -> Iterator[None]:
        """Turns a fault of the phone into its message and exit status 1."""
        try:
            yield
        except PhoneFault as fault:
            if self._machine:
                texts = {"message": fault.text("en"), "message_zh": fault.text("zh"), "detail": fault.detail}
                print(json.dumps({"ok": False, "reason": fault.reason, **texts, **fault.facts()}, ensure_ascii=False))
            else:
                detail = f" ({fault.detail})" if fault.detail else ""
                print(f"{self._program}: {fault.text(self._language)}{detail}", file=sys.stderr)
            raise typer.Exit(REFUSED) from None

    @contextlib.contextmanager
    def progress(self, title: str) -> Iterator["Progress"]:
        """Shows a bar on a terminal once the work has taken a second."""
        bar = Progress(title, visible=not self._machine and sys.stderr.isatty())
        try:
            yield bar
        finally:
            bar.close()


class Progress:
    """A bar that counts finished steps, drawn by its own thread so that it moves during native calls."""

    def __init__(self, title: str, *, visible: bool) -> None:
        self._title = title
        self._done, self._total = 0, 0
        self._started = time.monotonic()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True) if visible else None
        if self._thread:
            self._thread.start()

    def advance(self, done: int, total: int) -> None:
        """States how many of how many steps are finished."""
        self._done, self._total = done, total

    def close(self) -> None:
        """Removes the bar."""
        self._end.set()
        if self._thread:
            self._thread.join()

    def _draw(self) -> None:
        if self._end.wait(_DELAY_SECONDS):
            return
        beat = 0
        while not self._end.wait(0.1):
            beat += 1
            print(f"\r{self._line(beat)}", end="", file=sys.stderr, flush=True)
        print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _line(self, beat: int) -> str:
        seconds = time.monotonic() - self._started
        if self._total:
            filled = _WIDTH * self._done // self._total
            return f"{self._title} [{'#' * filled:<{_WIDTH}}] {self._done}/{self._total} {seconds:.0f} s"
        place = beat % _WIDTH
        return f"{self._title} [{' ' * place}#{' ' * (_WIDTH - 1 - place)}] {seconds:.0f} s"


def ask_pin(pin_file: Path | None, *, prompt: str = "PIN", variable: str = PIN_VARIABLE, twice: bool = False) -> str:
    """Takes the PIN from the file, else the environment, else a hidden prompt.

    Args:
        pin_file: Its first line is the PIN.
        variable: Name of the environment variable.
        twice: Ask for a repeat at the prompt; for a PIN that is being chosen.

    Raises:
        typer.BadParameter: The file cannot be read, or there is nobody to ask.
    """
    if pin_file is not None:
        try:
            return pin_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise typer.BadParameter(f"{pin_file}: {error}", param_hint="--pin-file") from None
    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"no PIN: give --pin-file or {variable}, or use a terminal", param_hint="PIN")
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))


def pick_language(choice: str | None) -> Language:
    """The language asked for, else Chinese under a Chinese locale, else English."""
    if choice not in (None, "en", "zh"):
        raise typer.BadParameter("en or zh", param_hint="--lang")
    if choice is not None:
        return "zh" if choice == "zh" else "en"
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.startswith("zh") else "en"


def pair_outputs(inputs: Sequence[Path], outputs: Sequence[Path], suffix: str) -> list[Path]:
    """One output file for each input.

    Either as many outputs as inputs, in the same order, or one output that is a folder: there each result is
    called like its input with `suffix` appended.

    Raises:
        typer.BadParameter: The numbers do not fit, or two results would have the same name.
    """
    if len(outputs) == 1 and outputs[0].is_dir():
        pairs = [outputs[0] / (path.name + suffix) for path in inputs]
    elif len(outputs) == len(inputs):
        pairs = list(outputs)
    else:
        raise typer.BadParameter(
            f"{len(inputs)} inputs need {len(inputs)} outputs in the same order, or one existing folder",
            param_hint="--out",
        )
    if len(set(pairs)) != len(pairs):
        raise typer.BadParameter("two results would be written to the same file", param_hint="--out")
    return pairs


def read_input(path: Path) -> bytes:
    """Reads an input file; raises BadParameter (usage) when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--in") from None


def write_output(path: Path, content: bytes, *, private: bool = False) -> None:
    """Writes a result; a regular file completely or not at all, `private` with mode 0600.

    A terminal, pipe or device is written to and never replaced.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                stream.write(content)
            return
        target = path.resolve()
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        fd = os.open(temporary, flags, 0o600 if private else 0o666)
        try:
            with os.fdopen(fd, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputFailed(f"{path}: {error.strerror}") from None


def decode_ciphertext(suite: Suite, path: Path, der: bytes) -> bytes:
    """What `Phone.decrypt` takes: of an SM2 key DER (GM/T 0009) to C1 ‖ C3 ‖ C2, of a P-256 key the file as it is.

    Raises InputRefused naming the file.
    """
    if suite is Suite.P256:
        return der
    try:
        return sm2.ciphertext_from_der(der)
    except (MalformedMessage, MalformedPoint) as error:
        raise InputRefused(f"{path} is no SM2 ciphertext in DER: {type(error).__name__}") from None
