"""The gate in front of the module."""

import threading
import time

import pytest

from hsm.pkcs11.gate import Gate
from hsm.ports import TokenUnavailable


def test_shutting_waits_for_who_is_inside() -> None:
    gate = Gate()
    order: list[str] = []

    def call() -> None:
        with gate.inside(1):
            time.sleep(0.2)
            order.append("left")

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(0.05)
    with gate.shut(5) as empty:
        order.append("shut")
        assert empty
    thread.join()
    assert order == ["left", "shut"]


def test_shutting_gives_up_on_who_hangs_and_keeps_others_out() -> None:
    gate = Gate()
    with gate.inside(1), gate.shut(0.05) as empty:
        assert not empty
        with pytest.raises(TokenUnavailable), gate.inside(0.05):
            pass
    with gate.inside(0.05):
        pass
