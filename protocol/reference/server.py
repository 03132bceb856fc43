"""The server's role over envelopes and answers: open, check the device, evaluate against one share, answer.

No counters, tokens or transactions: those belong to `keyshare`. A transfer set-up that was begun and not finished is
kept in the object, where the core seals its secret.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from protocol.errors import BadProof, MalformedMessage
from protocol.reference import decrypt, device, ec_sign, ecdh, keygen, refresh, sign
from protocol.reference import header as codes
from protocol.reference.curve import P256, Point, not_identity, scalar_bytes
from protocol.reference.ec_messages import EcSignRequest
from protocol.reference.ecdh import EcdhRequest
from protocol.reference.envelope import Recipient, open_request
from protocol.reference.hedge import Entropy, ServerSource, server_seed, server_source
from protocol.reference.keygen_messages import KeygenM1, KeygenM2, KeygenM3, KeygenM4
from protocol.reference.messages import (
    DecryptRequest,
    ProofRequest,
    RefreshAnswer,
    RefreshRequest,
    SetupAnswer,
    SignRequest,
)
from protocol.reference.ot_extension import OtCheckFailed
from protocol.reference.ot_setup import ServerOt, ServerSetup, SetupFailed, setup_id
from protocol.reference.records import ShareRecord
from protocol.reference.request import Request


class Evaluation(NamedTuple):
    """Outcome of TX-3: `right`, the answer body, the audit hash and what the transaction must store."""

    right: bool
    body: bytes = b""
    audit_hash: bytes = bytes(32)
    pending: ShareRecord | None = None
    """REFRESH: the new share."""
    new_share_id: bytes | None = None
    ot_destroyed: bool = False
    """EC-6 failed: the set-up is destroyed in the same commit."""
    ot: ServerOt | None = None
    """The set-up that CONFIRM or OT_SETUP finished."""
    setup_failed: bool = False
    """OTS-7 failed."""


@dataclass
class Server:
    """Identity key, one envelope key and randomness."""

    server_id: str
    identity_secret: int
    envelope_secret: int
    entropy: Entropy = field(default_factory=Entropy)
    setups: dict[bytes, ServerSetup] = field(default_factory=dict)
    """Set-ups begun and not finished, by share_id."""

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
        """KG-2, and OTS-1 for a P-256 key that signs."""
        if not isinstance(request.body, KeygenM1):
            raise MalformedMessage("not M1")
        source, header = self.source(request, self.identity_secret, request.ctx), request.header
        steps = keygen.ServerKeygen(
            header.encode(), request.body, self.entropy.fresh(32), source("v2", 0, 0), header.mul, header.suite
        )
        return steps, steps.m2(source("pok", 0, 0), source if header.with_ot else None)

    def keygen_finish(
        self, request: Request, steps: keygen.ServerKeygen, tau: bytes = bytes(16), ctr: int = 0
    ) -> tuple[KeygenM4, ShareRecord]:
        """KG-4, KG-5. Raises DeviceProofInvalid, BadCommitment, BadProof, SetupFailed or DegenerateKey."""
        if not isinstance(request.body, KeygenM3):
            raise MalformedMessage("not M3")
        request.verify_device(steps.m1.device_pub, steps.k2)
        pk, header = steps.finish(request.body), request.header
        signed = keygen.statement(
            header.key_id, header.device_id, header.purpose, pk, mul=header.mul, suite=header.suite
        )
        signature = device.sign(self.identity_secret, signed)
        record = ShareRecord(steps.v2, request.body.p1, steps.ot)
        return KeygenM4(pk, self.entropy.fresh(16), signature, tau, ctr), record

    def evaluate(self, request: Request, record: ShareRecord, pending_expires_ms: int = 0) -> Evaluation:
        """TX-3 for one request."""
        try:
            return self._evaluate(request, record, pending_expires_ms)
        except OtCheckFailed:
            return Evaluation(right=True, ot_destroyed=True)
        except SetupFailed:
            return Evaluation(right=True, setup_failed=True)
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
        if isinstance(body, EcSignRequest):
            return self._ec_sign(request, record, body)
        if isinstance(body, EcdhRequest):
            ecdh.check_request(ctx, body, record.point)
            shared = ecdh.answer(ctx, body, share, self.source(request, share, ctx))
            return Evaluation(True, shared.encode(), decrypt.audit_hash(ctx, request.header.suite))
        if isinstance(body, RefreshRequest):
            refresh.check_share("RF/pok", ctx, record.point, body.proof, request.header.suite)
            return self._refresh(request, record, body, pending_expires_ms)
        if isinstance(body, ProofRequest):
            return self._proof(request, record, body)
        raise MalformedMessage("not an operation on a share")

    def _ec_sign(self, request: Request, record: ShareRecord, body: EcSignRequest) -> Evaluation:
        """EC-5 to EC-10."""
        ctx, pk = request.ctx, P256.decode(request.header.pk)
        ec_sign.check_request(ctx, body, record.point)
        if record.ot is None:
            raise MalformedMessage("the share has no transfer set-up")
        ctx0 = ec_sign.first_context(request.header_bytes, body.e, pk)
        z = ec_sign.extended(ctx0, body, record.ot)
        steps = ec_sign.ServerEcSign(ctx0, body, pk, record.share, z)
        source = self.source(request, record.share, ctx)
        answer = steps.answer(record.ot.delta_bytes, self.entropy.fresh(32), source)
        return Evaluation(True, answer.encode(), ec_sign.audit_hash(ctx, steps.r))

    def _proof(self, request: Request, record: ShareRecord, body: ProofRequest) -> Evaluation:
        """RF-7, RS-4 and both requests of OT_SETUP."""
        ctx, header = request.ctx, request.header
        label = {codes.CONFIRM: "CF/pok", codes.ADOPT: "AD/pok", codes.OT_SETUP: "OTS/pok"}[header.op]
        refresh.check_share(label, ctx, record.point, body.proof, header.suite)
        audit = decrypt.audit_hash(ctx, header.suite)
        if body.ots is not None:
            setup = self.setups.pop(header.share_id, None)
            if setup is None:
                raise SetupFailed("no set-up was begun")
            flags = b"\0" if header.op == codes.CONFIRM else b""
            return Evaluation(True, flags, audit, ot=setup.finish(body.ots))
        if header.op != codes.OT_SETUP:
            return Evaluation(True, b"\0", audit)
        nonce_s = self.entropy.fresh(32)
        setup = self._begin_setup(request, record.share, header.share_id, setup_id(ctx, nonce_s))
        return Evaluation(True, SetupAnswer(nonce_s, setup.part1).encode(), audit)

    def _begin_setup(self, request: Request, share: int, share_id: bytes, otsid: bytes) -> ServerSetup:
        """OTS-1; a newer set-up of a share replaces an older one."""
        setup = ServerSetup(otsid, self.source(request, share, request.ctx))
        self.setups[share_id] = setup
        return setup

    def _refresh(
        self, request: Request, record: ShareRecord, body: RefreshRequest, pending_expires_ms: int
    ) -> Evaluation:
        """RF-2, RF-3, and OTS-1 for a P-256 key that signs."""
        ctx, header = request.ctx, request.header
        suite, curve = header.suite, header.suite.curve
        secret = self.source(request, record.share, ctx)("es", 0, 0)
        es, share_id = not_identity(curve.mul_base(secret)), self.entropy.fresh(16)
        rho = refresh.ratio(secret, body.ep, refresh.Exchange(ctx, body.ep, es, share_id, suite))
        share = refresh.new_server_share(record.share, rho, mul=header.mul, suite=suite)
        point = keygen.share_point(share, curve.decode(header.pk), mul=header.mul, curve=curve)
        answer = RefreshAnswer(es, share_id, self.entropy.fresh(32), pending_expires_ms)
        if header.with_ot:
            setup = self._begin_setup(request, record.share, share_id, setup_id(ctx, answer.nonce_s))
            answer = answer._replace(ots=setup.part1)
        audit = decrypt.audit_hash(ctx, suite)
        return Evaluation(True, answer.encode(), audit, ShareRecord(share, point), share_id)
