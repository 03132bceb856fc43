"""Every change to a stored row, head or file is found, and the first bad row is named."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, delete, func, select, update

from cosign.audit.checkpoints import Checkpoints, check_heads
from cosign.audit.head_file import HeadFile
from cosign.audit.model import row_hash
from cosign.audit.tables import audit_checkpoint, audit_row
from cosign.audit.verification import AuditReport, verify
from cosign.errors import AuditBroken
from cosign.store.unit_of_work import reading
from protocol._core import ServerCore
from tests.cosign.audit.rows import entry

CHANGES: dict[str, object] = {
    "time_ms": 1,
    "event": "rejected",
    "outcome": "wrong",
    "device_id": "dev_x",
    "key_id": "key_x",
    "share_id": b"x" * 16,
    "op": 3,
    "n": 2,
    "digests": b"x" * 32,
    "policy": b"",
    "clone_case": "B",
    "audit_hash": b"x" * 32,
    "header": b"x",
    "ctx": b"x" * 32,
    "body_hash": b"x" * 32,
    "enc_hash": b"x" * 32,
    "sig_dev": b"x" * 64,
    "actor": "",
    "row_hash": b"x" * 32,
}


def report_of(engine: Engine, identity: ServerCore, file: HeadFile) -> AuditReport:
    with reading(engine) as connection:
        return verify(connection, identity.identity_public_key, file.read())


@pytest.fixture(autouse=True)
def trail(write_rows: Callable[..., None], checkpoints: Checkpoints) -> None:
    """Ten rows, a head after six of them and after all."""
    write_rows(6)
    checkpoints.make()
    write_rows(4)
    checkpoints.make()


def test_an_untouched_trail_verifies(engine: Engine, identity: ServerCore, head_file: HeadFile) -> None:
    report = report_of(engine, identity, head_file)
    assert report.findings == ()
    assert (report.rows, report.segments, report.heads) == (10, 1, 3)
    check_heads(engine, head_file, identity.identity_public_key)


def test_every_column_is_covered() -> None:
    assert set(CHANGES) == {column.name for column in audit_row.columns} - {"segment", "seq"}


@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_field_is_found(engine: Engine, identity: ServerCore, head_file: HeadFile, column: str) -> None:
    with engine.begin() as connection:
        connection.execute(update(audit_row).where(audit_row.c.seq == 4).values({column: CHANGES[column]}))
    (finding,) = report_of(engine, identity, head_file).findings
    assert (finding.segment, finding.seq) == ("node-1", 4)


@pytest.mark.parametrize("seq", [1, 4, 10])
def test_a_deleted_row_is_found(engine: Engine, identity: ServerCore, head_file: HeadFile, seq: int) -> None:
    with engine.begin() as connection:
        connection.execute(delete(audit_row).where(audit_row.c.seq == seq))
    (finding,) = report_of(engine, identity, head_file).findings
    assert finding.seq == seq


def test_a_whole_segment_that_is_gone_is_found(engine: Engine, identity: ServerCore, head_file: HeadFile) -> None:
    with engine.begin() as connection:
        connection.execute(delete(audit_row))
        connection.execute(delete(audit_checkpoint))
    (finding,) = report_of(engine, identity, head_file).findings
    assert finding.seq == 1
    with pytest.raises(AuditBroken, match="row 10"):
        check_heads(engine, head_file, identity.identity_public_key)


def test_swapped_rows_are_found(engine: Engine, identity: ServerCore, head_file: HeadFile) -> None:
    with engine.begin() as connection:
        for old, new in ((4, 99), (5, 4), (99, 5)):
            connection.execute(update(audit_row).where(audit_row.c.seq == old).values(seq=new))
    (finding,) = report_of(engine, identity, head_file).findings
    assert finding.seq == 4


def test_a_chain_that_was_recomputed_does_not_fit_the_heads(
    engine: Engine, identity: ServerCore, head_file: HeadFile
) -> None:
    """Who can write to the database can compute hashes, but not sign heads."""
    with engine.begin() as connection:
        previous = connection.execute(select(audit_row.c.row_hash).where(audit_row.c.seq == 3)).scalar_one()
        for seq in range(4, 11):
            forged = entry(100 + seq)
            previous = row_hash(previous, "node-1", seq, forged)
            connection.execute(
                update(audit_row)
                .where(audit_row.c.seq == seq)
                .values(
                    time_ms=forged.time_ms,
                    device_id=forged.device_id,
                    key_id=forged.key_id,
                    share_id=forged.share_id,
                    digests=forged.digests,
                    policy=forged.policy,
                    audit_hash=forged.audit_hash,
                    header=forged.header,
                    ctx=forged.ctx,
                    body_hash=forged.body_hash,
                    enc_hash=forged.enc_hash,
                    sig_dev=forged.sig_dev,
                    row_hash=previous,
                )
            )
    (finding,) = report_of(engine, identity, head_file).findings
    assert finding.seq == 6
    with pytest.raises(AuditBroken, match="row 10"):
        check_heads(engine, head_file, identity.identity_public_key)


@pytest.mark.parametrize("column", ["signature", "row_hash", "time_ms", "server_id"])
def test_a_changed_head_is_found(engine: Engine, identity: ServerCore, head_file: HeadFile, column: str) -> None:
    change = {"signature": b"x" * 64, "row_hash": b"x" * 32, "time_ms": 1, "server_id": "other"}[column]
    with engine.begin() as connection:
        connection.execute(update(audit_checkpoint).where(audit_checkpoint.c.seq == 6).values({column: change}))
    (finding,) = report_of(engine, identity, head_file).findings
    assert finding.seq == 6


def test_another_identity_key_is_refused(engine: Engine, head_file: HeadFile) -> None:
    stranger = ServerCore.generate("test")
    assert report_of(engine, stranger, head_file).findings
    with pytest.raises(AuditBroken, match="signature"):
        check_heads(engine, head_file, stranger.identity_public_key)


def test_a_damaged_head_file_is_refused(engine: Engine, identity: ServerCore, head_file: HeadFile) -> None:
    head_file.path.write_text(head_file.path.read_text()[:-20])
    with pytest.raises(AuditBroken, match="damaged"):
        check_heads(engine, head_file, identity.identity_public_key)


def test_a_missing_head_file_is_refused_until_it_is_started_anew(
    engine: Engine, identity: ServerCore, head_file: HeadFile, checkpoints: Checkpoints
) -> None:
    head_file.path.unlink()
    with pytest.raises(AuditBroken, match=r"missing.*--accept-missing-heads"):
        check_heads(engine, head_file, identity.identity_public_key)
    with pytest.raises(AuditBroken, match="missing"):
        report_of(engine, identity, head_file)
    assert checkpoints.renew_file() == []
    assert [(head.segment, head.seq) for head in head_file.read()] == [("node-1", 10)]
    check_heads(engine, head_file, identity.identity_public_key)


def test_heads_are_made_once_per_growth(
    engine: Engine, checkpoints: Checkpoints, write_rows: Callable[..., None]
) -> None:
    assert checkpoints.make() == []
    write_rows(1)
    write_rows(1, "operator")
    assert [(head.segment, head.seq) for head in checkpoints.make()] == [("node-1", 11), ("operator", 1)]
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(audit_checkpoint)).scalar_one() == 4
