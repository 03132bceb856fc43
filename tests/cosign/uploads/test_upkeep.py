"""The sweep: nothing is left over, nothing is lost, whatever crashed in between."""

import datetime as dt

import pytest
from sqlalchemy import select

from cosign.errors import DatabaseUnavailable, ResourceNotFound
from cosign.personal.data_keys import KeyKind
from cosign.store.unit_of_work import reading, writing
from cosign.uploads.claims import claim, release
from cosign.uploads.faults import UploadInUse
from cosign.uploads.intake import OpenUpload
from cosign.uploads.model import UploadPurpose
from cosign.uploads.personal import AREA, uses
from cosign.uploads.repository import UploadRows
from cosign.uploads.tables import upload_object
from tests.cosign.uploads.conftest import Area, document

FORMS = frozenset({UploadPurpose.DOCUMENT})


def rows(area: Area) -> int:
    with reading(area.engine) as connection:
        return len(connection.execute(select(upload_object.c.object_id)).all())


def test_what_nobody_takes_up_is_removed_after_a_day(area: Area) -> None:
    made = area.put(document())
    area.clock.forward(hours=23, minutes=59)
    assert area.upkeep.sweep().uploads == 0
    area.clock.forward(minutes=1)
    tidied = area.upkeep.sweep()
    assert (tidied.uploads, tidied.objects) == (1, 1)
    assert (area.objects(), rows(area)) == ([], 0)
    with pytest.raises(ResourceNotFound):
        area.get(made.upload_id)


def test_a_claimed_upload_stays(area: Area) -> None:
    made = area.put(document())
    until = area.clock.now() + dt.timedelta(days=30)
    with writing(area.engine) as connection:
        claim(connection, [made.upload_id], owner_id="acc_1", purposes=FORMS, until=until)
    area.clock.forward(days=29)
    area.upkeep.sweep()
    assert area.get(made.upload_id) == document()
    with pytest.raises(UploadInUse), writing(area.engine) as connection:
        UploadRows(connection).delete_unclaimed(made.upload_id, owner_id="acc_1")
    with writing(area.engine) as connection:
        release(connection, [made.upload_id, "upl_unknown"], owner_id="acc_2")
        release(connection, [made.upload_id], owner_id="acc_1")
    area.upkeep.sweep()
    assert area.objects() == []


def test_only_ones_own_uploads_of_the_right_purpose_can_be_claimed(area: Area) -> None:
    made = area.put(document())
    until = area.clock.now()
    for owner_id, purposes in (("acc_2", FORMS), ("acc_1", frozenset({UploadPurpose.VIDEO}))):
        with pytest.raises(ResourceNotFound), writing(area.engine) as connection:
            claim(connection, [made.upload_id], owner_id=owner_id, purposes=purposes, until=until)


def test_an_object_stays_while_another_upload_refers_to_it(area: Area) -> None:
    first, second = area.put(document()), area.put(document())
    with writing(area.engine) as connection:
        UploadRows(connection).delete_unclaimed(first.upload_id, owner_id="acc_1")
    area.upkeep.sweep()
    assert area.get(second.upload_id) == document()


def test_a_crash_between_object_and_row_leaves_nothing(area: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(OpenUpload, "_settle", crash)
        with pytest.raises(DatabaseUnavailable):
            area.put(document())
    assert (len(area.objects()), rows(area)) == (1, 1)
    area.upkeep.sweep()
    assert rows(area) == 1  # it may still be finished
    area.clock.forward(hours=1, seconds=1)
    area.upkeep.sweep()
    assert (area.objects(), rows(area)) == ([], 0)


def test_a_crash_between_store_and_database_is_repaired(area: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    area.put(document())
    area.clock.forward(days=1)

    def crash(*_: object) -> None:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(UploadRows, "forget_object", crash)
        with pytest.raises(DatabaseUnavailable):
            area.upkeep.sweep()
    assert (area.objects(), rows(area)) == ([], 1)
    area.upkeep.sweep()
    assert rows(area) == 0


def test_objects_move_to_a_new_data_key(area: Area) -> None:
    made, other = area.put(document()), area.put(document(), owner="acc_2")
    area.keys.rotate(KeyKind.DATA, spread_ms=0)
    assert uses(area.engine, 1)

    assert area.upkeep.reseal() == 2
    assert area.upkeep.reseal() == 0
    assert not uses(area.engine, 1)
    area.upkeep.sweep()
    assert len(area.objects()) == 2
    area.keys.retire(KeyKind.DATA, 1)
    assert area.get(made.upload_id) == area.get(other.upload_id) == document()
    assert area.put(document()).object_id not in (made.object_id, other.object_id)


def test_erasure_and_export(area: Area) -> None:
    """R-AUD-08."""
    made, other = area.put(document()), area.put(document(), owner="acc_2")
    assert AREA.export is not None
    assert AREA.erase is not None
    with reading(area.engine) as connection:
        exported = AREA.export(connection, area.personal, "acc_1")
    assert made.upload_id in str(exported["uploads"])
    assert other.upload_id not in str(exported["uploads"])

    class NoArchive:
        def keep(self, subject: str, document: object) -> None:
            raise AssertionError(subject)

    with writing(area.engine) as connection:
        assert AREA.erase(connection, area.personal, "acc_1", NoArchive()).erased == 1
    area.upkeep.sweep()
    assert len(area.objects()) == 1
    assert area.get(other.upload_id) == document()
