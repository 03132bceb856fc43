"""One transaction of a micro-batch: lock and admit, evaluate, write. Used by `keyshare.transaction` only.

A step is used once. `lock_and_admit`, `evaluate` and `write` run inside the transaction, in this order; answers are
made by `keyshare.batch_answers` after the commit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic

from hsm.ports import TokenFault
from keyshare.admission import UNCOUNTED, Admission, admit, token_fields
from keyshare.batch_items import Collaborators, EventKind, KeyshareEvent, Prepared
from keyshare.batch_locks import BatchLocks, LockedBatch
from keyshare.batch_write import promotes, write_item_rows
from keyshare.clone import CloneCase
from keyshare.device_row import DeviceRow, DeviceState, corrupted, encode_row
from keyshare.outcomes import Charge, after_evaluation, charged, frozen
from keyshare.ports import DeviceChange, Evaluated, RecordT, ShareTransaction
from keyshare.records import (
    ACTIVATION_DECRYPTIONS,
    DECRYPTION_QUOTA,
    MAX_OT_SETUPS,
    OT_SETUPS_MS,
    PENDING_SHARE_MS,
    KeyState,
    LockedShare,
    NewPendingShare,
    OtState,
    ReplacedRecord,
    has_ot,
    next_ot_state,
    share_usable,
)
from keyshare.sealing import ShareContext, read_frame, seal
from protocol.codes import Op, OtChange, Outcome, Status

_NO_ADMISSION = Admission(Status.UNAVAILABLE)
_OUTCOMES = {int(outcome): outcome for outcome in Outcome}
_OT_CHANGES = {int(change): change for change in OtChange}
QUOTA_OPS = (Op.DECRYPT, Op.ECDH)
"""DEC-3, ECDH-4: operations that answer a static Diffie-Hellman question."""


@dataclass(slots=True)
class Item(Generic[RecordT]):
    """Working state of one request inside the transaction."""

    prepared: Prepared[RecordT]
    admission: Admission = _NO_ADMISSION
    row: DeviceRow | None = None
    """As locked; None if it is missing or its MAC is wrong."""
    after: DeviceRow | None = None
    """As it is written; None if the row does not change."""
    locked_share: LockedShare | None = None
    charge: Charge | None = None
    """TX-8: paid by this transaction or by the one before."""
    pays: bool = False
    """TX-8: this is the first transaction of the request."""
    evaluation: Evaluated[RecordT] | None = None
    outcome: Outcome | None = None
    reported_ot: OtChange = OtChange.UNCHANGED
    """What the core says of the OT set-up."""
    pending: NewPendingShare | None = None
    replaced: ReplacedRecord | None = None
    """Section 6.2: what a change of the OT set-up makes of the share's record."""
    stale_share: bool = False
    busy: bool = False
    """TX-B2: a row is held by another transaction; the request goes back into the queue, unevaluated."""
    events: list[KeyshareEvent] = field(default_factory=list)

    @property
    def ot(self) -> OtChange:
        """What a right request makes of the OT set-up."""
        return self.reported_ot if self.outcome is Outcome.RIGHT else OtChange.UNCHANGED

    @property
    def has_result(self) -> bool:
        """Whether a right proof is answered OK: an OT check that failed leaves nothing to answer (EC-6, OTS-7)."""
        return self.outcome is Outcome.RIGHT and self.ot not in (OtChange.FAILED, OtChange.DESTROYED)

    @property
    def begins_setup(self) -> bool:
        """Section 6.2: the request begins an OT set-up, of which a key has ten per day."""
        request, share = self.prepared.request, self.prepared.share
        if self.prepared.op is Op.OT_SETUP:
            return request.phase == 1
        return self.prepared.op is Op.REFRESH and share is not None and has_ot(share.suite, share.purpose)

    @property
    def counted(self) -> bool:
        """Whether the operation needs a PIN proof."""
        return self.prepared.op not in UNCOUNTED

    @property
    def spends_attempt(self) -> bool:
        """TX-4: the row must still have an attempt; not for an evaluation that was paid in advance (TX-8)."""
        return self.pays or (self.outcome is not None and self.charge is None)

    def refuse(self, status: Status) -> None:
        """Answers without evaluation; the clone case stays known."""
        self.admission = Admission(status, self.admission.case, self.admission.retry_after_s)

    def note(self, kind: EventKind) -> None:
        """Adds an event, to be reported after the transaction."""
        key_id = self.prepared.share.key_id if self.prepared.share else ""
        self.events.append(KeyshareEvent(kind, self.prepared.device_id, key_id))


