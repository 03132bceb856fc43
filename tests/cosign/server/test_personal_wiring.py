"""Every column of sealed texts and indexes is registered, so that rotation, export and erasure reach it (R-AUD-08)."""

import dataclasses

from cosign.brands.model import RetentionPolicy
from cosign.server.personal_wiring import AREAS
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.metadata import metadata

TERMS = {one.name.removesuffix("_days") for one in dataclasses.fields(RetentionPolicy)}


def test_every_sealed_column_is_registered() -> None:
    """R-IDV-16, R-AUD-08."""
    engine = make_engine("sqlite://")
    migrations.differences(engine)  # imports every table
    engine.dispose()
    registered = set()
    for area in AREAS:
        registered |= {f"{one.sealed.table.name}.{one.sealed.name}" for one in area.columns}
        registered |= {f"{one.index.table.name}.{one.index.name}" for one in area.columns if one.index is not None}
        registered |= {f"{one.table.name}.{one.name}" for one in (*area.passing, *area.lasting_indexes)}
    named = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.endswith(("_sealed", "_index"))
    }
    assert named <= registered, sorted(named - registered)


def test_every_subject_of_retention_has_a_term() -> None:
    """R-AUD-08."""
    assert {rule.subject for area in AREAS for rule in area.retention} <= TERMS


def test_every_area_with_texts_can_export_and_erase_them() -> None:
    """R-AUD-08."""
    for area in AREAS:
        if area.columns and area.name != "archive":
            assert area.export is not None, area.name
            assert area.erase is not None, area.name
