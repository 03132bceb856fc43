"""RS-2, RS-3: after a restore of the database, or a fail-over that lost commits."""

from collections.abc import Mapping

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.signing.model import FrozenBy, Key, RestoreReport
from cosign.signing.ports import KeyUnit
from cosign.signing.usecases.change_key_state import revoke_key
from keyshare.heads import Head, Verdict, compare
from keyshare.records import KeyState


def after_restore(
    unit: KeyUnit, *, restore_epoch: int, heads: Mapping[tuple[str, str], Head], now_ms: int
) -> RestoreReport:
    """Freezes every key whose share is not the head of the log and ends again what was ended.

    Args:
        unit: The transaction on the restored database.
        restore_epoch: The epoch that was just raised; every device must ADOPT before it is used (RS-4).
        heads: The head log.
        now_ms: Present time.
    """
    current = {(key_id, device_id): share_id for key_id, device_id, share_id in unit.current_shares()}
    frozen, revoked = [], []
    for (key_id, _), verdict in sorted(compare(current, heads).items()):
        key = unit.key(key_id)
        if key is None:
            continue
        if verdict is Verdict.REVOKED:
            revoke_key(unit, key_id=key_id, user_id=None, now_ms=now_ms, actor="restore")
            revoked.append(key_id)
        elif _freeze(unit, key, now_ms):
            frozen.append(key_id)
    unit.record(AuditEntry(time_ms=now_ms, event=AuditEvent.RESTORED, outcome="done", actor="operator"))
    return RestoreReport(restore_epoch, tuple(frozen), tuple(revoked))


def _freeze(unit: KeyUnit, key: Key, now_ms: int) -> bool:
    if key.state is KeyState.INACTIVE:
        revoke_key(unit, key_id=key.key_id, user_id=None, now_ms=now_ms, actor="restore")
        return True
    if key.state is not KeyState.ACTIVE:
        return False
    unit.change_state(key, KeyState.FROZEN, frozen_by=FrozenBy.RESTORE, now_ms=now_ms)
    unit.record(
        AuditEntry(
            time_ms=now_ms,
            event=AuditEvent.KEY_FROZEN,
            outcome="done",
            device_id=key.device_id,
            key_id=key.key_id,
            actor="restore",
        )
    )
    return True
