"""The server's role over envelopes and answers: open, check the device, evaluate against one share, answer.

No counters, tokens or transactions: those belong to `keyshare`.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from protocol.errors import BadProof, BadSignature, DeviceProofInvalid, MalformedMessage
from protocol.reference import decrypt, device, keygen, messages, refresh, sign
from protocol.reference import header as codes
from protocol.reference.curve import P256, SM2, Point, not_identity, scalar_bytes
from protocol.reference.envelope import Frame, OpenedRequest, Recipient, open_request
from protocol.reference.header import Header
from protocol.reference.hedge import Entropy, ServerSource, server_seed, server_source
from protocol.reference.keygen_messages import KeygenM1, KeygenM2, KeygenM3, KeygenM4
from protocol.reference.messages import (
    DecryptRequest,
    ProofRequest,
    RefreshAnswer,
    RefreshRequest,
    SignRequest,
)
from protocol.reference.records import ShareRecord

Body = KeygenM1 | KeygenM3 | SignRequest | DecryptRequest | RefreshRequest | ProofRequest | None


class Request:
    """One opened request with its decoded body."""

    def __init__(self, opened: OpenedRequest) -> None:
        """Raises MalformedMessage, MalformedPoint, MalformedScalar, DigestRefused or PurposeMismatch."""
        self.header = Header.decode(opened.header)
        self._header_bytes, self._answer_key = opened.header, opened.answer_key
        if len(opened.body) < messages.SIG_BYTES:
            raise MalformedMessage("body is too short")
        self.unsigned, self.sig_dev = opened.body[:-64], opened.body[-64:]
        self.body = _decode(self.header.op, self.unsigned)
        suite = self.header.suite
        self.body_hash = messages.body_hash(suite, self.header.op, self.unsigned)
        self.enc_hash = messages.enc_hash(suite, opened.enc)

    @property
    def ctx(self) -> bytes:
        """Context of the operation; not for M3, whose context needs the pending record."""
        header, body = self._header_bytes, self.body
        if isinstance(body, KeygenM1):
            label = keygen.prefix(mul=self.header.mul) + "0"
            return self.header.suite.h(label, header, body.device_pub, body.nonce_p)
        if self.header.op == codes.SYNC:
            return refresh.sync_context(header)
        pk = SM2.decode(self.header.pk)
        if isinstance(body, SignRequest):
            return sign.context(header, body.digests, pk)
        if isinstance(body, DecryptRequest):
            return decrypt.context(header, body.t1, pk)
        if isinstance(body, RefreshRequest):
            return refresh.refresh_context(header, body.ep, pk)
        confirming = self.header.op == codes.CONFIRM
        return (refresh.confirm_context if confirming else refresh.adopt_context)(header, pk)

    def verify_device(self, device_public: bytes, ctx: bytes | None = None) -> None:
        """HDR-2. Raises DeviceProofInvalid."""
        suite = self.header.suite
        message = messages.device_message(suite, ctx or self.ctx, self.body_hash, self.enc_hash)
        try:
            device.verify(P256.decode(device_public), message, self.sig_dev)
        except BadSignature:
            raise DeviceProofInvalid("sig_dev does not verify") from None

    def answer(self, frame: Frame, body: bytes = b"") -> bytes:
        """E2E-3."""
        return self._answer_key.seal(self.header.req_id, frame.encode(body, self._success_size()))

    def _success_size(self) -> int:
        body = self.body
        if isinstance(body, SignRequest):
            return 2 + 97 * len(body.digests)
        if isinstance(body, DecryptRequest):
            return 2 + 33 * len(body.t1)
        sizes: dict[type, int] = {KeygenM1: 129, KeygenM3: 137, RefreshRequest: 89, ProofRequest: 1}
        return sizes.get(type(body), 17)


def _decode(op: int, unsigned: bytes) -> Body:
    if op == codes.KEYGEN:
        return KeygenM1.decode(unsigned) if len(unsigned) == 97 else KeygenM3.decode(unsigned)
    if op == codes.SYNC:
        if unsigned:
            raise MalformedMessage("SYNC has no body")
        return None
    decoders: dict[int, type[SignRequest | DecryptRequest | RefreshRequest | ProofRequest]] = {
        codes.SIGN: SignRequest,
        codes.DECRYPT: DecryptRequest,
        codes.REFRESH: RefreshRequest,
        codes.CONFIRM: ProofRequest,
        codes.ADOPT: ProofRequest,
    }
    return decoders[op].decode(unsigned)


class Evaluation(NamedTuple):
    """Outcome of TX-3: `right`, the answer body, the audit hash and, for REFRESH, the new share."""

    right: bool
    body: bytes = b""
    audit_hash: bytes = bytes(32)
    pending: ShareRecord | None = None
    new_share_id: bytes | None = None


@dataclass
class Server:
    """Identity key, one envelope key and randomness."""

    server_id: str
    identity_secret: int
    envelope_secret: int
    entropy: Entropy = field(default_factory=Entropy)

    @property
    def recipient(self) -> Recipient:
        return Recipient(self.server_id, not_identity(P256.mul_base(self.envelope_secret)))

    @property
    def identity(self) -> Point:
        return not_identity(P256.mul_base(self.identity_secret))

    def open(self, envelope: bytes) -> Request:
        """Raises EnvelopeInvalid, or what `Request` raises."""
        return Request(open_request(self.recipient, self.envelope_secret, envelope))

    def source(self, request: Request, share: int, ctx: bytes) -> ServerSource:
        """HEDGE-2."""
        suite = request.header.suite
        seed = server_seed(suite, self.entropy.fresh(32), scalar_bytes(share), ctx, request.body_hash)
        return server_source(suite, seed)

    def keygen_begin(self, request: Request) -> tuple[keygen.ServerKeygen, KeygenM2]:
        """KG-2."""
        if not isinstance(request.body, KeygenM1):
            raise MalformedMessage("not M1")
        source = self.source(request, self.identity_secret, request.ctx)
        header = request.header.encode()
        steps = keygen.ServerKeygen(
            header, request.body, self.entropy.fresh(32), source("v2", 0, 0), request.header.mul
        )
        return steps, steps.m2(source("pok", 0, 0))

    def keygen_finish(
        self, request: Request, steps: keygen.ServerKeygen, tau: bytes = bytes(16), ctr: int = 0
    ) -> tuple[KeygenM4, ShareRecord]:
        """KG-4, KG-5. Raises DeviceProofInvalid, BadCommitment, BadProof or DegenerateKey."""
        if not isinstance(request.body, KeygenM3):
            raise MalformedMessage("not M3")
        request.verify_device(steps.m1.device_pub, steps.k2)
        pk, header = steps.finish(request.body), request.header
        signed = keygen.statement(header.key_id, header.device_id, header.purpose, pk, mul=header.mul)
        signature = device.sign(self.identity_secret, signed)
        record = ShareRecord(steps.v2, request.body.p1)
        return KeygenM4(pk, self.entropy.fresh(16), signature, tau, ctr), record

    def evaluate(self, request: Request, record: ShareRecord, pending_expires_ms: int = 0) -> Evaluation:
        """TX-3 for one request."""
        try:
            return self._evaluate(request, record, pending_expires_ms)
        except BadProof:
            return Evaluation(right=False)

    def _evaluate(self, request: Request, record: ShareRecord, pending_expires_ms: int) -> Evaluation:
        ctx, body, share = request.ctx, request.body, record.share
        if isinstance(body, SignRequest):
            sign.check_request(ctx, body, record.point)
            answer = sign.answer(ctx, body, share, self.source(request, share, ctx))
            return Evaluation(True, answer.encode(), sign.audit_hash(ctx, answer.items))
        if isinstance(body, DecryptRequest):
            decrypt.check_request(ctx, body, record.point)
            return Evaluation(True, decrypt.answer(body, share).encode(), decrypt.audit_hash(ctx))
        if isinstance(body, RefreshRequest):
            refresh.check_share("RF/pok", ctx, record.point, body.proof)
            return self._refresh(request, record, body, pending_expires_ms)
        if isinstance(body, ProofRequest):
            confirming = request.header.op == codes.CONFIRM
            refresh.check_share("CF/pok" if confirming else "AD/pok", ctx, record.point, body.proof)
            return Evaluation(True, b"\0", decrypt.audit_hash(ctx))
        raise MalformedMessage("not an operation on a share")

    def _refresh(
        self, request: Request, record: ShareRecord, body: RefreshRequest, pending_expires_ms: int
    ) -> Evaluation:
        """RF-2, RF-3."""
        ctx, mul = request.ctx, request.header.mul
        secret = self.source(request, record.share, ctx)("es", 0, 0)
        es, share_id = not_identity(SM2.mul_base(secret)), self.entropy.fresh(16)
        rho = refresh.ratio(secret, body.ep, refresh.Exchange(ctx, body.ep, es, share_id))
        share = refresh.new_server_share(record.share, rho, mul=mul)
        pending = ShareRecord(share, keygen.share_point(share, SM2.decode(request.header.pk), mul=mul))
        answer = RefreshAnswer(es, share_id, self.entropy.fresh(32), pending_expires_ms)
        return Evaluation(True, answer.encode(), decrypt.audit_hash(ctx), pending, share_id)
