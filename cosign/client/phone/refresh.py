"""Refresh and PIN change: REFRESH, a second blob on disk, CONFIRM, all in one user action (section 4.2).

    answer of REFRESH lost        old blob works, the pending share expires
    killed after the new blob     the next use repeats CONFIRM with the new PIN
    CONFIRM or its answer lost    the next use settles which blob the server holds

A PIN change covers one or more keys. `PhoneState.changing` remembers which PIN number each of them is to end with,
so that a repeat after an interruption asks no key for a PIN it no longer has.
"""

from collections.abc import Callable, Sequence

from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import ChangeDone, ChangeUndone, ServerNotTrusted
from cosign.client.phone.keygen import check_new_pin
from cosign.client.phone.shares import Opened, find_key, with_share
from cosign.client.phone.state import BlobSlot, PhoneKey
from protocol.codes import Op
from protocol.phone import Blob, KdfParams, PhoneRefresh

Advance = Callable[[int, int], None]
"""Told how many of how many keys are done."""


def refresh(engine: Engine, key_id: str, pin: str, kdf: KdfParams) -> None:
    """RF-1 to RF-8 with the same PIN.

    Raises:
        KeyUnknown, KeyUnfinished, ChangeUndone, ChangeDone, Refused, Rejected, Unreachable.
    """
    key = find_key(engine, key_id)
    with engine.queue:
        _renew(engine, key, pin, pin, key.active.pin_number, kdf)


def change_pin(
    engine: Engine, key_ids: Sequence[str], old_pin: str, new_pin: str, kdf: KdfParams, advance: Advance
) -> None:
    """RF-1 to RF-8 for each key with a new PIN. The PIN is changed when this returns.

    After a fault or a crash the same call with the same PINs finishes the rest.

    Raises:
        PinUnsuitable: The new PIN breaks PIN-7.
        KeyUnknown, KeyUnfinished, Refused, Rejected, Unreachable.
    """
    check_new_pin(new_pin)
    keys = [find_key(engine, key_id) for key_id in key_ids]
    with engine.queue:
        targets = _targets(engine, keys)
        for done, key in enumerate(keys):
            advance(done, len(keys))
            _bring_to(engine, key, targets[key.key_id], old_pin, new_pin, kdf)
        advance(len(keys), len(keys))
        _forget_if_done(engine)


def is_unfinished(engine: Engine, key: PhoneKey) -> bool:
    """Whether a PIN change of this key was begun and has not ended (RF-8: the user is told)."""
    target = engine.home.state.changing.get(key.key_id)
    return not key.active.confirmed or (target is not None and key.active.pin_number < target)


def _targets(engine: Engine, keys: Sequence[PhoneKey]) -> dict[str, int]:
    """PIN number each key is to end with: that of the change under way, else the next one. Durable."""
    state = engine.home.state
    _forget_if_done(engine)
    for key in keys:
        state.changing.setdefault(key.key_id, key.active.pin_number + 1)
    engine.home.commit()
    return dict(state.changing)


def _forget_if_done(engine: Engine) -> None:
    """Ends the change under way once every key of it has its new PIN."""
    state = engine.home.state
    keys = [state.keys[key_id] for key_id in state.changing if key_id in state.keys]
    if state.changing and not any(is_unfinished(engine, key) for key in keys):
        state.changing.clear()
        engine.home.commit()


def _bring_to(engine: Engine, key: PhoneKey, target: int, old_pin: str, new_pin: str, kdf: KdfParams) -> None:
    """Confirms the new blob if there is one, else makes one; the server decides which blob is alive."""
    for _ in range(2):
        try:
            if key.active.pin_number < target:
                _renew(engine, key, old_pin, new_pin, target, kdf)
            elif not key.active.confirmed:
                _confirm(engine, key, new_pin)
            return
        except ChangeUndone:
            continue
        except ChangeDone:
            return
    raise ChangeUndone


def _renew(engine: Engine, key: PhoneKey, pin: str, new_pin: str, pin_number: int, kdf: KdfParams) -> None:
    """RF-1 to RF-8 of one key."""

    def exchange(opened: Opened) -> tuple[None, None]:
        engine.perform(
            opened.operation(Op.REFRESH, "Refresh"),
            lambda t, device: PhoneRefresh.begin(t.target, device, t.header, opened.share, t.local_seq),
            lambda machine, raw: machine.finish(raw, new_pin, kdf)[:2],
            before_commit=lambda _ticket, blob: _keep(engine, opened, blob, pin_number),
        )
        return None, None

    leftover = key.other
    with_share(engine, key, pin, exchange)
    if leftover is not None and leftover not in key.slots():
        engine.home.drop_blob(leftover.share_id)
    renewed = key.active
    _confirm(engine, key, new_pin)
    if key.active is not renewed:
        raise ChangeUndone


def _keep(engine: Engine, opened: Opened, blob: Blob | None, pin_number: int) -> None:
    """RF-5: the new blob goes next to the one that served."""
    if blob is None:
        raise ServerNotTrusted("a refresh was answered OK without a share")
    engine.home.put_blob(blob)
    opened.key.other = opened.slot
    opened.key.active = BlobSlot(share_id=blob.share_id, pin_number=pin_number, confirmed=False)


def _confirm(engine: Engine, key: PhoneKey, pin: str) -> None:
    """RF-5, RF-6: opens the new blob from storage with the PIN just entered and confirms it."""
    with_share(engine, key, pin, lambda _opened: (None, None))
