"""What the batch thread does with requests: TX-0 for all that arrived, then one transaction (architecture, section 4).

::

    examine   open the envelopes ─▶ header, time ─▶ device keys ─▶ device signatures ─▶ rate limit
              ─▶ both messages of key generation, as far as they need no transaction
    run       share rows, policy, unseal (rest of TX-0) ─▶ micro-batch (TX-1 … TX-5) ─▶ answers (TX-6)

Every step takes all requests at once: one native call or one query for up to 64 of them. A bad request gets its
answer and disturbs nobody. Operations of `ALONE` run in transactions of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cosign.clock import Clock
from cosign.errors import CosignFault
from cosign.signing.batcher import Waiting
from cosign.signing.model import Handled
from cosign.signing.ports import DeviceDirectory, Observer
from cosign.signing.usecases.generate_key import Job, KeyGenerator, Refusal
from cosign.signing.usecases.prepare_request import PreparedRequest, PurposeMismatch, RequestPreparer
from keyshare.batch_items import EventKind, KeyshareEvent, Released
from keyshare.clone import is_expired
from keyshare.errors import KeyshareFault
from keyshare.transaction import BatchRunner
from protocol.codes import Malformed, Op, Status
from protocol.errors import DeviceProofInvalid
from protocol.seal import SecretRecord
from protocol.server import Request, ServerCore

M3: Final = 3
"""`Request.phase` of the last message of key generation."""

ALONE: Final = frozenset({Op.KEYGEN, Op.CONFIRM, Op.OT_SETUP})
"""Operations whose transaction can fail for reasons of their own, the head log (RS-3) or the state of an OT set-up;
no other request shares it."""


@dataclass(slots=True, eq=False)
class Operation(Waiting[Handled]):
    """One key operation on its way."""

    envelope: bytes
    """E2E-2."""
    op: Op
    """What the called RPC carries; another operation inside is MALFORMED."""
    request: Request | None = field(default=None, init=False)
    """The opened envelope."""
    device_pub: bytes = field(default=b"", init=False)
    """33 bytes, of the device that the request names."""
    job: Job | None = field(default=None, init=False)
    """KEYGEN: its transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Implements `cosign.signing.batcher.Stage`."""

    core: ServerCore
    devices: DeviceDirectory
    preparer: RequestPreparer
    generator: KeyGenerator
    runner: BatchRunner[SecretRecord]
    clock: Clock
    observer: Observer
    restore_epoch: Callable[[], int]
    admit: Callable[[str], None]
    """Charges the rate limit of a device that has proved itself; raises RateLimited."""

    def examine(self, arrived: Sequence[Operation]) -> None:
        """See the port. Answers EnvelopeInvalid, RateLimited or DatabaseUnavailable as exceptions."""
        opened = self._open(arrived)
        known = self._find_devices(opened)
        self._verify(known)
        for operation in known:
            operation.alone = operation.op in ALONE
            if operation.op is Op.KEYGEN and operation.answer is None:
                self._generate(operation)

    def run(self, batch: Sequence[Operation]) -> None:
        """See the port."""
        first = batch[0]
        if first.job is not None and first.request is not None:
            first.answer = self._handled(first.request, first.job())
            return
        asked = [(operation, operation.request) for operation in batch if operation.request is not None]
        try:
            prepared = self.preparer.prepare([request for _, request in asked], now_ms=self.clock.now_ms())
        except KeyshareFault as fault:
            self.observer.failed(fault)
            for operation, request in asked:
                operation.answer = self.refuse(request, Status.UNAVAILABLE)
            return
        evaluated: list[tuple[Operation, Request, PreparedRequest]] = []
        for (operation, request), one in zip(asked, prepared, strict=True):
            if isinstance(one, PurposeMismatch):
                operation.answer = self.refuse(request, Status.MALFORMED, body=Malformed.PURPOSE.encode())
                continue
            if one.alarm:
                self.observer.observe(KeyshareEvent(EventKind.RECORD_REFUSED, request.device_id, request.key_id))
            evaluated.append((operation, request, one))
        if not evaluated:
            return
        released = self.runner.run([one.item for _, _, one in evaluated])
        for (operation, request, _), result in zip(evaluated, released, strict=True):
            if result.stale_share:
                self.preparer.forget(request.share_id)
            if not result.requeue:
                operation.answer = self._handled(request, result)

    def refuse(self, request: Request, status: Status, *, body: bytes = b"") -> Handled:
        """Answers without a transaction: nothing about the device's state is told."""
        answer = request.answer(
            status, server_time_ms=self.clock.now_ms(), restore_epoch=self.restore_epoch(), body=body
        )
        return Handled(answer=answer, status=status, op=request.op)

    # --- TX-0 of everything that arrived ---

    def _open(self, arrived: Sequence[Operation]) -> list[Operation]:
        """E2E-2, CLONE-1 and everything else that the header alone tells."""
        now_ms = self.clock.now_ms()
        opened = self.core.open_requests([operation.envelope for operation in arrived])
        accepted: list[Operation] = []
        for operation, request in zip(arrived, opened, strict=True):
            if isinstance(request, Exception):
                operation.answer = request
                continue
            operation.request = request
            if request.malformed is not None:
                operation.answer = self.refuse(request, Status.MALFORMED, body=request.malformed.encode())
            elif request.op != operation.op or request.server_id != self.core.server_id:
                operation.answer = self.refuse(request, Status.MALFORMED, body=Malformed.MESSAGE.encode())
            elif is_expired(request.issued_at_ms, request.expires_at_ms, now_ms):
                operation.answer = self.refuse(request, Status.EXPIRED)
            else:
                operation.device_id = request.device_id
                accepted.append(operation)
        return accepted

    def _find_devices(self, opened: Sequence[Operation]) -> list[Operation]:
        if not opened:
            return []
        try:
            keys = self.devices.public_keys({operation.device_id for operation in opened})
        except CosignFault as fault:
            for operation in opened:
                operation.answer = fault
            return []
        known: list[Operation] = []
        for operation in opened:
            operation.device_pub = keys.get(operation.device_id, b"")
            if operation.device_pub:
                known.append(operation)
            elif operation.request is not None:
                operation.answer = self.refuse(operation.request, Status.DEVICE_PROOF)
        return known

    def _verify(self, known: Sequence[Operation]) -> None:
        """HDR-2. The signature of M3 can be checked with its pending record only (KG-4)."""
        signed = [(one, one.request) for one in known if one.request is not None and one.request.phase != M3]
        faults = self.core.verify_devices([(request, operation.device_pub) for operation, request in signed])
        for (operation, request), fault in zip(signed, faults, strict=True):
            if isinstance(fault, DeviceProofInvalid):
                operation.answer = self.refuse(request, Status.DEVICE_PROOF)
            elif fault is not None:
                operation.answer = fault
            else:
                self._admit(operation)

    def _admit(self, operation: Operation) -> bool:
        try:
            self.admit(operation.device_id)
        except CosignFault as fault:
            operation.answer = fault
            return False
        return True

    def _generate(self, operation: Operation) -> None:
        """KG-2, KG-4 outside of any lock. An M3 that does not prove its device ends here."""
        request = operation.request
        if request is None:
            return
        step = self.generator.finish if request.phase == M3 else self.generator.begin
        try:
            job = step(request, operation.device_pub, now_ms=self.clock.now_ms())
        except KeyshareFault as fault:
            self.observer.failed(fault)
            operation.answer = self.refuse(request, Status.UNAVAILABLE)
            return
        if isinstance(job, Refusal):
            operation.answer = self.refuse(request, job.status, body=job.body)
        elif request.phase != M3 or self._admit(operation):  # M3 is proved only now
            operation.job = job

    def _handled(self, request: Request, released: Released) -> Handled:
        for event in released.events:
            self.observer.observe(event)
        return Handled(
            answer=released.answer,
            status=released.status,
            op=request.op,
            device_id=request.device_id,
            count=request.count,
            clone_case=released.clone_case,
        )
