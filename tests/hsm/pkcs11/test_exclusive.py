"""Nodes that change a token at the same time: one after the other, and nobody ever sees a half of a change."""

import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pkcs11 import Attribute, ObjectClass

from hsm.pkcs11 import exclusive
from hsm.pkcs11.exclusive import STALE_MS, changing, label_of
from hsm.pkcs11.objects import versions_of
from hsm.pkcs11.state import Algorithm, read_state
from hsm.pkcs11.state import label_of as state_label
from hsm.ports import TokenUnavailable
from tests.hsm.conftest import OpenToken
from tests.hsm.softhsm import LABEL, SoftHsm, pin

NAME = "kek"
LOWEST, HIGHEST = "0" * 32, "f" * 32


@pytest.fixture
def sessions(soft: SoftHsm) -> Iterator[tuple[Any, Any]]:
    soft.make_ready(Algorithm.GCM)
    library, core = soft.loaded()
    token = library.get_token(token_label=LABEL)
    both = token.open(rw=True), token.open(rw=True)
    core.login(both[0].handle, pin(soft.pin_file.read_text()), security_officer=False)
    yield both
    core.finalize()


def left(session: Any, label: str) -> int:
    return len(list(session.get_objects({Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label})))


def numbered(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _length: number)


@pytest.mark.parametrize(
    ("holder", "comer"), [(LOWEST, HIGHEST), (HIGHEST, LOWEST)], ids=["first-lower", "first-higher"]
)
def test_nobody_changes_a_token_that_somebody_changes(
    sessions: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch, holder: str, comer: str
) -> None:
    first, second = sessions
    monkeypatch.setattr(exclusive, "_PATIENCE", 0.05)
    numbered(monkeypatch, holder)
    with changing(first, NAME):
        numbered(monkeypatch, comer)
        with pytest.raises(TokenUnavailable, match="somebody else"), changing(second, NAME):
            pytest.fail("two at a time")
    with changing(second, NAME):
        assert left(first, label_of(NAME)) == 1
    assert left(first, label_of(NAME)) == 0


def test_the_lower_number_waits_for_the_end_of_the_other(
    sessions: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sessions
    monkeypatch.setattr(exclusive, "_PATIENCE", 60.0)
    order: list[str] = []
    waiting = threading.Event()
    monkeypatch.setattr(time, "sleep", lambda _seconds: waiting.set())

    def come() -> None:
        with changing(second, NAME):
            order.append("second")

    numbered(monkeypatch, HIGHEST)
    with changing(first, NAME):
        numbered(monkeypatch, LOWEST)
        thread = threading.Thread(target=come)
        thread.start()
        assert waiting.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_what_a_crash_left_stops_nobody_for_longer_than_a_minute(
    sessions: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sessions
    monkeypatch.setattr(exclusive, "_PATIENCE", 0.0)
    now = time.time_ns()
    content = {"number": LOWEST, "time_ms": now // 1_000_000}
    first.create_object(
        {
            Attribute.CLASS: ObjectClass.DATA,
            Attribute.LABEL: label_of(NAME),
            Attribute.APPLICATION: "cosign",
            Attribute.TOKEN: True,
            Attribute.PRIVATE: True,
            Attribute.VALUE: json.dumps(content).encode(),
        }
    )
    with pytest.raises(TokenUnavailable), changing(second, NAME):
        pytest.fail("it may still be at work")

    monkeypatch.setattr(time, "time_ns", lambda: now + (STALE_MS + 1_000) * 1_000_000)
    with changing(second, NAME):
        assert left(first, label_of(NAME)) == 1


def test_processes_that_rotate_at_the_same_time_leave_a_whole_token(
    soft: SoftHsm, open_token: OpenToken, tmp_path: Path
) -> None:
    soft.make_ready()
    running = tmp_path / "running"
    running.mkdir()
    changers = [_child("change", soft.uri_text(), "4") for _ in range(3)]
    lookers = [_child("look", soft.uri_text(), str(running)) for _ in range(2)]
    try:
        outcomes = [child.communicate(timeout=240) for child in changers]
        running.rmdir()
        outcomes += [child.communicate(timeout=60) for child in lookers]
    finally:
        for child in changers + lookers:
            child.kill()
    assert [child.returncode for child in changers + lookers] == [0] * 5, outcomes

    token = open_token()
    token.self_test()
    session: Any = token._pool.run(lambda lease: lease.session)
    state = read_state(session, NAME)
    assert state.current >= 13  # every rotation had a number of its own
    assert versions_of(session, NAME) == sorted(state.check_values)
    assert left(session, state_label(NAME)) == 1
    assert left(session, label_of(NAME)) == 0


def _child(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.hsm.pkcs11.race_child", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
