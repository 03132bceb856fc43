"""Server side of key generation in the store (KG-2, KG-4, KG-8): the clone rules, the pending record, the new key.

KEYGEN needs no PIN: it costs no attempt and moves no token, but its request ids are seen like any other. The core
computes before the transaction; nothing it computed leaves before the commit.

::

    M1  prepared, pending record sealed      lock, CLONE, key_id unused, store pending, COMMIT    M2
    M3  pending opened, proofs checked       lock, CLONE, consume pending, insert key, COMMIT     M4
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from keyshare.admission import Admission, admit, token_fields
from keyshare.batch_items import EventKind, KeyshareEvent, Released
from keyshare.clone import seen_entries
from keyshare.device_row import ZERO16, DeviceRow, RowMac, corrupted, encode_row
from keyshare.errors import StoreBusy
from keyshare.outcomes import frozen
from keyshare.ports import (
    AuditKind,
    AuditRow,
    Clock,
    DeviceChange,
    HeadLog,
    OpenedRequest,
    ShareStore,
    ShareTransaction,
)
from keyshare.records import NewKey, PendingKeygen
from protocol.codes import Custody, Op, Status

KEY_ID_USED = b"KEY_ID_USED"
"""Body of a MALFORMED answer: the key id names a key, or another device's unfinished key generation."""
NO_PENDING_KEYGEN = b"NO_PENDING_KEYGEN"
"""Body of a MALFORMED answer to M3: no M1, too late, or finished already (KG-8)."""
KEYGEN_REFUSED = b"KEYGEN_REFUSED"
"""Body of a MALFORMED answer to M3: a commitment or proof is wrong; the pending record is gone (KG-8)."""


class BegunAnswer(Protocol):
    """`KeygenBegun` after the commit."""

    def answer(self, *, server_time_ms: int, restore_epoch: int) -> bytes: ...


