"""Refresh and PIN change: REFRESH, a second blob on disk, CONFIRM, all in one user action (section 4.2).

    answer of REFRESH lost        old blob works, the pending share expires
    killed after the new blob     the next use repeats CONFIRM with the new PIN; an ECDSA key goes on with the old blob
    CONFIRM or its answer lost    the next use settles which blob the server holds

A PIN change covers one or more keys. `PhoneState.changing` remembers which PIN number each of them is to end with,
so that a repeat after an interruption asks no key for a PIN it no longer has.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import ChangeDone, ChangeUndone, ServerNotTrusted
from cosign.client.phone.keygen import check_new_pin
from cosign.client.phone.shares import Opened, find_key, forget_ended_change, with_share
from cosign.client.phone.state import BlobSlot, PhoneKey
from protocol.codes import Op
from protocol.phone import Answer, Blob, KdfParams, PhoneRefresh


class UnfinishedChange(StrEnum):
    """What is left of an interrupted refresh or PIN change. Until it is finished the user is told (RF-8)."""

    NONE = "none"
    SAME_PIN = "same_pin"
    """A refresh; the next use finishes it."""
    NEW_PIN = "new_pin"
    """The new blob is there: the key now opens with the new PIN, and the next use finishes the change."""
    OLD_PIN = "old_pin"
    """There is no new blob: the key opens with the old PIN; the change has to be repeated."""


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
        ChangeDone: An earlier change had ended unnoticed; its new PIN is the one in use. Nothing was asked.
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
        forget_ended_change(engine)


def unfinished_change(engine: Engine, key: PhoneKey) -> UnfinishedChange:
    """What an interrupted refresh or PIN change has left, and so which PIN to ask for."""
    if not key.active.confirmed:
        same = key.other is not None and key.other.pin_number == key.active.pin_number
        return UnfinishedChange.SAME_PIN if same else UnfinishedChange.NEW_PIN
    target = engine.home.state.changing.get(key.key_id, 0)
    return UnfinishedChange.OLD_PIN if key.active.pin_number < target else UnfinishedChange.NONE


def _targets(engine: Engine, keys: Sequence[PhoneKey]) -> dict[str, int]:
    """PIN number each key is to end with: that of the change under way, else the next one. Durable."""
    state = engine.home.state
    if keys and all(state.has_new_pin(key) for key in keys):
        # It ended, but the user was never told: to ask for the old PIN now would charge an attempt.
        for key in keys:
            del state.changing[key.key_id]
        engine.home.commit()
        raise ChangeDone
    for key in keys:
        state.changing.setdefault(key.key_id, key.active.pin_number + 1)
    engine.home.commit()
    return dict(state.changing)


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

    def finish(machine: PhoneRefresh, raw: bytes) -> tuple[Answer, Blob | None]:
        frame, blob, _, ot = machine.finish(raw, new_pin, kdf)
        if blob is not None and ot is not None:
            engine.ot_replies[blob.share_id] = ot
        return frame, blob

    def exchange(opened: Opened) -> tuple[None, None]:
        engine.perform(
            opened.operation(Op.REFRESH, "Refresh"),
            lambda t, device: PhoneRefresh.begin(t.target, device, t.header, opened.share, t.local_seq),
            finish,
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
