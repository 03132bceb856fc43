"""One opened request at the server: decoded body, context, device signature and answer."""

from protocol.errors import BadSignature, DeviceProofInvalid, MalformedMessage
from protocol.reference import decrypt, device, ec_sign, ecdh, keygen, messages, refresh, sign
from protocol.reference import header as codes
from protocol.reference.curve import P256
from protocol.reference.ec_messages import EcSignRequest
from protocol.reference.ecdh import EcdhRequest
from protocol.reference.envelope import Frame, OpenedRequest
from protocol.reference.header import Header
from protocol.reference.keygen_messages import KeygenM1, KeygenM3
from protocol.reference.messages import DecryptRequest, ProofRequest, RefreshRequest, SignRequest

Body = (
    KeygenM1
    | KeygenM3
    | SignRequest
    | DecryptRequest
    | RefreshRequest
    | ProofRequest
    | EcSignRequest
    | EcdhRequest
    | None
)

PART_1 = 8448
EC_ANSWER = 98689


class Request:
    """One opened request with its decoded body."""

    def __init__(self, opened: OpenedRequest) -> None:
        """Raises MalformedMessage, MalformedPoint, MalformedScalar, DigestRefused or PurposeMismatch."""
        self.header = Header.decode(opened.header)
        self.header_bytes, self._answer_key = opened.header, opened.answer_key
        if len(opened.body) < messages.SIG_BYTES:
            raise MalformedMessage("body is too short")
        self.unsigned, self.sig_dev = opened.body[:-64], opened.body[-64:]
        self.body = _decode(self.header, self.unsigned)
        suite = self.header.suite
        self.body_hash = messages.body_hash(suite, self.header.op, self.unsigned)
        self.enc_hash = messages.enc_hash(suite, opened.enc)

    @property
    def ctx(self) -> bytes:
        """Context of the operation; not for M3, whose context needs the pending record."""
        header, body, suite = self.header_bytes, self.body, self.header.suite
        if isinstance(body, KeygenM1):
            return suite.h(keygen.prefix(mul=self.header.mul) + "0", header, body.device_pub, body.nonce_p)
        if self.header.op == codes.SYNC:
            return refresh.sync_context(header)
        pk = suite.curve.decode(self.header.pk)
        if isinstance(body, SignRequest):
            return sign.context(header, body.digests, pk)
        if isinstance(body, DecryptRequest):
            return decrypt.context(header, body.t1, pk)
        if isinstance(body, RefreshRequest):
            return refresh.refresh_context(header, body.ep, pk, suite)
        if isinstance(body, EcSignRequest):
            return ec_sign.context(ec_sign.first_context(header, body.e, pk), body)
        if isinstance(body, EcdhRequest):
            return ecdh.context(header, body.mode, body.points, pk)
        if self.header.op == codes.OT_SETUP:
            return refresh.setup_context(header, pk)
        if isinstance(body, ProofRequest) and self.header.op == codes.CONFIRM:
            return refresh.confirm_context(header, pk, suite, body.ots_bytes)
        return refresh.adopt_context(header, pk, suite)

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
        body, with_ot = self.body, self.header.with_ot
        if isinstance(body, SignRequest):
            return 2 + 97 * len(body.digests)
        if isinstance(body, DecryptRequest):
            return 2 + 33 * len(body.t1)
        if isinstance(body, EcdhRequest):
            return 2 + (97 if body.mode == ecdh.RAW else 33) * len(body.points)
        if self.header.op == codes.OT_SETUP:
            return 0 if isinstance(body, ProofRequest) and body.ots else 32 + PART_1
        part1 = PART_1 if with_ot else 0
        sizes: dict[type, int] = {
            KeygenM1: 129 + part1,
            KeygenM3: 137,
            RefreshRequest: 89 + part1,
            ProofRequest: 1,
            EcSignRequest: EC_ANSWER,
        }
        return sizes.get(type(body), 17)


def _decode(header: Header, unsigned: bytes) -> Body:
    op, suite, with_ot = header.op, header.suite, header.with_ot
    if op == codes.KEYGEN:
        first = len(unsigned) == 97
        return KeygenM1.decode(unsigned) if first else KeygenM3.decode(unsigned, suite, with_ot=with_ot)
    if op == codes.SYNC:
        if unsigned:
            raise MalformedMessage("SYNC has no body")
        return None
    if op in (codes.CONFIRM, codes.ADOPT, codes.OT_SETUP):
        part2 = with_ot if op == codes.CONFIRM else op == codes.OT_SETUP and len(unsigned) > 64
        return ProofRequest.decode(unsigned, suite, with_ot=part2)
    if op == codes.REFRESH:
        return RefreshRequest.decode(unsigned, suite)
    decoders: dict[int, type[SignRequest | DecryptRequest | EcSignRequest | EcdhRequest]] = {
        codes.SIGN: SignRequest,
        codes.DECRYPT: DecryptRequest,
        codes.EC_SIGN: EcSignRequest,
        codes.ECDH: EcdhRequest,
    }
    return decoders[op].decode(unsigned)
