from types import ModuleType

import pytest

from protocol import _core
from tools import stub_drift

STUB = """
class Fault(Exception): ...
class Key:
    def __init__(self, name: str) -> None: ...
    @staticmethod
    def make(fd: int) -> Key: ...
    @property
    def size(self) -> int: ...
    def seal(self, data: bytes, *, aad: bytes) -> bytes: ...
def mix(left: bytes, right: bytes) -> bytes: ...
"""

SOURCE = STUB.replace("-> Key", "-> 'Key'")


def module(source: str) -> ModuleType:
    built = ModuleType("extension")
    exec(source, built.__dict__)
    return built


def test_equal_sides_pass() -> None:
    assert not list(stub_drift.drift(STUB, module(SOURCE)))


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("def mix(left: bytes, right", "def mix(right: bytes, left", "mix: parameters"),
        ("def mix", "def blend", "mix: in the stub only"),
        ("    @property\n", "", "Key.size: a property"),
        ("def seal", "def close", "Key.seal: in the stub only"),
        ("data: bytes, *, aad", "data: bytes, *, context", "Key.seal: parameters"),
        ("def make(fd: int)", "def make(path: str)", "Key.make: parameters"),
        ("name: str) -> None", "label: str) -> None", "Key(): parameters"),
        ("class Fault(Exception)", "class Fault2(Exception)", "Fault2: in the extension only"),
        ("class Fault(Exception): ...", "def Fault(): ...", "Fault: a class on one side only"),
    ],
)
def test_each_kind_of_drift_is_found(old: str, new: str, finding: str) -> None:
    assert old in SOURCE
    findings = list(stub_drift.drift(STUB, module(SOURCE.replace(old, new))))
    assert any(text.startswith(finding) for text in findings), findings


def test_the_native_core_matches_its_stub() -> None:
    assert not list(stub_drift.drift(stub_drift.STUB.read_text(encoding="utf-8"), _core))
