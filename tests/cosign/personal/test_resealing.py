"""Rotation of data keys and index keys while the service runs."""

import pytest
from sqlalchemy import select, update

from cosign.audit.model import AuditEvent
from cosign.audit.tables import audit_row
from cosign.errors import PersonalDataUnreadable
from cosign.personal import resealing
from cosign.personal.data_keys import SPREAD_MS, KeyKind
from cosign.personal.registry import PersonalArea, PersonalRegistry
from cosign.personal.resealing import Progress
from cosign.store.unit_of_work import reading, writing
from protocol._core import data_key_version
from tests.cosign.personal.conftest import World, person


def versions(world: World) -> set[int]:
    with reading(world.engine) as connection:
        return {data_key_version(sealed) for sealed in connection.execute(select(person.c.name_sealed)).scalars()}


def begin(world: World, kind: KeyKind) -> None:
    world.resealing.rotate(kind, spread_ms=SPREAD_MS)
    world.clock.forward(minutes=7)


def test_every_row_moves_and_the_old_key_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "BATCH", 2)
    for number in range(5):
        world.add(f"per_{number}", f"name {number}")
    begin(world, KeyKind.DATA)
    told: list[Progress] = []

    assert world.resealing.run(told.append).changed == 5
    assert [one.looked_at for one in told] == [2, 4, 5]
    assert versions(world) == {2}
    assert world.resealing.under_way()
    assert "messages and codes on their way" in world.resealing.run().waiting
    assert world.resealing.run(grace=False).retired == ((KeyKind.DATA, 1),)
    assert not world.resealing.under_way()
    assert world.name("per_3") == "name 3"
    with reading(world.engine) as connection:
        events = set(connection.execute(select(audit_row.c.event)).scalars())
    assert events == {AuditEvent.DATA_KEY_ROTATED, AuditEvent.DATA_KEY_RETIRED}


def test_nothing_happens_before_every_node_writes_with_the_new_key(world: World) -> None:
    world.add("per_1", "name")
    world.resealing.rotate(KeyKind.DATA, spread_ms=SPREAD_MS)
    assert "is used by every node after" in world.resealing.run().waiting
    world.clock.forward(minutes=5, seconds=30)
    assert world.resealing.run().changed == 0
    assert versions(world) == {1}


def test_rows_are_found_throughout_an_index_rotation(world: World) -> None:
    world.add("per_1", "Name")
    other = world.another_node()
    begin(world, KeyKind.INDEX)
    world.add("per_2", "Name")

    other.keys.load()
    assert other.find("Name") == world.find("Name") == ["per_1", "per_2"]
    assert world.resealing.run().changed == 1
    assert other.find("Name") == ["per_1", "per_2"]
    assert "messages and codes on their way" in world.resealing.run().waiting
    world.clock.forward(days=1)
    assert world.resealing.run().retired == ((KeyKind.INDEX, 1),)
    assert len(world.keys.index_keys()) == 1
    assert world.find("name") == ["per_1", "per_2"]


def test_an_old_data_key_goes_by_itself_after_a_week(world: World) -> None:
    begin(world, KeyKind.DATA)
    world.clock.forward(days=7)
    assert world.resealing.run().retired == ((KeyKind.DATA, 1),)


def test_an_index_without_a_text_keeps_its_key(world: World) -> None:
    world.add("per_1", "name")
    area = PersonalArea(name="tombstones", lasting_indexes=(person.c.name_index,))
    registry = PersonalRegistry([*world.registry.areas, area])
    passes = resealing.PersonalResealing(
        world.engine, world.keys, world.personal, registry, audit=world.audit, clock=world.clock
    )
    begin(world, KeyKind.INDEX)
    world.clock.forward(days=2)
    assert passes.run().changed == 1
    assert "test_person.name_index has no texts" in passes.run().waiting
    begin(world, KeyKind.INDEX)
    assert [key.version for key in world.keys.index_keys()] == [3, 2, 1]


def test_an_interruption_is_repeated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "BATCH", 1)
    for number in range(3):
        world.add(f"per_{number}", f"name {number}")
    begin(world, KeyKind.DATA)

    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.resealing.run(stop)
    assert versions(world) == {1, 2}
    assert world.another_node().resealing.run().changed == 2
    assert versions(world) == {2}


def test_a_row_that_changes_meanwhile_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add("per_1", "before")
    begin(world, KeyKind.DATA)
    renewed = resealing.PersonalResealing._renewed

    def change_first(self, column, row, version):  # type: ignore[no-untyped-def]
        with writing(world.engine) as connection:
            sealed = world.personal.seal(column.field, "per_1", "after")
            connection.execute(update(person).values(name_sealed=sealed))
        return renewed(self, column, row, version)

    monkeypatch.setattr(resealing.PersonalResealing, "_renewed", change_first)
    assert world.resealing.run().changed == 0
    assert world.name("per_1") == "after"


def test_a_damaged_row_stops_it_and_is_named(world: World) -> None:
    world.add("per_1", "name")
    with writing(world.engine) as connection:
        connection.execute(update(person).values(person_id="per_9"))
    begin(world, KeyKind.DATA)
    with pytest.raises(PersonalDataUnreadable, match="name of per_9"):
        world.resealing.run()
    assert world.resealing.under_way()