class FinishedAnswer(Protocol):
    """`KeygenFinished` after the commit."""

    def answer(self, *, server_time_ms: int, restore_epoch: int, tau: bytes, ctr: int) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeygenRunner:
    """Runs the two transactions of key generation; each is one call from the batch thread."""

    store: ShareStore
    row_mac: RowMac
    clock: Clock
    restore_epoch: Callable[[], int]
    heads: HeadLog
    report: Callable[[Exception], None]

    def begin(self, request: OpenedRequest, begun: BegunAnswer, pending: PendingKeygen) -> Released:
        """KG-2: stores the server's half for five minutes and answers M2."""

        def effect(tx: ShareTransaction, _row: DeviceRow) -> bytes | Status | None:
            if tx.count_keys(pending.device_id).full:
                return Status.QUOTA
            owner = tx.find_pending_owner(pending.key_id)
            if tx.key_id_used(pending.key_id) or owner not in (None, pending.device_id):
                return KEY_ID_USED
            tx.put_pending_keygen(pending)
            return None

        def success(_row: DeviceRow) -> bytes:
            return begun.answer(server_time_ms=self.clock.now_ms(), restore_epoch=self.restore_epoch())

        return self._transact(request, effect, success)

    def finish(self, request: OpenedRequest, finished: FinishedAnswer, pending: PendingKeygen, key: NewKey) -> Released:
        """KG-4: consumes the pending record, inserts the INACTIVE key once and answers M4.

        The first tau goes out with every M4 until the device has had its first right PIN.
        """

        def effect(tx: ShareTransaction, _row: DeviceRow) -> bytes | Status | None:
            if tx.count_keys(key.device_id).full:
                return Status.QUOTA
            if not tx.consume_pending_keygen(pending.key_id, pending.k1):
                return NO_PENDING_KEYGEN
            if tx.key_id_used(key.key_id):
                return KEY_ID_USED
            tx.insert_key(key)
            tx.append_audit(
                [
                    AuditRow(
                        kind=AuditKind.KEY_GENERATED,
                        time_ms=self.clock.now_ms(),
                        outcome="in_token" if key.custody is Custody.TOKEN else "done",
                        device_id=key.device_id,
                        request=request,
                        key_id=key.key_id,
                        share_id=key.share_id,
                    )
                ]
            )
            self.heads.announce(key.key_id, key.device_id, key.share_id, b"")
            return None

        def success(row: DeviceRow) -> bytes:
            try:
                self.heads.settle(key.key_id, key.device_id, key.share_id)
            except Exception as fault:  # the announcement stays open in the log, which is safe
                self.report(fault)
            return finished.answer(
                server_time_ms=self.clock.now_ms(),
                restore_epoch=self.restore_epoch(),
                tau=row.tau_next if row.untouched else ZERO16,
                ctr=row.ctr if row.untouched else 0,
            )

        return self._transact(request, effect, success)

    def refuse(self, request: OpenedRequest, pending: PendingKeygen) -> Released:
        """KG-8: M3 was wrong; the pending record is erased, and M3 is answered only once that is certain.

        After another M3 of the same M1 it is answered as a right one would be: no second M3 is judged.
        """

        def effect(tx: ShareTransaction, _row: DeviceRow) -> bytes | Status | None:
            first = tx.consume_pending_keygen(pending.key_id, pending.k1)
            if tx.count_keys(pending.device_id).full:
                return Status.QUOTA
            return KEYGEN_REFUSED if first else NO_PENDING_KEYGEN

        return self._transact(request, effect, lambda _row: b"")

    def _transact(
        self,
        request: OpenedRequest,
        effect: Callable[[ShareTransaction, DeviceRow], bytes | Status | None],
        success: Callable[[DeviceRow], bytes],
    ) -> Released:
        """Clone rules, then `effect`; a status it returns, or MALFORMED with a reason, is committed and answered."""
        try:
            with self.store.begin() as tx:
                row, admission, events = self._admit(tx, request)
                reason = None
                if row is not None and admission.status is None:
                    reason = effect(tx, row)
                    self._see(tx, request)
                tx.commit()
        except Exception as fault:  # as in TX-5: nothing leaves, the pending record was not consumed
            self.report(fault)
            return self._answer(request, Status.BUSY if isinstance(fault, StoreBusy) else Status.UNAVAILABLE, ())
        if row is None or admission.status is not None:
            return self._answer(request, admission.status or Status.FROZEN, events)
        if isinstance(reason, Status):
            return self._answer(request, reason, events)
        if reason is not None:
            return self._answer(request, Status.MALFORMED, events, body=reason)
        case = admission.case.value if admission.case else ""
        return Released(success(row), Status.OK, clone_case=case, events=events)

    def _admit(
        self, tx: ShareTransaction, request: OpenedRequest
    ) -> tuple[DeviceRow | None, Admission, tuple[KeyshareEvent, ...]]:
        device_id = request.device_id
        stored = tx.lock_devices([device_id]).get(device_id)
        if stored is None or corrupted([stored], self.row_mac):
            tx.freeze_corrupted([device_id] if stored else [])
            event = KeyshareEvent(EventKind.ROW_CORRUPTED, device_id, request.key_id)
            return None, Admission(Status.FROZEN), (event,)
        admission = admit(
            stored.row,
            token_fields(request, Op.KEYGEN),
            seen=bool(tx.seen([(device_id, request.req_id)])),
            now_ms=self.clock.now_ms(),
            restore_epoch=self.restore_epoch(),
        )
        if admission.status is None and stored.row.user_id != request.user_id:
            return stored.row, Admission(Status.POLICY, admission.case), ()
        if not admission.freezes:
            return stored.row, admission, ()
        after = frozen(stored.row)
        mac = self.row_mac([encode_row(after)])[0]
        tx.update_devices([DeviceChange(stored.row, after, mac, guard_attempts=False)])
        return stored.row, admission, (KeyshareEvent(EventKind.CLONE_DETECTED, device_id, request.key_id),)

    def _see(self, tx: ShareTransaction, request: OpenedRequest) -> None:
        entries = seen_entries(
            req_id=request.req_id,
            expires_at_ms=request.expires_at_ms,
            open_reqs=request.open_reqs,
            now_ms=self.clock.now_ms(),
        )
        tx.add_seen([(request.device_id, one, end) for one, end in entries])

    def _answer(
        self, request: OpenedRequest, status: Status, events: tuple[KeyshareEvent, ...], *, body: bytes = b""
    ) -> Released:
        answer = request.answer(
            status, server_time_ms=self.clock.now_ms(), restore_epoch=self.restore_epoch(), body=body
        )
        return Released(answer, status, events=events)
