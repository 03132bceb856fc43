"""The revision that binds staff to brands tells proposals of before which brand they belong to."""

import datetime as dt
from pathlib import Path

from alembic import command
from sqlalchemy import Engine, insert, text

from cosign.accounts.tables import account
from cosign.devices.tables import device
from cosign.staff.tables import staff_proposal
from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.unit_of_work import writing

NOW = dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def upgrade(engine: Engine, revision: str) -> None:
    config = migrations._config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_proposals_get_the_brand_of_their_account(tmp_path: Path) -> None:
    """R-ADM-21: of an account, of a device of one, of a member of staff, of what is gone."""
    engine = make_engine(sqlite_url(tmp_path / "before.db"))
    upgrade(engine, "0015")
    with writing(engine) as connection:
        empty = dict.fromkeys(("password_hash", "person_id", "mode", "acting", "avatar_upload_id"), "")
        known = {"account_id": "acc_1", "brand": "zb", "state": "active", "created_at": NOW}
        connection.execute(insert(account).values(**known, **empty))
        connection.execute(
            insert(device).values(
                device_id="dev_1",
                user_id="acc_1",
                display_name="",
                public_key=b"",
                state="active",
                enrolled_at=NOW,
            )
        )
        for subject in ("acc_1", "dev_1", "stf_1", "acc_2"):
            connection.execute(
                insert(staff_proposal).values(
                    proposal_id=f"prp_{subject}",
                    kind="freeze",
                    subject_id=subject,
                    payload_sealed=b"",
                    reason_sealed=b"",
                    state="open",
                    proposer_id="stf_2",
                    decided_by="",
                    created_at=NOW,
                    expires_at=NOW,
                )
            )
    upgrade(engine, "0016")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT subject_id, brand FROM staff_proposal ORDER BY subject_id")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("acc_1", "zb"), ("acc_2", ""), ("dev_1", "zb"), ("stf_1", "")]
