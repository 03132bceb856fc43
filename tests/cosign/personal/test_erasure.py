"""Access, export, erasure, archive (R-AUD-08, R-AUD-09)."""

import datetime as dt

import pytest
from sqlalchemy import select

from cosign.audit.tables import audit_row
from cosign.errors import NotAuthorised
from cosign.personal.access import SealedDatum
from cosign.personal.archive import end_archive, read_archive
from cosign.personal.erasure import ErasureReason
from cosign.personal.model import Field
from cosign.personal.readers import UNMASK, Purpose, Reader
from cosign.personal.tables import erasure
from cosign.store.unit_of_work import reading, writing
from tests.cosign.personal.conftest import World, person
from tests.support.clear_text import assert_absent, dump

REVIEWER = Reader("stf_1", (UNMASK,))
CLERK = Reader("stf_2", ())
NAME = "Jane Example"


def audit(world: World) -> list[tuple[str, str, str, str, str]]:
    columns = (audit_row.c.event, audit_row.c.outcome, audit_row.c.device_id, audit_row.c.key_id, audit_row.c.actor)
    with reading(world.engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(audit_row.c.seq))]


def test_reading_unmasked_data_leaves_a_record(world: World) -> None:
    """R-AUD-09: unmasking needs a permission and a purpose, and writes an entry."""
    datum = SealedDatum("acc_1", Field.NAME, "per_1", world.personal.seal(Field.NAME, "per_1", NAME))
    with writing(world.engine) as connection:
        assert world.access.read(connection, REVIEWER, Purpose.IDENTITY_REVIEW, datum) == NAME
    assert audit(world) == [("personal_data_read", "identity_review", "acc_1", "name", "stf_1")]

    with pytest.raises(NotAuthorised), writing(world.engine) as connection:
        world.access.read(connection, CLERK, Purpose.SUPPORT, datum)
    assert len(audit(world)) == 1


def test_an_export_has_everything_and_is_recorded(world: World) -> None:
    """R-AUD-08, R-AUD-09."""
    world.add("per_1", NAME)
    world.add("per_2", "Somebody Else", account_id="acc_2")
    with writing(world.engine) as connection:
        document = world.file.export(connection, REVIEWER, "acc_1")
    assert document["areas"] == {"people": {"names": [NAME]}}
    assert audit(world)[-1] == ("personal_data_read", "export", "acc_1", "export", "stf_1")
    with pytest.raises(NotAuthorised), writing(world.engine) as connection:
        world.file.export(connection, CLERK, "acc_1")


def test_erasure_leaves_the_archive_and_a_report(world: World) -> None:
    """R-AUD-08: user-visible history goes, evidence stays sealed for at least five years."""
    world.add("per_1", NAME)
    world.add("per_2", "Somebody Else", account_id="acc_2")
    with writing(world.engine) as connection:
        report = world.file.erase(
            connection, "acc_1", reason=ErasureReason.CANCELLED, actor="sweeper", evidence_years=5
        )

    assert report.as_json()["areas"] == {"people": {"erased": 1, "archived": 1}}
    assert report.keep_until == world.clock.now().replace(year=2035)
    with reading(world.engine) as connection:
        assert connection.execute(select(person.c.person_id)).scalars().all() == ["per_2"]
        assert connection.execute(select(erasure.c.reason)).scalar_one() == "cancelled"
    assert_absent(dump(world.engine), NAME)
    with writing(world.engine) as connection:
        (kept,) = read_archive(connection, world.access, REVIEWER, Purpose.LEGAL, "acc_1")
    assert kept["document"] == {"names": [NAME]}
    assert [row[0] for row in audit(world)] == ["account_erased", "personal_data_read"]


def test_the_archive_ends_with_the_legal_term(world: World) -> None:
    """R-AUD-08."""
    with writing(world.engine) as connection:
        report = world.file.erase(connection, "acc_1", reason=ErasureReason.REQUESTED, actor="op", evidence_years=5)
        assert end_archive(connection, report.keep_until - dt.timedelta(seconds=1)) == 0
        assert end_archive(connection, report.keep_until) == 1


def test_an_erasure_that_cannot_archive_erases_nothing(world: World) -> None:
    world.add("per_1", NAME)
    with pytest.raises(ValueError, match="five years"), writing(world.engine) as connection:
        world.file.erase(connection, "acc_1", reason=ErasureReason.REQUESTED, actor="op", evidence_years=4)
    assert world.find(NAME) == ["per_1"]
