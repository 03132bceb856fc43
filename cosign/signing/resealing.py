"""SEAL-4 to SEAL-6: a new KEK version, every record under it, the old versions destroyed.

Records are re-sealed in small transactions beside the running service; each change is guarded by row_ver. A version
is destroyed only when no record is left under it, so that an interrupted rotation is simply run again.
"""

from typing import Final

from sqlalchemy import Connection, Engine, func, select, update

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.errors import SelfTestFailed, TokenUnavailable
from cosign.signing.rows import to_share
from cosign.signing.statements import SHARES_UNDER_OLD_KEK
from cosign.signing.tables import core_key, keygen_pending, share
from cosign.store.unit_of_work import reading, writing
from hsm import ports as hsm
from keyshare.errors import RecordDamaged
from keyshare.sealing import CoreKeyContext, ShareContext, read_frame, reseal
from protocol.seal import SecretRecord

BATCH: Final = 200


def rotate_kek(
    engine: Engine, token: hsm.Token[SecretRecord], *, server_id: str, audit: AuditTrail, clock: Clock
) -> int:
    """Makes a KEK version, re-seals everything and destroys the versions before. Returns how many records moved.

    To be run every 90 days (SEAL-6). Unfinished key generations end within five minutes by themselves; as long as
    one is left under an old version, that version stays readable and the next run destroys it. The first
    transaction writes the audit row, so that an interrupted rotation is in the trail too.

    Raises:
        TokenUnavailable: The token cannot be used; run it again.
        SelfTestFailed: A record does not open; nothing under its version is destroyed.
        DatabaseUnavailable, ConcurrentOperation: See `writing`.
    """
    try:
        current = token.new_version()
        with writing(engine) as connection:
            audit.append(connection, [_begun(clock.now_ms())])
            moved = _reseal_core_keys(connection, token, server_id)
        while count := _reseal_shares(engine, token, server_id, current):
            moved += count
        for version in sorted(token.info().check_values):
            if version != current and not _records_under(engine, version):
                token.destroy_version(version)
    except hsm.TokenUnavailable as fault:
        raise TokenUnavailable(str(fault)) from fault
    except (hsm.TokenFault, RecordDamaged) as fault:
        raise SelfTestFailed(f"a record cannot be re-sealed: {fault}") from fault
    return moved


def _reseal_shares(engine: Engine, token: hsm.Token[SecretRecord], server_id: str, current: int) -> int:
    with writing(engine) as connection:
        found = SHARES_UNDER_OLD_KEK.rows(connection, {"current": current, "batch": BATCH})
        for raw in found:
            row = to_share(raw)
            if row is None:
                raise RecordDamaged("a share row is damaged")
            sealed, version = reseal(token, row.sealed, ShareContext.of(server_id, row))
            connection.execute(
                update(share)
                .where(share.c.share_id == row.share_id, share.c.row_ver == row.row_ver)
                .values(sealed=sealed, kek_version=version, row_ver=row.row_ver + 1)
            )
        return len(found)


def _begun(now_ms: int) -> AuditEntry:
    return AuditEntry(time_ms=now_ms, event=AuditEvent.KEK_ROTATED, outcome="done", actor="operator")


def _reseal_core_keys(connection: Connection, token: hsm.Token[SecretRecord], server_id: str) -> int:
    rows = connection.execute(select(core_key)).mappings().all()
    for row in rows:
        context = CoreKeyContext(server_id, row["name"], row["public_key"])
        sealed, _ = reseal(token, row["sealed"], context)
        connection.execute(update(core_key).where(core_key.c.name == row["name"]).values(sealed=sealed))
    return len(rows)


def _records_under(engine: Engine, version: int) -> bool:
    with reading(engine) as connection:
        return _shares_under(connection, version) or _pending_under(connection, version)


def _shares_under(connection: Connection, version: int) -> bool:
    query = select(share.c.share_id).where(share.c.kek_version == version, func.length(share.c.sealed) > 0)
    return connection.execute(query.limit(1)).first() is not None


def _pending_under(connection: Connection, version: int) -> bool:
    return any(
        read_frame(sealed)[1] == version for sealed in connection.execute(select(keygen_pending.c.sealed)).scalars()
    )
