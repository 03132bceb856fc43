"""P-256 keys: both roles of both twins behind one interface, so that every test runs in all four pairings."""

from typing import Any, NamedTuple, Protocol

from protocol import _core
from protocol.codes import Op, Outcome, Purpose, Status
from protocol.reference import keygen as reference_keygen
from protocol.reference.envelope import Frame
from protocol.reference.records import ShareRecord
from tests.protocol.sides import PENDING_EXPIRES_MS, NativeServer, ReferenceServer, Run, Target
from tests.protocol.world import NOW_MS, fields

UNCHANGED, BEGUN, READY, FAILED, DESTROYED = range(5)
"""What becomes of the transfer set-up of a share (`Evaluation.ot`)."""


class EcServed(NamedTuple):
    """What one evaluation gave. `record` is a new share, or replaces the one that was used; it is the server's own."""

    outcome: Outcome
    answer: bytes
    audit_hash: bytes
    record: Any
    share_id: bytes | None
    ot: int


class EcServerSide(Protocol):
    """A server without counters."""

    @property
    def target(self) -> Target: ...
    def keygen_begin(self, envelope: bytes) -> tuple[bytes, Any]: ...
    def keygen_done(self, envelope: bytes, pending: Any, device_public: bytes) -> tuple[bytes, Any]: ...
    def handle(self, envelope: bytes, record: Any, device_public: bytes) -> EcServed: ...
    def known(self, record: ShareRecord) -> Any: ...


class SetupRun(Protocol):
    """OT_SETUP: two requests."""

    @property
    def envelope(self) -> bytes: ...
    def receive(self, answer: bytes) -> int: ...
    def finish(self, answer: bytes) -> tuple[int, Any]: ...


class EcPhoneSide(Protocol):
    """A phone; `key` is whatever its `keygen` or `restore` gave."""

    @property
    def device_public(self) -> bytes: ...
    def keygen(self, server: EcServerSide, purpose: Purpose) -> tuple[Any, Any]: ...
    def names(self, key: Any) -> dict[str, Any]: ...
    def sign(self, key: Any, digest: bytes, pin: str = ...) -> Run: ...
    def open(self, key: Any, ciphertexts: list[bytes], info: bytes, pin: str = ...) -> Run: ...
    def agree(self, key: Any, points: list[bytes], pin: str = ...) -> Run: ...
    def refresh(self, key: Any, pin: str = ...) -> Run: ...
    def refreshed(self, run: Any, answer: bytes, new_pin: str) -> tuple[int, Any, Any]: ...
    def confirm(self, key: Any, setup: Any, pin: str = ...) -> Run: ...
    def adopt(self, key: Any, pin: str = ...) -> Run: ...
    def set_up(self, key: Any, pin: str = ...) -> SetupRun: ...


def ec_fields(op: int, purpose: Purpose, names: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a header of suite P256."""
    return fields(Op.SYNC, purpose) | {"suite": "P256", "op": int(op)} | names


def status_of(outcome: Outcome, ot: int) -> Status:
    if outcome is not Outcome.RIGHT:
        return Status.PIN_WRONG
    return Status.OT_DESTROYED if ot in (FAILED, DESTROYED) else Status.OK


class ReferenceEcServer(ReferenceServer):
    """The reference server; records are `ShareRecord`."""

    def keygen_done(self, envelope: bytes, pending: Any, device_public: bytes) -> tuple[bytes, Any]:
        assert isinstance(pending, reference_keygen.ServerKeygen)
        return self.keygen_finish(envelope, pending, device_public)

    def handle(self, envelope: bytes, record: Any, device_public: bytes) -> EcServed:
        request = self.core.open(envelope)
        request.verify_device(device_public)
        before = dict(self.core.setups)
        result = self.core.evaluate(request, record, PENDING_EXPIRES_MS)
        outcome = Outcome.RIGHT if result.right else Outcome.WRONG
        ot, new = UNCHANGED, result.pending
        if result.ot is not None:
            ot, new = READY, record._replace(ot=result.ot)
        elif result.ot_destroyed or result.setup_failed:
            ot, new = DESTROYED if result.ot_destroyed else FAILED, record._replace(ot=None)
        elif result.right and self.core.setups != before and new is None:
            ot, new = BEGUN, record._replace(ot=None)
        frame = Frame(status=status_of(outcome, ot), attempts_left=8)
        return EcServed(outcome, request.answer(frame, result.body), result.audit_hash, new, result.new_share_id, ot)

    def known(self, record: ShareRecord) -> Any:
        return record


class NativeEcServer(NativeServer):
    """The native core's server; records stay inside it."""

    def keygen_done(self, envelope: bytes, pending: Any, device_public: bytes) -> tuple[bytes, Any]:
        request = self.core.open_request(envelope)
        finished = self.core.keygen_finish(request, pending, device_public)
        return finished.answer(server_time_ms=NOW_MS, restore_epoch=2, tau=b"T" * 16, ctr=1), finished.record

    def handle(self, envelope: bytes, record: Any, device_public: bytes) -> EcServed:
        (result,) = self.core.evaluate([(self.open(envelope, device_public), record)])
        outcome = Outcome(result.outcome)
        answer = result.answer(
            status_of(outcome, result.ot),
            server_time_ms=NOW_MS,
            attempts_left=8,
            pending_expires_ms=PENDING_EXPIRES_MS,
        )
        new = result.pending if outcome is Outcome.RIGHT else None
        return EcServed(outcome, answer, result.audit_hash, new, result.new_share_id, result.ot)

    def known(self, record: ShareRecord) -> _core.SecretRecord:
        return self.custody.to_native(record.encode())
