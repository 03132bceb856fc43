"""KG-2 and KG-4 around the core: who may generate, what is sealed, what a failed message does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cosign.ids import KEY, is_id
from hsm.ports import Token, TokenFault, TokenUnavailable
from keyshare.batch_items import Released
from keyshare.errors import RecordDamaged
from keyshare.keygen import NO_PENDING_KEYGEN, KeygenRunner
from keyshare.records import PENDING_KEYGEN_MS, NewKey, PendingKeygen
from keyshare.sealing import PendingContext, ShareContext, seal, unseal
from protocol.codes import Purpose, Status, Suite
from protocol.errors import BadCommitment, BadProof, DegenerateKey, DeviceProofInvalid, ProtocolError
from protocol.seal import RecordFlag, SecretRecord
from protocol.server import Request, ServerCore

SUITES: Final = frozenset({Suite.SM2, Suite.P256})
"""Suites of joint keys this service makes."""

_ERASING: Final = (BadProof, BadCommitment, DegenerateKey)
"""KG-8: what is wrong with an M3 of the right device; the pending record is erased."""


class PendingReader(Protocol):
    """Reads unfinished key generations without a lock."""

    def find_pending_keygen(self, key_id: str) -> PendingKeygen | None: ...
    def request_seen(self, device_id: str, req_id: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that needs no transaction."""

    status: Status
    body: bytes = b""


Job = Callable[[], Released]
"""A transaction for the batch thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGenerator:
    """Prepares both messages of a key generation outside of any lock."""

    core: ServerCore
    token: Token[SecretRecord]
    pending: PendingReader
    runner: KeygenRunner

    def begin(self, request: Request, device_pub: bytes, *, now_ms: int) -> Job | Refusal:
        """M1, whose device signature is right.

        Args:
            request: Opened, op KEYGEN, phase 1.
            device_pub: The registered key of the device, 33 bytes; M1 must name the same (PIN-8).
            now_ms: Present time.
        """
        if request.device_pub != device_pub:
            return Refusal(Status.DEVICE_PROOF)
        if request.suite not in SUITES or request.purpose not in tuple(Purpose):
            return Refusal(Status.POLICY)
        if not is_id(request.key_id, KEY):
            return Refusal(Status.MALFORMED, b"KEY_ID_INVALID")
        begun = self.core.keygen_begin(request)
        context = PendingContext(
            server_id=self.core.server_id,
            user_id=request.user_id,
            device_id=request.device_id,
            key_id=request.key_id,
            suite=request.suite,
            purpose=request.purpose,
            k1=begun.k1,
        )
        try:
            sealed, _ = seal(self.token, begun.pending, context)
        except TokenFault:
            return Refusal(Status.UNAVAILABLE)
        pending = PendingKeygen(
            key_id=request.key_id,
            device_id=request.device_id,
            user_id=request.user_id,
            suite=request.suite,
            purpose=request.purpose,
            k1=begun.k1,
            sealed=sealed,
            expires_ms=now_ms + PENDING_KEYGEN_MS,
        )
        return lambda: self.runner.begin(request, begun, pending)

    def finish(self, request: Request, device_pub: bytes, *, now_ms: int) -> Job | Refusal:
        """M3. Its device signature can be checked with the pending record only.

        Whoever gets a Refusal has not proved itself: nothing was written, and nothing waits for the batch thread.
        A Job belongs to an M3 whose device signature is right.
        """
        pending = self.pending.find_pending_keygen(request.key_id)
        if pending is None or pending.device_id != request.device_id or pending.expires_ms <= now_ms:
            if self.pending.request_seen(request.device_id, request.req_id):
                return Refusal(Status.STALE)
            return Refusal(Status.MALFORMED, NO_PENDING_KEYGEN)
        try:
            record = unseal(self.token, pending.sealed, PendingContext.of(self.core.server_id, pending))
        except TokenUnavailable:
            return Refusal(Status.UNAVAILABLE)
        except (TokenFault, RecordDamaged):
            return Refusal(Status.MALFORMED, NO_PENDING_KEYGEN)
        try:
            finished = self.core.keygen_finish(request, record, device_pub)
        except DeviceProofInvalid:
            return Refusal(Status.DEVICE_PROOF)
        except _ERASING:
            return lambda: self.runner.refuse(request, pending)
        except ProtocolError as fault:
            return Refusal(Status.MALFORMED, type(fault).__name__.encode())
        context = ShareContext(
            server_id=self.core.server_id,
            user_id=pending.user_id,
            device_id=pending.device_id,
            key_id=pending.key_id,
            share_id=finished.share_id,
            suite=pending.suite,
            purpose=pending.purpose,
            flags=RecordFlag.NONE,
            pk=finished.pk,
        )
        try:
            sealed, kek_version = seal(self.token, finished.record, context)
        except TokenFault:
            return Refusal(Status.UNAVAILABLE)
        key = NewKey(
            key_id=pending.key_id,
            user_id=pending.user_id,
            device_id=pending.device_id,
            suite=pending.suite,
            purpose=pending.purpose,
            flags=RecordFlag.NONE,
            pk=finished.pk,
            share_id=finished.share_id,
            sealed=sealed,
            kek_version=kek_version,
            created_ms=now_ms,
        )
        return lambda: self.runner.finish(request, finished, pending, key)
