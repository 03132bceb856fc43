"""Phones on a server in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cosign.client.phone import FolderHome, MemoryHome, Phone
from protocol.phone import KdfParams
from tests.cosign.client.fake_server import FakeServer

PIN = "271801"
CHEAP = KdfParams(memory_kib=19_456, passes=2)
"""The floor of PIN-1: tests need no stronger one."""

OpenPhone = Callable[[Path], Phone]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def open_phone(server: FakeServer) -> OpenPhone:
    """Opens the phone in a folder, as a program would after a start."""
    return lambda folder: Phone(FolderHome(folder, "test:1"), server, kdf=CHEAP, clock=server.clock)


@pytest.fixture
def phone(server: FakeServer) -> Phone:
    """An enrolled phone in memory."""
    phone = Phone(MemoryHome(), server, kdf=CHEAP, clock=server.clock)
    phone.enrol(code="CODE", display_name="test")
    return phone
