"""Sealing and finding: bound to row and field, precise about what is wrong (R-IDV-16)."""

import pytest

from cosign.errors import PersonalDataUnreadable
from cosign.personal.model import INDEX_BYTES, Field
from tests.cosign.personal.conftest import World
from tests.support.clear_text import assert_absent, dump

NAME = "某某某"


def test_a_datum_opens_where_it_belongs(world: World) -> None:
    """R-IDV-16: a datum is bound to its row and its field."""
    sealed = world.personal.seal(Field.NAME, "per_1", NAME)
    assert world.personal.open(Field.NAME, "per_1", sealed) == NAME
    assert len(sealed) == len(NAME.encode()) + 33
    for field, row_id in ((Field.NAME, "per_2"), (Field.EMAIL, "per_1")):
        with pytest.raises(PersonalDataUnreadable, match=f"{field} of {row_id} does not open"):
            world.personal.open(field, row_id, sealed)


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x03" + bytes(40), b"\x01" + bytes(40)])
def test_what_is_no_datum(world: World, damaged: bytes) -> None:
    with pytest.raises(PersonalDataUnreadable, match="name of per_1 is not a sealed datum"):
        world.personal.open(Field.NAME, "per_1", damaged)


def test_an_altered_datum(world: World) -> None:
    sealed = bytearray(world.personal.seal(Field.NAME, "per_1", NAME))
    sealed[-1] ^= 1
    with pytest.raises(PersonalDataUnreadable, match="altered"):
        world.personal.open(Field.NAME, "per_1", bytes(sealed))


def test_a_fault_never_repeats_the_text(world: World) -> None:
    with pytest.raises(ValueError, match="wrong length") as caught:
        world.personal.seal(Field.NAME, "per_1", NAME * 2000)
    assert NAME not in str(caught.value)
    with pytest.raises(ValueError, match="wrong length"):
        world.personal.index(Field.NAME, "", NAME)


def test_an_index_finds_within_its_scope_and_field(world: World) -> None:
    index = world.personal.index(Field.PHONE_NUMBER, "net", "1")
    assert len(index) == INDEX_BYTES
    assert index == world.another_node().personal.index(Field.PHONE_NUMBER, "net", "1")
    assert index != world.personal.index(Field.PHONE_NUMBER, "bxq", "1")
    assert index != world.personal.index(Field.DOCUMENT_NUMBER, "net", "1")


def test_the_database_holds_no_clear_text(world: World) -> None:
    """R-IDV-16: nothing readable is stored."""
    world.add("per_1", NAME)
    assert_absent(dump(world.engine), NAME)
    with pytest.raises(AssertionError, match="table test_person"):
        assert_absent(dump(world.engine), "acc_1")
