"""Which blob serves a PIN: unfinished refreshes, the second blob, adoption after a restore (sections 4.1, 4.2, 4.4).

While a refresh is unfinished a key has two blobs. The active one is tried first:

    not confirmed      CONFIRM goes before every other use (RF-6)
    no OT reply        an ECDSA share whose part 2 was lost with the process cannot be confirmed: the other blob is used
    UNKNOWN_SHARE      the other blob becomes the active one; with the same PIN it is tried at once, with another
                       PIN the user is told which PIN is valid. Nothing was charged.
    OK and durable     the other blob is removed (RF-8)
    PIN_WRONG          blobs are never switched by themselves

So a right PIN is never charged, and no blob the server might still use is thrown away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

from cosign.client.phone.engine import Engine, Operation
from cosign.client.phone.errors import ChangeDone, ChangeUndone, KeyPurposeWrong, KeyUnfinished, KeyUnknown
from cosign.client.phone.refusals import OtDestroyed, ResyncNeeded, ShareUnknown
from cosign.client.phone.state import BlobSlot, PhoneKey, PhoneKeyState
from protocol.codes import Op, Purpose
from protocol.phone import Answer, PhoneAdopt, PhoneConfirm, Unlocked

T = TypeVar("T")


class _SetupLost(Exception):
    """The pending share of an ECDSA key cannot be confirmed: its OT set-up was not finished (RF-10)."""


@dataclass(slots=True)
class UnlockedKey:
    """A key whose share is open: several operations without asking for the PIN again. Close it soon.

    Use as a context manager. The share is wiped by `close`, at the latest when the object is dropped.
    """

    key_id: str
    shares: dict[bytes, Unlocked]
    """By share_id: the active blob, and the other one if it has the same PIN."""

    def close(self) -> None:
        """Wipes the share."""
        for share in self.shares.values():
            share.wipe()

    def __enter__(self) -> "UnlockedKey":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Secret = str | UnlockedKey
"""What opens a key: its PIN, or a share that is open already."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A usable share with the key it belongs to."""

    key: PhoneKey
    slot: BlobSlot
    share: Unlocked

    def operation(self, op: Op, method: str) -> Operation:
        """The header fields of an operation with this share."""
        key = self.key
        return Operation(op, method, key.key_id, key.purpose, self.slot.share_id, key.public_key, key.suite)


def find_key(engine: Engine, key_id: str, *purposes: Purpose, active: bool = True) -> PhoneKey:
    """The key, if this phone holds it, it has one of the purposes (if any) and, where asked for, is active.

    Raises:
        KeyUnknown, KeyPurposeWrong, KeyUnfinished.
    """
    key = engine.home.state.keys.get(key_id)
    if key is None:
        raise KeyUnknown(key_id)
    if purposes and key.purpose not in purposes:
        raise KeyPurposeWrong(f"{key_id} is for {key.purpose.name.lower()}")
    if active and key.state is not PhoneKeyState.ACTIVE:
        raise KeyUnfinished(key_id)
    return key


def unlock(engine: Engine, key: PhoneKey, pin: str) -> UnlockedKey:
    """Opens the blobs of the PIN in use (PIN-5). Every PIN opens them; only the server knows the right one."""
    slots = [slot for slot in key.slots() if slot.pin_number == key.active.pin_number]
    return UnlockedKey(key.key_id, {slot.share_id: engine.home.get_blob(slot.share_id).unlock(pin) for slot in slots})


def with_share(
    engine: Engine,
    key: PhoneKey,
    secret: Secret,
    action: Callable[[Opened], tuple[Answer | None, T]],
    *,
    confirm: bool = True,
) -> T:
    """Runs one operation with the blob that the server uses.

    Args:
        action: Runs the exchange and returns its OK frame with the result; refusals are raised. No frame means
            that the blob in use was replaced.
        confirm: Finish a refresh before the action; a frozen device has to be adopted before anything else.

    Raises:
        ChangeUndone, ChangeDone: The other blob is the usable one and has another PIN.
        Refused: Any other status.
    """
    handle = secret if isinstance(secret, UnlockedKey) else unlock(engine, key, secret)
    try:
        with engine.queue:
            return _use(engine, key, handle, action, confirm=confirm)
    finally:
        if handle is not secret:
            handle.close()


