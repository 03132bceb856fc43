"""A real `cosignd` process with a folder of its own, and phones that talk to it."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import grpc

from cosign.client.phone import Phone
from protocol.codes import Purpose
from protocol.phone import KdfParams
from tests.support.operator import run_operator

START_SECONDS = 60.0
PIN = "407193"
WEAK_KDF = KdfParams(memory_kib=19 * 1024, passes=2)
"""The floor of PIN-1; tests need no more."""


class ServerProcess:
    """`cosignd serve` on free ports. Output goes through a pipe-less file that `output` reads."""

    PROGRAM: ClassVar[tuple[str, ...]] = ("-m", "cosign.cli.cosignd", "serve")

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "cosignd.log"
        self.address = ""
        self.metrics = ""
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COSIGN_")},
            "COSIGN_SERVER__STATE_DIR": str(self.state),
            "COSIGN_SERVER__LISTEN": "127.0.0.1:0",
            "COSIGN_METRICS__LISTEN": "127.0.0.1:0",
            "COSIGN_LIMITS__ENROLMENT_PER_MINUTE": "6000",
            "COSIGN_LIMITS__ENROLMENT_BURST": "100",
            **(settings or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def launch(self) -> "subprocess.Popen[bytes]":
        """Starts the program without waiting for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.PROGRAM], env=self._environment, stdout=log, stderr=log
            )
        return self.process

    def start(self) -> None:
        seen = len(self.output) if self.log.exists() else 0
        process = self.launch()
        end = time.monotonic() + START_SECONDS
        while True:
            line = re.search(r"^cosignd: listening on (\S+) .*?(http://\S+)?$", self.output[seen:], re.MULTILINE)
            if line:
                self.address, self.metrics = line[1], line[2] or ""
                return
            assert process.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signals the process and returns its exit status."""
        process = self.process
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(timeout=60)

    def control(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs `cosignctl` on the state of this server.

        A program keeps its connections to a second database for heads until it ends, so there it is a real one.
        """
        if "COSIGN_HEADS__URL" in self._environment:
            command = [sys.executable, "-m", "cosign.cli.cosignctl", *arguments]
            return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        return run_operator(arguments, self._environment)

    def code(self, user: str = "user-1") -> str:
        made = self.control("enrolment", "create", "--user", user)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def channel(self) -> grpc.Channel:
        certificate = self.state / "tls-cert.pem"
        return grpc.secure_channel(self.address, grpc.ssl_channel_credentials(certificate.read_bytes()))

    @contextmanager
    def phone(self, name: str = "phone", user: str = "user-1") -> Iterator[Phone]:
        """A phone of its own; enrolled when it is opened for the first time."""
        home = self.folder / name
        known = home.exists()
        with Phone.open(home, self.address, self.state / "tls-cert.pem", kdf=WEAK_KDF) as phone:
            if not known:
                phone.enrol(code=self.code(user), display_name="Test phone")
            yield phone

    def starve(self, *, full: bool) -> None:
        """Makes every write to a file fail as on a full disk, or lets it succeed again."""
        limit = 1 if full else resource.RLIM_INFINITY
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@contextmanager
def running(
    folder: Path, settings: Mapping[str, str] | None = None, kind: type[ServerProcess] = ServerProcess
) -> Iterator[ServerProcess]:
    """Starts a server and stops it at the end."""
    server = kind(folder, settings)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def sign_key(phone: Phone) -> str:
    """The signing key of a phone; made when there is none."""
    keys = phone.keys(Purpose.SIGN)
    return keys[0].key_id if keys else phone.keygen(Purpose.SIGN, PIN).key_id


def metric(text: str, name: str, **labels: Any) -> float:
    """Value of one sample of a scrape; 0 when it is not there."""
    for line in text.splitlines():
        if line.startswith(name) and all(f'{label}="{value}"' in line for label, value in labels.items()):
            return float(line.rpartition(" ")[2])
    return 0.0
