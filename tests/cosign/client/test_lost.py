"""Lost answers of key operations: what is made anew by itself, and what a wrong PIN costs."""

from collections.abc import Callable

import pytest

from cosign.client.phone import Phone
from cosign.client.phone.errors import Unreachable
from cosign.client.phone.refusals import PinIncorrect
from protocol.codes import Purpose
from tests.cosign.client.conftest import PIN
from tests.cosign.client.fake_server import FakeServer

WRONG = "802417"


def broken(*methods: str) -> Callable[[str], None]:
    """A server that stops: the first message of each of these methods ends with its connection."""
    left = list(methods)

    def cross(method: str) -> None:
        if method in left:
            left.remove(method)
            raise Unreachable("CANCELLED: CANCELLED", broken=True)

    return cross


@pytest.fixture
def key_id(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("cosign.client.phone.lost.FIRST_PAUSE_SECONDS", 0.0)
    return phone.keygen(Purpose.SIGN, PIN).key_id


def test_a_request_that_never_arrived_is_made_anew(phone: Phone, server: FakeServer, key_id: str) -> None:
    server.log.clear()
    server.before = broken("Sign")
    assert len(phone.sign(key_id, [b"m"], PIN)) == 1
    assert server.methods() == ["Sync", "Sign"]


def test_a_lost_answer_to_a_right_pin_is_made_anew_with_another_envelope(
    phone: Phone, server: FakeServer, key_id: str
) -> None:
    """CLONE-2, CLONE-B."""
    server.log.clear()
    server.after = broken("Sign")
    phone.sign(key_id, [b"m"], PIN)
    assert server.methods() == ["Sign", "Sync", "Sign"]
    assert server.log[0][1] != server.log[2][1]
    assert server.row().attempts_left == 9


def test_one_wrong_entry_costs_one_attempt(phone: Phone, server: FakeServer, key_id: str) -> None:
    server.log.clear()
    server.after = broken("Sign")
    with pytest.raises(Unreachable):
        phone.sign(key_id, [b"m"], WRONG)
    assert server.methods() == ["Sign", "Sync"]
    assert server.row().attempts_left == 8


def test_while_an_attempt_is_missing_the_user_decides(phone: Phone, server: FakeServer, key_id: str) -> None:
    with pytest.raises(PinIncorrect):
        phone.sign(key_id, [b"m"], WRONG)
    server.before = broken("Sign")
    with pytest.raises(Unreachable):
        phone.sign(key_id, [b"m"], PIN)
    phone.sign(key_id, [b"m"], PIN)
    assert server.row().attempts_left == 9


def test_without_a_heartbeat_nothing_is_made_anew(phone: Phone, server: FakeServer, key_id: str) -> None:
    server.log.clear()
    server.before = broken("Sign", "Sync")
    with pytest.raises(Unreachable):
        phone.sign(key_id, [b"m"], PIN)
    assert server.methods() == []


def test_a_server_that_stays_away_is_given_up(phone: Phone, server: FakeServer, key_id: str) -> None:
    server.log.clear()
    server.before = broken("Sign", "Sign", "Sign", "Sign")
    with pytest.raises(Unreachable):
        phone.sign(key_id, [b"m"], PIN)
    assert server.methods() == ["Sync", "Sync"]


def test_a_change_of_shares_is_not_made_anew(phone: Phone, server: FakeServer, key_id: str) -> None:
    server.log.clear()
    server.before = broken("Refresh")
    with pytest.raises(Unreachable):
        phone.refresh(key_id, PIN)
    assert server.methods() == []