def _use(
    engine: Engine,
    key: PhoneKey,
    handle: UnlockedKey,
    action: Callable[[Opened], tuple[Answer | None, T]],
    *,
    confirm: bool,
) -> T:
    switched = adopted = False
    while True:
        share = handle.shares.get(key.active.share_id)
        if handle.key_id != key.key_id or share is None:
            raise KeyUnknown("the share was opened for another key, or before a refresh")
        opened = Opened(key, key.active, share)
        try:
            if confirm:
                _confirm(engine, opened)
            frame, result = action(opened)
        except _SetupLost:
            if key.other is None:
                raise KeyUnfinished(key.key_id) from None
            _switch(engine, key)
        except ShareUnknown:
            if key.other is None or switched:
                raise
            switched = True
            _switch(engine, key)
        except ResyncNeeded:
            if adopted:
                raise
            adopted = True
            adopt(engine, opened)
        else:
            _tidy(engine, opened, frame)
            return result


def forget_ended_change(engine: Engine) -> None:
    """For when the user knows the new PIN is in use: an ended PIN change need not be reported any more."""
    if engine.home.state.change_is_done():
        engine.home.state.changing.clear()
        engine.home.commit()


def _confirm(engine: Engine, opened: Opened) -> None:
    """RF-6: finishes a refresh whose share is still pending; from the OK answer on the new blob counts."""
    if opened.slot.confirmed:
        return
    ot = engine.ot_replies.get(opened.slot.share_id)
    if opened.key.has_ot and ot is None:
        raise _SetupLost
    operation = opened.operation(Op.CONFIRM, "Confirm")
    try:
        frame, _ = engine.perform(
            operation,
            lambda t, device: PhoneConfirm.begin(t.target, device, t.header, opened.share, t.local_seq, ot=ot),
            lambda exchange, raw: (exchange.finish(raw), None),
            before_commit=lambda _ticket, _none: _mark_confirmed(opened),
        )
    except OtDestroyed:  # OTS-7: the pending share never gets a set-up
        del engine.ot_replies[opened.slot.share_id]
        raise _SetupLost from None
    engine.ot_replies.pop(opened.slot.share_id, None)
    _tidy(engine, opened, frame)


def _mark_confirmed(opened: Opened) -> None:
    opened.slot.confirmed = True
    opened.key.faults_ms.clear()


def _switch(engine: Engine, key: PhoneKey) -> None:
    """Makes the other blob the active one; it is tried at once only when it has the same PIN."""
    refused = key.active
    key.switch()
    if refused.confirmed:
        # The server has retired the old share, so it must have promoted the new one.
        key.active.confirmed = True
    engine.home.commit()
    if key.active.pin_number > refused.pin_number:
        raise ChangeDone
    if key.active.pin_number < refused.pin_number:
        raise ChangeUndone


def _tidy(engine: Engine, opened: Opened, frame: Answer | None) -> None:
    """RF-8: once an answer is durable, the blob that did not serve it is removed."""
    key = opened.key
    durable = frame is not None and frame.durable
    if durable and key.other is not None and key.active is opened.slot and opened.slot.confirmed:
        gone, key.other = key.other, None
        engine.home.commit()
        engine.home.drop_blob(gone.share_id)


def adopt(engine: Engine, opened: Opened) -> tuple[Answer, None]:
    """RS-4, CLONE-8: proves the PIN once so that the server takes over this phone's token."""
    return engine.perform(
        opened.operation(Op.ADOPT, "Adopt"),
        lambda ticket, device: PhoneAdopt.begin(ticket.target, device, ticket.header, opened.share, ticket.local_seq),
        lambda exchange, raw: (exchange.finish(raw), None),
    )
