"""Real programs: `cosignd` with TLS and SQLite in a temporary folder, `cosign-phone` as a process of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cosign.client.phone import Phone
from demo.programs import PhoneProgram, Server
from protocol.phone import KdfParams

PIN = "271801"
NEW_PIN = "583920"
WRONG_PIN = "802417"
CHEAP = KdfParams(memory_kib=19_456, passes=2)

MakePhone = Callable[[], PhoneProgram]

SETTINGS = {
    "COSIGN_LIMITS__ENROLMENT_PER_MINUTE": "6000",
    "COSIGN_LIMITS__ENROLMENT_BURST": "1000",
    "COSIGN_LIMITS__DEVICE_PER_SECOND": "1000",
    "COSIGN_LIMITS__DEVICE_BURST": "1000",
}
"""Tests are faster than people."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a module."""
    folder = tmp_path_factory.mktemp("service") / "state"
    folder.mkdir()
    server = Server(folder, SETTINGS)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def make_phone(server: Server, tmp_path: Path) -> MakePhone:
    """Enrols phones, each in a home of its own."""
    numbers = itertools.count(1)

    def make() -> PhoneProgram:
        program = PhoneProgram(tmp_path / f"phone-{next(numbers)}", server)
        program.enroll(server.enrolment_code("user"), "test")
        return program

    return make


def open_sdk(program: PhoneProgram) -> Phone:
    """The same phone through the SDK, in this process."""
    return Phone.open(program.home, kdf=CHEAP)
