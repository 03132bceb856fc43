"""Real programs: `cosignd` with TLS and SQLite in a temporary folder, `cosign-phone` as a process of its own."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cosign.client.phone import KeyView, Phone
from cosign.devices.usecases.issue_code import issue_code
from cosign.server import operator_wiring
from cosign.server.config import load
from cosign.store.unit_of_work import writing
from demo.programs import PhoneProgram, Server
from protocol.codes import Purpose
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
        with Phone.open(program.home, server.address, server.ca, kdf=CHEAP) as phone:
            phone.enrol(code=issue(server), display_name="test")
        return program

    return make


def issue(server: Server, user: str = "user") -> str:
    """An enrolment code, as `cosignctl enrolment create` makes it but without a process of its own."""
    config = load(environ=server._environment)
    with operator_wiring.operator(config) as operator, writing(operator.engine) as connection:
        hour = dt.timedelta(hours=1)
        code, _ = issue_code(operator.devices(connection), user_id=user, clock=operator.clock, lifetime=hour)
    return code


def add_key(program: PhoneProgram, purpose: Purpose = Purpose.SIGN, pin: str = PIN) -> KeyView:
    """Makes a key with a cheap PIN hash."""
    with open_sdk(program) as sdk:
        return sdk.keygen(purpose, pin)


def open_sdk(program: PhoneProgram) -> Phone:
    """The same phone through the SDK, in this process."""
    return Phone.open(program.home, kdf=CHEAP)
