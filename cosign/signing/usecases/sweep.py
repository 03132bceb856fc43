"""Removes what has run out of time. Safe to run on every node and at any moment."""

from typing import Final, Protocol

from cosign.audit.model import AuditEvent
from cosign.signing.model import SweepReport
from cosign.signing.ports import KeyUnit
from cosign.signing.usecases.change_key_state import revoke_key
from keyshare.ports import Durability
from keyshare.records import INACTIVE_KEY_MS

RETIRED_KEEP_MS: Final = 7 * 24 * 3_600_000
"""How long a RETIRED share is kept after its successor was promoted (R-CRY-11)."""
BATCH: Final = 200


class SweepUnit(KeyUnit, Protocol):
    """A `KeyUnit` that can also delete by time."""

    def delete_pending_keygens(self, now_ms: int) -> int: ...
    def expire_pending_shares(self, now_ms: int) -> int:
        """PENDING shares past their time become EXPIRED, their records are shredded."""
        ...

    def retired_before(self, changed_before_ms: int, limit: int) -> list[tuple[bytes, int]]:
        """(share_id, changed_ms) of RETIRED shares."""
        ...

    def destroy_retired(self, share_ids: list[bytes], now_ms: int) -> int: ...
    def delete_idempotent(self, now_ms: int) -> int: ...


def sweep(unit: SweepUnit, *, durability: Durability, now_ms: int) -> SweepReport:
    """One round; at most 200 keys and shares of a kind, the rest waits for the next one.

    INACTIVE keys end after 24 hours (KG-7), PENDING shares after 24 hours, pending key generations after 5 minutes.
    RETIRED shares are destroyed after seven days and once their promotion is covered by a backup (section 4.1).
    """
    inactive = unit.inactive_before(now_ms - INACTIVE_KEY_MS, BATCH)
    for key in inactive:
        revoke_key(unit, key_id=key.key_id, user_id=None, now_ms=now_ms, event=AuditEvent.KEY_SWEPT, actor="sweeper")
    retired = [
        share_id
        for share_id, changed_ms in unit.retired_before(now_ms - RETIRED_KEEP_MS, BATCH)
        if durability.covers(changed_ms)
    ]
    return SweepReport(
        pending_keygens=unit.delete_pending_keygens(now_ms),
        pending_shares=unit.expire_pending_shares(now_ms),
        retired_shares=unit.destroy_retired(retired, now_ms) if retired else 0,
        inactive_keys=len(inactive),
        idempotent_answers=unit.delete_idempotent(now_ms),
    )
