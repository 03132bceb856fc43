"""Nodes that change the token at the same time, each in a session of its own: the loser costs the winner nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pkcs11 import Attribute, ObjectClass

from hsm.pkcs11.changes import add_version, finish
from hsm.pkcs11.content import find_content
from hsm.pkcs11.objects import label_of
from hsm.pkcs11.state import StoredState, read_state
from hsm.ports import TokenUnavailable
from tests.hsm.softhsm import LABEL, SoftHsm, pin

NAME = "kek"


@dataclass
class Node:
    """One session, and something that happens between drawing a key and making it current."""

    session: Any
    calls: Any
    meanwhile: Callable[[], object] = lambda: None

    def check_value(self, session: int, key: int, algorithm: int) -> bytes:
        value: bytes = self.calls.check_value(session, key, algorithm)
        self.meanwhile()
        return value

    @property
    def state(self) -> StoredState:
        return read_state(self.session, NAME)

    def rotate(self, state: StoredState) -> StoredState:
        calls: Any = self
        return add_version(self.session, calls, NAME, state)

    def labels(self) -> set[str]:
        """Labels of the KEK versions in the token."""
        numbered = {label_of(NAME, version) for version in range(9)}
        keys = list(self.session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}))
        return numbered & {key[Attribute.LABEL] for key in keys}


@pytest.fixture
def nodes(ready: SoftHsm) -> Iterator[tuple[Node, Node]]:
    library, core = ready.loaded()
    token = library.get_token(token_label=LABEL)
    sessions = [token.open(rw=True) for _ in range(2)]
    core.login(sessions[0].handle, pin(ready.pin_file.read_text()), security_officer=False)
    yield Node(sessions[0], core), Node(sessions[1], core)
    core.finalize()


def test_a_rotation_from_an_old_state_leaves_the_new_key_alone(nodes: tuple[Node, Node]) -> None:
    first, second = nodes
    before = first.state
    first.rotate(before)

    with pytest.raises(TokenUnavailable, match="somebody else"):
        second.rotate(before)

    assert set(find_content(second.session, second.calls, NAME).handles) == {1, 2}
    assert second.labels() == {"kek:1", "kek:2"}


@pytest.mark.parametrize("same_state", [True, False], ids=["both-read-before", "second-reads-the-claim"])
def test_of_two_rotations_at_once_one_wins_and_every_key_of_the_state_is_there(
    nodes: tuple[Node, Node], same_state: bool
) -> None:
    first, second = nodes
    before = first.state
    winner = 2 if same_state else 3

    def meanwhile() -> None:
        if same_state:
            with pytest.raises(TokenUnavailable, match="somebody else"):
                second.rotate(before)
        else:
            second.rotate(second.state)

    first.meanwhile = meanwhile
    if same_state:
        first.rotate(before)
    else:
        with pytest.raises(TokenUnavailable, match="somebody else"):
            first.rotate(before)

    assert set(find_content(first.session, first.calls, NAME).handles) == {1, winner}
    assert first.labels() == {"kek:1", f"kek:{winner}"}
    finish(first.session, NAME, first.state)
    assert first.labels() == {"kek:1", f"kek:{winner}"}


def test_what_a_crash_left_is_destroyed_and_its_number_not_used_again(nodes: tuple[Node, Node]) -> None:
    first, second = nodes

    def crash() -> None:
        raise RuntimeError("crash")

    first.meanwhile = crash
    with pytest.raises(RuntimeError):
        first.rotate(first.state)
    assert first.labels() == {"kek:1", "kek:2"}

    rotated = second.rotate(second.state)
    assert (rotated.current, rotated.destroying) == (3, (2,))
    finish(second.session, NAME, rotated)
    assert second.labels() == {"kek:1", "kek:3"}


def test_a_key_that_the_winner_destroyed_is_no_fault_of_the_loser(nodes: tuple[Node, Node]) -> None:
    first, second = nodes

    def meanwhile() -> None:
        finish(second.session, NAME, second.rotate(second.state))

    first.meanwhile = meanwhile
    with pytest.raises(TokenUnavailable):
        first.rotate(first.state)
    assert first.labels() == {"kek:1", "kek:3"}
