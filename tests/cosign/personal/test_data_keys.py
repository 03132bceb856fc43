"""Data keys under the token: made once, found by every node, lost with another token, moved with the token's key."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from cosign.errors import ConcurrentOperation, PersonalDataUnreadable, SelfTestFailed, TokenUnavailable
from cosign.personal import data_keys
from cosign.personal.data_keys import DataKeys, KeyKind
from cosign.personal.model import Field
from cosign.personal.tables import data_key
from cosign.personal.wrapped import WrappedDataKeys
from cosign.store.unit_of_work import reading, writing
from hsm import ports as hsm
from tests.cosign.personal.conftest import World
from tests.support.personal import SERVER, make_keys, make_token


def test_the_first_start_makes_one_key_of_each_kind(world: World) -> None:
    assert [(one.kind, one.version) for one in world.keys.states()] == [(KeyKind.DATA, 1), (KeyKind.INDEX, 1)]


def test_nodes_that_start_together_have_the_same_keys(world: World) -> None:
    with writing(world.engine) as connection:
        connection.execute(delete(data_key))
    nodes: list[DataKeys] = []
    starts = [
        threading.Thread(target=lambda: nodes.append(make_keys(world.engine, world.token, world.clock)))
        for _ in range(4)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert len(nodes) == 4
    sealed = nodes[0].writing_key().seal("name", "per_1", b"text")
    assert {node.reading_key(1).open("name", "per_1", sealed) for node in nodes} == {b"text"}
    assert len({node.index_keys()[0].index("name", "net", b"x") for node in nodes}) == 1


def test_a_foreign_token_opens_nothing(world: World, tmp_path: Path) -> None:
    with pytest.raises(SelfTestFailed, match="data key 1 does not open"):
        make_keys(world.engine, make_token(tmp_path / "other"), world.clock)


def test_another_server_id_opens_nothing(world: World) -> None:
    keys = DataKeys(world.engine, world.token, server_id="other", clock=world.clock)
    with pytest.raises(SelfTestFailed, match="does not open"):
        keys.load()


def test_swapped_records_do_not_open(world: World) -> None:
    with writing(world.engine) as connection:
        rows = {row.kind: row.sealed for row in connection.execute(select(data_key))}
        for kind, other in (("data", "index"), ("index", "data")):
            connection.execute(update(data_key).where(data_key.c.kind == kind).values(sealed=rows[other]))
    with pytest.raises(SelfTestFailed):
        make_keys(world.engine, world.token, world.clock)


def test_a_key_of_another_node_is_read_at_once_and_written_with_later(world: World) -> None:
    other = world.another_node()
    world.keys.rotate(KeyKind.DATA)
    assert world.keys.writing_key().version == 1
    world.clock.forward(minutes=5)
    assert world.keys.writing_key().version == 2

    sealed = world.personal.seal(Field.NAME, "per_1", "text")
    assert other.personal.open(Field.NAME, "per_1", sealed) == "text"


def test_only_one_rotation_at_a_time(world: World) -> None:
    world.keys.rotate(KeyKind.INDEX)
    with pytest.raises(ConcurrentOperation, match="index key 2 was made just now"):
        world.keys.rotate(KeyKind.INDEX)


def test_a_datum_under_a_key_that_is_gone(world: World) -> None:
    sealed = world.personal.seal(Field.NAME, "per_1", "text")
    world.keys.rotate(KeyKind.DATA, spread_ms=0)
    world.keys.retire(KeyKind.DATA, 1)
    with pytest.raises(PersonalDataUnreadable, match="data key 1 is not in the database"):
        world.personal.open(Field.NAME, "per_1", sealed)


def test_a_rotation_of_the_tokens_key_takes_the_data_keys_along(world: World) -> None:
    """SEAL-5, SEAL-6."""
    wrapped = WrappedDataKeys(world.engine, world.token, server_id=SERVER)
    sealed = world.personal.seal(Field.NAME, "per_1", "text")
    world.token.new_version()

    assert wrapped.uses(1)
    assert wrapped.rewrap() == 2
    assert wrapped.rewrap() == 0
    assert not wrapped.uses(1)
    world.token.destroy_version(1)
    assert world.another_node().personal.open(Field.NAME, "per_1", sealed) == "text"
    with reading(world.engine) as connection:
        assert len(connection.execute(select(data_key)).all()) == 2


def test_an_index_key_that_cannot_be_opened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-ACC-01: once others write under it, nothing is indexed here: rows under it would not be found."""
    other = make_keys(world.engine, world.token, world.clock)
    world.keys.rotate(KeyKind.INDEX)

    def away(*_: object) -> None:
        raise hsm.TokenUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(data_keys, "unseal", away)
        with pytest.raises(TokenUnavailable):
            other.load()
        assert [key.version for key in other.index_keys()] == [1]
        world.clock.forward(minutes=5)
        with pytest.raises(TokenUnavailable):
            other.index_keys()
        assert other.reading_key(1).version == 1
    assert [key.version for key in other.index_keys()] == [2, 1]
