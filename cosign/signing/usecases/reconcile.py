"""Compares keys and shares of the database with the head log, and repairs what can only become safer (RS-3)."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cosign.signing.ports import HeadRecord, KeyUnit
from cosign.signing.usecases.change_key_state import revoke_key
from keyshare.heads import Head
from keyshare.records import KeyState

Place = tuple[str, str]


class Disagreement(enum.StrEnum):
    """What is wrong with one (key, device)."""

    UNSETTLED = "unsettled"
    """A crash left an announcement open. Repair: settled by the database."""
    NOT_REVOKED = "not_revoked"
    """The log says the key ended, the database that it lives. Repair: revoked."""
    OTHER_SHARE = "other_share"
    """The database names another share than the log: it is older, or the log is. Repair: `db restored`."""
    LOST = "lost"
    """The log knows a share, the database has none and no revoked key. Repair: `db restored`; reissue the key."""
    UNKNOWN = "unknown"
    """The log has never heard of the key. Repair: only when told that the log was begun after the key."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement."""

    key_id: str
    device_id: str
    what: Disagreement
    repaired: bool


def disagreements(
    current: Mapping[Place, bytes], heads: Mapping[Place, Head], is_revoked: Callable[[str], bool]
) -> dict[Place, Disagreement]:
    """Judges every place that the database or the log knows.

    Args:
        current: CURRENT share of the database by (key, device).
        heads: The log.
        is_revoked: Whether the database has the key as REVOKED.
    """
    found: dict[Place, Disagreement] = {}
    for place in sorted({*current, *heads}):
        share_id, head = current.get(place, b""), heads.get(place)
        if head is None:
            found[place] = Disagreement.UNKNOWN
        elif not share_id:
            if not is_revoked(place[0]) and not head.ended and head.share_id:
                found[place] = Disagreement.LOST
        elif head.ended:
            found[place] = Disagreement.NOT_REVOKED
        elif head.announced and share_id in (head.announced, head.share_id):
            found[place] = Disagreement.UNSETTLED
        elif share_id != head.share_id:
            found[place] = Disagreement.OTHER_SHARE
    return found


def repair(
    unit: KeyUnit, heads: HeadRecord, place: Place, what: Disagreement, *, accept_unknown: bool, now_ms: int
) -> bool:
    """Repairs one disagreement under the lock of its device, if it is of a kind that is safe to repair.

    Returns:
        Whether it was repaired; False also when it has gone by itself meanwhile.
    """
    key_id, device_id = place
    unit.lock_device(device_id)
    key, share_id = unit.key(key_id), unit.current_share(key_id, device_id)
    if what is Disagreement.NOT_REVOKED and key is not None and key.state is not KeyState.REVOKED:
        revoke_key(unit, key_id=key_id, user_id=None, now_ms=now_ms, actor="operator")
        return True
    if what is Disagreement.UNSETTLED:
        head = heads.unsettled().get(place)
        may_settle = head is not None and share_id in (head.announced, head.share_id)
    else:
        may_settle = what is Disagreement.UNKNOWN and accept_unknown
    if may_settle and share_id:
        heads.settle(key_id, device_id, share_id)
        return True
    return False