class BatchStep(Generic[RecordT]):
    """The items of one transaction, in ascending device id (TX-B2)."""

    def __init__(
        self,
        prepared: Sequence[Prepared[RecordT]],
        charges: Mapping[str, Charge],
        collaborators: Collaborators[RecordT],
    ) -> None:
        self.items = [Item(one, charge=charges.get(one.device_id)) for one in prepared]
        self.now_ms = collaborators.clock.now_ms()
        self.restore_epoch = collaborators.restore_epoch()
        self._with = collaborators
        self._reserved: Counter[bytes] = Counter()
        self._used: Mapping[bytes, int] = {}

    @property
    def evaluated(self) -> list[str]:
        """Devices whose request was handed to the evaluation."""
        return [item.prepared.device_id for item in self.items if item.outcome is not None]

    @property
    def missed(self) -> list[str]:
        """Devices that were evaluated but missed their guard (TX-B4); they count under TX-7."""
        return [
            item.prepared.device_id
            for item in self.items
            if item.outcome is not None and item.admission.status is Status.UNAVAILABLE
        ]

    @property
    def paid(self) -> dict[str, Charge]:
        """Devices that paid in this transaction and are evaluated in the next one (TX-8)."""
        return {i.prepared.device_id: i.charge for i in self.items if i.pays and i.charge is not None}

    # --- TX-B2, TX-2 ---

    def lock_and_admit(self, tx: ShareTransaction) -> None:
        """Locks everything the batch touches and decides which items are evaluated."""
        pks = {i.prepared.share.pk for i in self.items if i.prepared.share and i.prepared.op in QUOTA_OPS}
        locked = tx.lock_batch(
            BatchLocks(
                devices=[item.prepared.device_id for item in self.items],
                shares=[item.prepared.share.share_id for item in self.items if item.prepared.share],
                seen=[(i.prepared.device_id, i.prepared.req_id) for i in self.items if i.charge is None],
                pks=sorted(pks),
                wait=any(item.charge for item in self.items),  # who has paid is not sent away
            )
        )
        broken = corrupted(list(locked.devices.values()), self._with.row_mac)
        self._used = locked.decryptions
        for item in self.items:
            self._admit(item, locked, broken)
        tx.freeze_corrupted(sorted(broken))

    def _admit(self, item: Item[RecordT], locked: LockedBatch, broken: frozenset[str]) -> None:
        prepared, seen, shares = item.prepared, locked.seen, locked.shares
        if prepared.device_id in locked.busy_devices or (
            prepared.share is not None and prepared.share.share_id in locked.busy_shares
        ):
            item.busy = True
            item.refuse(Status.BUSY)
            return
        stored = locked.devices.get(prepared.device_id)
        if stored is None or prepared.device_id in broken:
            item.note(EventKind.ROW_CORRUPTED)
            item.refuse(Status.FROZEN)
            return
        item.row = stored.row
        item.admission = admit(
            stored.row,
            token_fields(prepared.request, prepared.op),
            seen=(prepared.device_id, prepared.req_id) in seen,
            now_ms=self.now_ms,
            restore_epoch=self.restore_epoch,
            paid=item.charge is not None,
        )
        if item.admission.case is CloneCase.B:
            item.note(EventKind.LOST_ANSWER)
        if item.charge is not None:
            item.note(EventKind.CHARGE_FIRST)
        if item.admission.freezes:
            item.note(EventKind.CLONE_DETECTED)
            item.after = frozen(stored.row)
        if item.admission.status is None and stored.row.user_id != prepared.request.user_id:
            item.refuse(Status.POLICY)
        if item.admission.status is None and prepared.refusal is not None:
            item.refuse(prepared.refusal)
        if item.admission.status is None and item.counted:
            self._admit_share(item, stored.row, shares)

    def _admit_share(self, item: Item[RecordT], row: DeviceRow, shares: Mapping[bytes, LockedShare]) -> None:
        """TX-1, TX-2: the share is the one that was unsealed, its key may be used, the quota is not used up."""
        prepared = item.prepared
        if prepared.share is None or prepared.record is None:
            item.refuse(Status.UNKNOWN_SHARE)
            return
        share = shares.get(prepared.share.share_id)
        status = _judge_share(prepared.share.row_ver, share, prepared.op, self.now_ms)
        if status is not None:
            item.stale_share = True
            item.refuse(status)
            return
        item.locked_share = share
        if share is not None and (status := self._judge_setup(item, share)) is not None:
            item.refuse(status)
            return
        if prepared.op in QUOTA_OPS:
            pk, count = prepared.share.pk, prepared.request.count
            total = self._used.get(pk, 0) + self._reserved[pk] + count
            if total > DECRYPTION_QUOTA:
                item.refuse(Status.QUOTA)
                return
            if share is not None and share.key_state is KeyState.INACTIVE and total > ACTIVATION_DECRYPTIONS:
                item.refuse(Status.POLICY)
                return
            self._reserved[pk] += count
        if item.charge is None and (self._with.charge_first or row.charge_first_until_ms > self.now_ms):
            item.pays = True
            item.after = charged(row, prepared.share.key_id)
            item.charge = Charge(item.after.attempts_left)

    def _judge_setup(self, item: Item[RecordT], share: LockedShare) -> Status | None:
        """EC-5: an ECDSA share signs with a finished OT set-up only; a key begins ten set-ups per day."""
        if item.prepared.op is Op.EC_SIGN and share.ot_state is not OtState.READY:
            return Status.OT_DESTROYED
        used = share.ot_setups if self.now_ms - share.ot_since_ms < OT_SETUPS_MS else 0
        return Status.QUOTA if item.begins_setup and used >= MAX_OT_SETUPS else None

    # --- TX-3 ---

    def evaluate(self) -> None:
        """Evaluates everything that was admitted and has not just paid, in one call."""
        chosen = [i for i in self.items if i.admission.status is None and i.counted and not i.pays]
        if not chosen:
            return
        for item in chosen:
            item.outcome = Outcome.FAULT  # until the core says otherwise: an exception must count under TX-7
        work = [(i.prepared.request, i.prepared.record) for i in chosen if i.prepared.record is not None]
        evaluations = self._with.evaluator.evaluate(work)
        fresh = self._with.random(16 * len(chosen))  # one call for all: it is a call to the system
        for place, (item, evaluation) in enumerate(zip(chosen, evaluations, strict=True)):
            item.evaluation = evaluation
            item.outcome = _OUTCOMES[evaluation.outcome]
            item.reported_ot = _OT_CHANGES[evaluation.ot]
            if evaluation.pending is not None or item.prepared.op is Op.REFRESH:
                self._seal_new(item, evaluation)
            self._settle(item, item.outcome, fresh[16 * place : 16 * place + 16])

    def _seal_new(self, item: Item[RecordT], evaluation: Evaluated[RecordT]) -> None:
        """RF-3, SEAL-8: seals the new record, or the dummy of a wrong PIN, so that both take the same time."""
        share, record = item.prepared.share, evaluation.pending
        locked, new_id = item.locked_share, evaluation.new_share_id
        if (
            share is None
            or record is None
            or locked is None
            or (item.prepared.op is Op.REFRESH) != (new_id is not None)
        ):
            item.outcome = Outcome.FAULT
            return
        share_id = share.share_id if new_id is None else new_id
        context = ShareContext(
            server_id=self._with.server_id,
            user_id=share.user_id,
            device_id=share.device_id,
            key_id=share.key_id,
            share_id=share_id,
            suite=share.suite,
            purpose=share.purpose,
            flags=share.flags,
            pk=share.pk,
        )
        try:
            sealed, kek_version = seal(self._with.token, record, context)
        except TokenFault:
            if item.ot is not OtChange.DESTROYED:
                item.outcome = Outcome.FAULT
                return
            # EC-6 does not wait for the token: the state alone ends the use of the set-up inside the old record
            sealed, kek_version = share.sealed, read_frame(share.sealed)[1]
        if new_id is None:
            if item.ot is not OtChange.UNCHANGED:
                item.replaced = ReplacedRecord(
                    share_id=share_id,
                    key_id=share.key_id,
                    row_ver=locked.row_ver,
                    sealed=sealed,
                    kek_version=kek_version,
                    ot_state=next_ot_state(locked.ot_state, item.ot),
                )
            return
        item.pending = NewPendingShare(
            share_id=share_id,
            key_id=share.key_id,
            device_id=share.device_id,
            sealed=sealed,
            kek_version=kek_version,
            created_ms=self.now_ms,
            expires_ms=self.now_ms + PENDING_SHARE_MS,
        )

    def _settle(self, item: Item[RecordT], outcome: Outcome, fresh_tau: bytes) -> None:
        share = item.prepared.share
        if item.row is None or item.admission.case is None or share is None:
            raise RuntimeError("evaluated without a locked row")
        item.after = after_evaluation(
            item.row,
            item.prepared.request,
            outcome,
            item.admission.case,
            key_id=share.key_id,
            charge=item.charge,
            promotes=promotes(item),
            fresh_tau=fresh_tau,
            restore_epoch=self.restore_epoch,
            now_ms=self.now_ms,
        )
        if outcome is Outcome.FAULT:
            item.note(EventKind.EVALUATION_FAULT)
        elif item.ot is OtChange.DESTROYED:
            item.note(EventKind.OT_DESTROYED)
        elif item.ot is OtChange.FAILED:
            item.note(EventKind.OT_SETUP_FAILED)
        elif item.after.state is DeviceState.LOCKED and item.row.state is not DeviceState.LOCKED:
            item.note(EventKind.DEVICE_LOCKED)

    # --- TX-4 ---

    def write(self, tx: ShareTransaction) -> None:
        """TX-B4: guarded device rows first; whatever missed its guard leaves no other trace."""
        changed = [(item.row, item.after, item) for item in self.items if item.row and item.after]
        macs = self._with.row_mac([encode_row(after) for _, after, _ in changed])
        missed = tx.update_devices(
            [
                DeviceChange(before, after, mac, guard_attempts=item.spends_attempt)
                for (before, after, item), mac in zip(changed, macs, strict=True)
            ]
        )
        for item in self.items:
            if item.prepared.device_id in missed:
                item.note(EventKind.GUARD_MISSED)
                item.refuse(Status.UNAVAILABLE)
                item.pays = False
        write_item_rows(tx, self.items, heads=self._with.heads, now_ms=self.now_ms)


def _judge_share(known_ver: int, share: LockedShare | None, op: Op, now_ms: int) -> Status | None:
    """TX-1: the row is still the one of TX-0, and this operation may use it."""
    if share is None or share.key_state is KeyState.REVOKED:
        return Status.UNKNOWN_SHARE
    if share.key_state is KeyState.FROZEN:
        return Status.FROZEN
    if not share_usable(share.state, op, expires_ms=share.expires_ms, now_ms=now_ms):
        return Status.UNKNOWN_SHARE
    return Status.BUSY if share.row_ver != known_ver else None
