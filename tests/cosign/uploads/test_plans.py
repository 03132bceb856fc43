"""PostgreSQL: no query of this area reads a table from end to end, whatever its size."""

import datetime as dt

import pytest

from cosign.store.unit_of_work import reading, writing
from cosign.uploads.claims import claim, release
from cosign.uploads.model import UploadPurpose
from cosign.uploads.personal import AREA, uses
from cosign.uploads.repository import UploadRows
from tests.cosign.uploads.conftest import Area, document, picture
from tests.support.plans import explained


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


def test_every_query_has_an_index(area: Area) -> None:
    """Reach: no query without an index; R-AUD-08: export, cancellation and erasure."""
    until = area.clock.now() + dt.timedelta(days=3)
    with explained(area.engine) as plans:
        made = area.put(document())
        area.put(document())  # the same content again
        area.get(made.upload_id)
        avatar = area.put(picture(), UploadPurpose.AVATAR)
        with reading(area.engine) as connection:
            rows = UploadRows(connection)
            rows.page("acc_1", before="", limit=10)
            rows.page("acc_1", before=avatar.upload_id, limit=10)
        with writing(area.engine) as connection:
            rows, purposes = UploadRows(connection), frozenset({UploadPurpose.DOCUMENT})
            claim(connection, [made.upload_id], owner_id="acc_1", purposes=purposes, until=until)
            release(connection, [made.upload_id], owner_id="acc_1")
            assert AREA.cancel is not None
            AREA.cancel(connection, "acc_1", area.clock.now())
            assert [one.purpose for one in rows.of_owner("acc_1")] == [UploadPurpose.DOCUMENT]
        area.clock.forward(days=4)
        area.upkeep.sweep()
        assert not uses(area.engine, 7)
    plans.check({"upload", "upload_object"})
