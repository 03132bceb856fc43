"""The hot path: one envelope in, one answer out (architecture, section 4).

::

    open the envelope ─▶ device signature, time ─▶ share, policy, unseal (TX-0)
                      ─▶ micro-batch on the batch thread (TX-1 … TX-5) ─▶ answer (TX-6)

Whoever is answered inside the layer gets gRPC status OK; an exception leaves only when the envelope could not be
opened or this node takes no requests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cosign.clock import Clock
from cosign.errors import ShuttingDown
from cosign.signing.batcher import Batcher, BatchFailed, QueueFull, Stopped
from cosign.signing.model import Handled
from cosign.signing.ports import DeviceDirectory, Observer
from cosign.signing.usecases.generate_key import KeyGenerator, Refusal
from cosign.signing.usecases.prepare_request import PurposeMismatch, RequestPreparer
from keyshare.batch_items import EventKind, KeyshareEvent, Released
from keyshare.clone import is_expired
from keyshare.errors import KeyshareFault
from protocol.codes import Malformed, Op, Status
from protocol.errors import DeviceProofInvalid
from protocol.seal import SecretRecord
from protocol.server import Request, ServerCore

M3: Final = 3
"""`Request.phase` of the last message of key generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationParts:
    """What `KeyOperations` is made of."""

    core: ServerCore
    devices: DeviceDirectory
    preparer: RequestPreparer
    generator: KeyGenerator
    batcher: Batcher[SecretRecord]
    clock: Clock
    observer: Observer
    restore_epoch: Callable[[], int]
    admit: Callable[[str], None]
    """Charges the rate limit of a device that has proved itself; raises RateLimited."""
    close: Callable[[], None]
    """Gives back what the batch thread used, after it has ended."""


class KeyOperations:
    """Handles every key operation of a process. All methods belong to the event loop."""

    def __init__(self, parts: OperationParts) -> None:
        self._parts = parts

    @property
    def healthy(self) -> bool:
        """Whether key operations can be served."""
        return self._parts.batcher.healthy

    def start(self) -> None:
        """Starts the batch thread; to be called on the event loop."""
        self._parts.batcher.start()

    async def drain(self) -> None:
        """Takes no new requests and finishes those that wait."""
        await self._parts.batcher.drain()
        self._parts.close()

    async def handle(self, envelope: bytes, op: Op) -> Handled:
        """Opens, decides, evaluates and answers one request.

        Args:
            envelope: E2E-2.
            op: What the called RPC carries; another operation inside is MALFORMED.

        Raises:
            protocol.errors.EnvelopeInvalid: The layer cannot be opened.
            ShuttingDown: This node drains.
            RateLimited: The device, which has proved itself, sends too many requests (E2E-6).
            DatabaseUnavailable: The device's key cannot be looked up.
        """
        request = self._parts.core.open_request(envelope)
        if request.malformed is not None:
            return self._refuse(request, Status.MALFORMED, body=request.malformed.encode())
        if request.op != op or request.server_id != self._parts.core.server_id:
            return self._refuse(request, Status.MALFORMED, body=Malformed.MESSAGE.encode())
        now_ms = self._parts.clock.now_ms()
        if is_expired(request.issued_at_ms, request.expires_at_ms, now_ms):
            return self._refuse(request, Status.EXPIRED)
        try:
            return await self._handle_opened(request, op, now_ms)
        except Stopped:
            raise ShuttingDown("this node takes no new requests") from None
        except QueueFull:
            return self._refuse(request, Status.BUSY)
        except KeyshareFault as fault:
            self._parts.observer.failed(fault)
            return self._refuse(request, Status.UNAVAILABLE)
        except BatchFailed:
            return self._refuse(request, Status.UNAVAILABLE)

    async def _handle_opened(self, request: Request, op: Op, now_ms: int) -> Handled:
        parts = self._parts
        device_pub = parts.devices.public_key(request.device_id)
        if device_pub is None:
            return self._refuse(request, Status.DEVICE_PROOF)
        if request.phase != M3:
            try:
                request.verify_device(device_pub)
            except DeviceProofInvalid:
                return self._refuse(request, Status.DEVICE_PROOF)
            parts.admit(request.device_id)
        if op is Op.KEYGEN:
            return await self._keygen(request, device_pub, now_ms)
        try:
            prepared = parts.preparer.prepare(request, now_ms=now_ms)
        except PurposeMismatch:
            return self._refuse(request, Status.MALFORMED, body=Malformed.PURPOSE.encode())
        if prepared.alarm:
            parts.observer.observe(KeyshareEvent(EventKind.RECORD_REFUSED, request.device_id, request.key_id))
        released = await parts.batcher.submit(prepared.item)
        if released.stale_share:
            parts.preparer.forget(request.share_id)
        return self._handled(request, released)

    async def _keygen(self, request: Request, device_pub: bytes, now_ms: int) -> Handled:
        generator = self._parts.generator
        step = generator.finish if request.phase == M3 else generator.begin
        job = step(request, device_pub, now_ms=now_ms)
        if isinstance(job, Refusal):
            return self._refuse(request, job.status, body=job.body)
        if request.phase == M3:  # proved only now; what it cost until here is charged to its address
            self._parts.admit(request.device_id)
        return self._handled(request, await self._parts.batcher.call(request.device_id, job))

    def _handled(self, request: Request, released: Released) -> Handled:
        for event in released.events:
            self._parts.observer.observe(event)
        return Handled(
            answer=released.answer,
            status=released.status,
            op=request.op,
            device_id=request.device_id,
            count=request.count,
            clone_case=released.clone_case,
        )

    def _refuse(self, request: Request, status: Status, *, body: bytes = b"") -> Handled:
        """Answers without a transaction: nothing about the device's state is told."""
        answer = request.answer(
            status,
            server_time_ms=self._parts.clock.now_ms(),
            restore_epoch=self._parts.restore_epoch(),
            body=body,
        )
        return Handled(answer=answer, status=status, op=request.op)
