"""KG-2 and KG-4 around the core: who may generate, what is sealed or stays in the token, what a failed message does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cosign.ids import KEY, is_id
from hsm.ports import Question, Token, TokenFault, TokenRefused, TokenUnavailable
from keyshare.batch_items import Released
from keyshare.errors import RecordDamaged
from keyshare.keygen import NO_PENDING_KEYGEN, KeygenRunner
from keyshare.records import PENDING_KEYGEN_MS, NewKey, PendingKeygen
from keyshare.sealing import PendingContext, ShareContext, seal, unseal
from protocol.codes import Custody, Purpose, Status, Suite
from protocol.errors import BadCommitment, BadProof, DegenerateKey, DeviceProofInvalid, ProtocolError
from protocol.seal import RecordFlag, SecretRecord
from protocol.server import KeygenBegun, Request, ServerCore

SUITES: Final = frozenset({Suite.SM2, Suite.P256})
"""Suites of joint keys this service makes."""

CUSTODY_UNAVAILABLE: Final = b"CUSTODY_UNAVAILABLE"
"""Body of a MALFORMED answer to M1: the token of this service cannot hold shares (section 8.2)."""

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
        begun = self._begin(request)
        if isinstance(begun, Refusal):
            return begun
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

    def _begin(self, request: Request) -> KeygenBegun | Refusal:
        """KG-2 by the core, or by core and token together (HSM-3)."""
        if request.custody != Custody.TOKEN:
            return self.core.keygen_begin(request)
        shares = self.token.shares
        if shares is None:
            return Refusal(Status.MALFORMED, CUSTODY_UNAVAILABLE)
        try:
            share, draft = shares.create(lambda public_key: self.core.keygen_draft(request, public_key))
            return self.core.keygen_begin_in_token(request, draft, share.wrapped)
        except TokenUnavailable:
            return Refusal(Status.UNAVAILABLE)
        except (TokenFault, BadProof):
            return Refusal(Status.MALFORMED, CUSTODY_UNAVAILABLE)

    def _with_token(self, request: Request, record: SecretRecord) -> SecretRecord:
        """KG-4 needs the token's answers for the points of M3 if it holds the share. Raises TokenFault."""
        if record.wrapped is None:
            return record
        if (shares := self.token.shares) is None:
            raise TokenRefused("the token of this service cannot hold shares")
        (answer,) = shares.agree([Question(record.wrapped, record, request)])
        if isinstance(answer, TokenFault):
            raise answer
        return answer

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
            record = self._with_token(request, record)
        except TokenUnavailable:
            return Refusal(Status.UNAVAILABLE)
        except (TokenFault, RecordDamaged):
            return Refusal(Status.MALFORMED, NO_PENDING_KEYGEN)
        except ProtocolError as fault:
            return Refusal(Status.MALFORMED, type(fault).__name__.encode())
        flags = RecordFlag.NONE if record.wrapped is None else RecordFlag.X_ONLY
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
            flags=flags,
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
            flags=flags,
            pk=finished.pk,
            share_id=finished.share_id,
            sealed=sealed,
            kek_version=kek_version,
            created_ms=now_ms,
        )
        return lambda: self.runner.finish(request, finished, pending, key)
