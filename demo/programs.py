"""The programs the demo starts: `cosignd`, `cosignctl` and `cosign-phone`, each in a process of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

START_SECONDS: Final = 60.0
_COMMAND_SECONDS: Final = 180.0


class ProgramFailed(Exception):
    """A program ended with another exit status than expected, or did not start."""


class PhoneRefused(Exception):
    """`cosign-phone` ended with exit status 1; `reason` and `facts` are what it printed for machines."""

    def __init__(self, reason: str, message: str, facts: Mapping[str, Any]) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.facts = dict(facts)


class Server:
    """One `cosignd` with its state in `folder`. The address stays the same over restarts."""

    PROGRAM: ClassVar[tuple[str, ...]] = ("-m", "cosign.cli.cosignd", "serve")

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings` are further `COSIGN_*` variables, for example `COSIGN_LIMITS__DEVICE_PER_SECOND`."""
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        self.ca = folder / "tls-cert.pem"
        self.log = folder.with_name(folder.name + ".log")
        self._environment = {
            **_clean_environment(),
            "COSIGN_SERVER__STATE_DIR": str(folder),
            "COSIGN_SERVER__LISTEN": self.address,
            "COSIGN_METRICS__LISTEN": "",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ProgramFailed("cosignd is not running")
        return self._process.pid

    def start(self) -> None:
        """Starts the program and waits until it listens. Raises ProgramFailed with the last lines of its log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.PROGRAM],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > end:
                raise ProgramFailed(f"cosignd did not start:\n{self.tail()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL: the process gets no chance to tidy up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """SIGTERM: graceful drain."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def control(self, *arguments: str) -> str:
        """Runs `cosignctl` on the state of this server and returns its output."""
        done = run([sys.executable, "-m", "cosign.cli.cosignctl", *arguments], self._environment)
        if done.returncode:
            raise ProgramFailed(f"cosignctl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def enrolment_code(self, user: str) -> str:
        """Issues a one-time code for a user."""
        answer = json.loads(self.control("--json", "enrolment", "create", "--user", user))
        return str(answer["code"])

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _listens(self) -> bool:
        host, _, port = self.address.rpartition(":")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex((host, int(port))) == 0


class PhoneProgram:
    """`cosign-phone` with one home. Every command is a new process."""

    def __init__(self, home: Path, server: Server) -> None:
        self.home = home
        self.server = server

    def enroll(self, code: str, name: str) -> dict[str, Any]:
        """Enrols; from then on the home knows server and CA."""
        where = ["--server", self.server.address, "--ca", str(self.server.ca)]
        return self.run("enroll", "--code", code, "--name", name, *where)

    def run(self, *arguments: str | Path, pin: str = "", new_pin: str = "") -> dict[str, Any]:
        """Runs one command with `--json` and returns what it printed.

        Raises:
            PhoneRefused: Exit status 1.
            ProgramFailed: Any other failure.
        """
        done = run(self.command(*arguments), self.environment(pin, new_pin))
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise ProgramFailed(f"cosign-phone {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}") from None
        if done.returncode == 1:
            raise PhoneRefused(answer["reason"], answer["message"], answer)
        if done.returncode:
            raise ProgramFailed(f"cosign-phone {arguments[0]}: exit status {done.returncode}")
        return answer

    def command(self, *arguments: str | Path) -> list[str]:
        """The command line, for callers that start the process themselves."""
        words = [str(word) for word in arguments]
        return [sys.executable, "-m", "cosign.cli.cosign_phone", *words, "--home", str(self.home), "--json"]

    @staticmethod
    def environment(pin: str = "", new_pin: str = "") -> dict[str, str]:
        """The environment with the PINs, which never stand on a command line."""
        pins = {"COSIGN_PIN": pin, "COSIGN_NEW_PIN": new_pin}
        given = {name: value for name, value in pins.items() if value}
        return {**_clean_environment(), "GRPC_VERBOSITY": "NONE", **given}


def run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end and collects what it prints."""
    return subprocess.run(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
    )


def _clean_environment() -> dict[str, str]:
    """This process's environment without settings of an outer service or phone."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COSIGN_")}


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
