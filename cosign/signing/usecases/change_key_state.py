"""Freeze, unfreeze and revoke a key (R-CRY-11, R-CRY-28). The state is enforced at the share, under its lock.

Any device of the user may freeze: that only takes away. To unfreeze or revoke, the calling device must be ACTIVE, so
that a stolen one that was locked or frozen can neither undo its user's precaution nor end a key.
"""

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.errors import KeyStateRefused, NotAuthorised
from cosign.signing.model import FrozenBy, Key
from cosign.signing.ports import KeyUnit
from cosign.signing.usecases.find_key import get_key
from keyshare.device_row import DeviceState
from keyshare.errors import TransitionRefused
from keyshare.records import KeyState, check_key_transition


def freeze_key(unit: KeyUnit, *, key_id: str, user_id: str | None, by: FrozenBy, now_ms: int) -> Key:
    """Stops every use of an ACTIVE key from the next transaction on.

    Raises:
        ResourceNotFound: No such key of this user.
        KeyStateRefused: The key is not ACTIVE.
        ConcurrentOperation: It changed meanwhile.
    """
    key = get_key(unit, key_id=key_id, user_id=user_id)
    _check(key, KeyState.FROZEN)
    changed = unit.change_state(key, KeyState.FROZEN, frozen_by=by, now_ms=now_ms)
    _record(unit, key, AuditEvent.KEY_FROZEN, actor=by.value, now_ms=now_ms)
    return changed


def unfreeze_key(
    unit: KeyUnit,
    *,
    key_id: str,
    user_id: str | None,
    by: FrozenBy,
    now_ms: int,
    calling_device: str | None = None,
) -> Key:
    """Allows use of a FROZEN key again.

    Args:
        unit: The transaction.
        key_id: The key.
        user_id: Whose key it must be; None when the operator acts.
        by: Who asks.
        now_ms: Present time.
        calling_device: The device whose session asks; None when the operator acts.

    Raises:
        ResourceNotFound: No such key of this user.
        KeyStateRefused: The key is not FROZEN.
        NotAuthorised: A user asks, and it was not a user who froze it, or the calling device is not ACTIVE.
        ConcurrentOperation: It changed meanwhile.
    """
    _check_active(unit, calling_device)
    key = get_key(unit, key_id=key_id, user_id=user_id)
    if key.state is not KeyState.FROZEN:
        raise KeyStateRefused(f"the key is {key.state}, not frozen")
    if by is FrozenBy.USER and key.frozen_by is not FrozenBy.USER:
        raise NotAuthorised("the key was frozen by the operator")
    changed = unit.change_state(key, KeyState.ACTIVE, frozen_by=FrozenBy.NOBODY, now_ms=now_ms)
    _record(unit, key, AuditEvent.KEY_UNFROZEN, actor=by.value, now_ms=now_ms)
    return changed


def revoke_key(
    unit: KeyUnit,
    *,
    key_id: str,
    user_id: str | None,
    now_ms: int,
    event: AuditEvent = AuditEvent.KEY_REVOKED,
    actor: str = "user",
    calling_device: str | None = None,
) -> Key:
    """Ends a key for good: its server shares are destroyed in the same commit.

    Raises:
        ResourceNotFound: No such key of this user.
        KeyStateRefused: The key is revoked already.
        NotAuthorised: `calling_device` is given and not ACTIVE.
        ConcurrentOperation: It changed meanwhile.
    """
    _check_active(unit, calling_device)
    key = get_key(unit, key_id=key_id, user_id=user_id)
    _check(key, KeyState.REVOKED)
    unit.head_ended(key)
    changed = unit.change_state(key, KeyState.REVOKED, frozen_by=FrozenBy.NOBODY, now_ms=now_ms)
    unit.destroy_shares(key_id, now_ms)
    _record(unit, key, event, actor=actor, now_ms=now_ms)
    return changed


def _check_active(unit: KeyUnit, calling_device: str | None) -> None:
    if calling_device is None:
        return
    rows = unit.device_rows([calling_device])
    if not rows or rows[0].state is not DeviceState.ACTIVE:
        raise NotAuthorised("only an active device may do this")


def _check(key: Key, after: KeyState) -> None:
    try:
        check_key_transition(key.state, after)
    except TransitionRefused as fault:
        raise KeyStateRefused(f"the key is {key.state}") from fault


def _record(unit: KeyUnit, key: Key, event: AuditEvent, *, actor: str, now_ms: int) -> None:
    unit.record(
        AuditEntry(time_ms=now_ms, event=event, outcome="done", device_id=key.device_id, key_id=key.key_id, actor=actor)
    )
