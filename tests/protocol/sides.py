"""Both roles of both twins behind one interface, so that every test runs in all four pairings."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from protocol import _core
from protocol.codes import Op, Outcome, Purpose, Status
from protocol.reference import keygen as reference_keygen
from protocol.reference import phone as reference_phone
from protocol.reference.curve import P256, SM2
from protocol.reference.envelope import Frame, Recipient
from protocol.reference.records import ShareRecord
from protocol.reference.transcript import SUITE_P256
from tests.protocol.world import (
    COST,
    ENTROPY,
    NOW_MS,
    PIN,
    SERVER_ID,
    Custody,
    fields,
    reference_server_side,
)

PENDING_EXPIRES_MS = NOW_MS + 86_400_000


class Target(NamedTuple):
    """Public description of a server, all keys compressed."""

    server_id: str
    identity: bytes
    core_key_id: bytes
    envelope: bytes


class Served(NamedTuple):
    """What one evaluation gave."""

    outcome: Outcome
    answer: bytes
    audit_hash: bytes
    pending: ShareRecord | None
    new_share_id: bytes | None


class ServerSide(Protocol):
    """A server without counters: it answers what it can evaluate."""

    @property
    def target(self) -> Target: ...
    def keygen_begin(self, envelope: bytes) -> tuple[bytes, Any]: ...
    def keygen_finish(self, envelope: bytes, pending: Any, device_public: bytes) -> tuple[bytes, ShareRecord]: ...
    def serve(self, envelope: bytes, record: ShareRecord, device_public: bytes) -> Served: ...
    def sync(self, envelope: bytes, device_public: bytes, body: bytes) -> bytes: ...


def status_of(outcome: Outcome) -> Status:
    return Status.OK if outcome is Outcome.RIGHT else Status.PIN_WRONG


class ReferenceServer:
    """The reference server."""

    def __init__(self) -> None:
        self.core = reference_server_side()

    @property
    def target(self) -> Target:
        to = self.core.recipient
        key_id = SUITE_P256.h("E2E/key-id", P256.encode(to.public))[:8]
        return Target(SERVER_ID, P256.encode(self.core.identity), key_id, P256.encode(to.public))

    def keygen_begin(self, envelope: bytes) -> tuple[bytes, Any]:
        request = self.core.open(envelope)
        steps, m2 = self.core.keygen_begin(request)
        request.verify_device(steps.m1.device_pub)
        return request.answer(Frame(status=Status.OK), m2.encode()), steps

    def keygen_finish(self, envelope: bytes, pending: Any, device_public: bytes) -> tuple[bytes, ShareRecord]:
        assert isinstance(pending, reference_keygen.ServerKeygen)
        assert pending.m1.device_pub == device_public
        request = self.core.open(envelope)
        m4, record = self.core.keygen_finish(request, pending, tau=b"T" * 16, ctr=1)
        return request.answer(Frame(status=Status.OK), m4.encode()), record

    def serve(self, envelope: bytes, record: ShareRecord, device_public: bytes) -> Served:
        request = self.core.open(envelope)
        request.verify_device(device_public)
        result = self.core.evaluate(request, record, PENDING_EXPIRES_MS)
        outcome = Outcome.RIGHT if result.right else Outcome.WRONG
        answer = request.answer(Frame(status=status_of(outcome), attempts_left=8), result.body)
        return Served(outcome, answer, result.audit_hash, result.pending, result.new_share_id)

    def sync(self, envelope: bytes, device_public: bytes, body: bytes) -> bytes:
        request = self.core.open(envelope)
        request.verify_device(device_public)
        return request.answer(Frame(status=Status.OK), body)


class NativeServer:
    """The native core's server."""

    def __init__(self) -> None:
        self.custody = Custody()
        self.core = _core.ServerCore.generate(SERVER_ID)
        self.envelope_key = _core.EnvelopeKey.generate()
        self.core.add_envelope_key(self.envelope_key)

    @property
    def target(self) -> Target:
        key = self.envelope_key
        return Target(SERVER_ID, self.core.identity_public_key, key.key_id, key.public_key)

    def keygen_begin(self, envelope: bytes) -> tuple[bytes, Any]:
        request = self.core.open_request(envelope)
        assert request.device_pub is not None
        request.verify_device(request.device_pub)
        begun = self.core.keygen_begin(request)
        return begun.answer(server_time_ms=NOW_MS, restore_epoch=2), begun.pending

    def keygen_finish(self, envelope: bytes, pending: Any, device_public: bytes) -> tuple[bytes, ShareRecord]:
        request = self.core.open_request(envelope)
        finished = self.core.keygen_finish(request, pending, device_public)
        answer = finished.answer(server_time_ms=NOW_MS, restore_epoch=2, tau=b"T" * 16, ctr=1)
        return answer, ShareRecord.decode(self.custody.to_bytes(finished.record))

    def open(self, envelope: bytes, device_public: bytes) -> _core.Request:
        request = self.core.open_request(envelope)
        assert request.malformed is None
        request.verify_device(device_public)
        return request

    def serve(self, envelope: bytes, record: ShareRecord, device_public: bytes) -> Served:
        request = self.open(envelope, device_public)
        (result,) = self.core.evaluate([(request, self.custody.to_native(record.encode()))])
        outcome = Outcome(result.outcome)
        answer = result.answer(
            status_of(outcome), server_time_ms=NOW_MS, attempts_left=8, pending_expires_ms=PENDING_EXPIRES_MS
        )
        pending = None
        if outcome is Outcome.RIGHT and result.pending is not None:
            pending = ShareRecord.decode(self.custody.to_bytes(result.pending))
        return Served(outcome, answer, result.audit_hash, pending, result.new_share_id)

    def sync(self, envelope: bytes, device_public: bytes, body: bytes) -> bytes:
        return self.open(envelope, device_public).answer(Status.OK, server_time_ms=NOW_MS, body=body)


class Run(Protocol):
    """One request on its way."""

    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes) -> Any: ...


class PhoneSide(Protocol):
    """A phone; `key` is whatever its `keygen` or `adopt_key` gave."""

    @property
    def device_public(self) -> bytes: ...
    def keygen(self, server: ServerSide, purpose: Purpose) -> tuple[Any, ShareRecord]: ...
    def names(self, key: Any) -> dict[str, Any]: ...
    def sign(self, key: Any, digests: Sequence[bytes], pin: str = PIN, **header: Any) -> Run: ...
    def decrypt(self, key: Any, ciphertexts: Sequence[bytes], pin: str = PIN, *, blind: bool = True) -> Run: ...
    def refresh(self, key: Any, pin: str = PIN) -> Run: ...
    def refreshed(self, run: Run, answer: bytes, new_pin: str) -> tuple[int, Any]: ...
    def confirm(self, key: Any, pin: str = PIN) -> Run: ...
    def adopt(self, key: Any, pin: str = PIN) -> Run: ...
    def sync(self) -> Run: ...


def kdf_params() -> _core.KdfParams:
    return _core.KdfParams(memory_kib=COST.memory_kib, passes=COST.passes, lanes=COST.lanes)


def purpose_fields(names: dict[str, Any], op: Op, purpose: int, **more: Any) -> dict[str, Any]:
    return fields(op, Purpose(purpose), **names, **more)


def recipient(target: Target) -> Recipient:
    return Recipient(target.server_id, P256.decode(target.envelope))


def new_reference_phone(target: Target) -> reference_phone.Phone:
    return reference_phone.Phone(recipient(target), P256.decode(target.identity), ENTROPY.scalar(SUITE_P256))


def encode_pk(key: reference_phone.Key) -> bytes:
    return SM2.encode(key.pk)
