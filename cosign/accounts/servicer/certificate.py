"""CertificateLoginService: login by document number and a co-signed challenge."""

from typing import Final

from cosign import ids, validation
from cosign.accounts.credentials import CHALLENGE_BYTES
from cosign.accounts.ports import AccountUnit
from cosign.accounts.servicer.calls import Calls, encode_session, key_proof, login_by, short_text
from cosign.accounts.usecases.login_certificate import CertificateWish, begin_certificate, finish_certificate
from cosign.accounts.usecases.open_login import OpenedSession
from cosign.api.v1 import certificate_login_pb2 as pb
from cosign.api.v1 import certificate_login_pb2_grpc as rpc
from cosign.call_context import CallContext
from cosign.devices.model import request_hash
from cosign.errors import CosignFault, FieldInvalid
from cosign.timestamps import timestamp
from protocol import _core
from protocol.errors import BadSignature, DeviceProofInvalid

_SERVICE: Final = "/cosign.api.v1.CertificateLoginService/"
_METHOD: Final = "certificate"
_MAX_DOCUMENT_NUMBER: Final = 64


class CertificateLoginServicer(rpc.CertificateLoginServiceServicer):
    """Opens sessions for phones that co-sign a challenge."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def BeginCertificateLogin(
        self, request: pb.BeginCertificateLoginRequest, context: CallContext
    ) -> pb.BeginCertificateLoginResponse:
        """See the proto."""
        calls = self._calls
        wish = self._wish(request, calls.limit_guest(context))
        try:
            challenge, expires_at = await calls.write(
                lambda unit: begin_certificate(unit, wish=wish, clock=calls.clock)
            )
        except CosignFault as fault:
            calls.count_login(_METHOD, fault.reason)
            raise
        return pb.BeginCertificateLoginResponse(challenge=challenge, expires_at=timestamp(expires_at))

    async def FinishCertificateLogin(
        self, request: pb.FinishCertificateLoginRequest, context: CallContext
    ) -> pb.FinishCertificateLoginResponse:
        """See the proto."""
        calls = self._calls
        address = calls.limit_guest(context)
        challenge = validation.exact_bytes("challenge", request.challenge, CHALLENGE_BYTES)
        signature = validation.exact_bytes("signature", request.signature, 64)
        bound = (challenge.hex(),)
        by = login_by(_SERVICE + "FinishCertificateLogin", bound, request.device, address=address, clock=calls.clock)

        def work(unit: AccountUnit) -> OpenedSession | CosignFault:
            return finish_certificate(
                unit,
                challenge=challenge,
                signature=signature,
                accepted=[document.document_id for document in request.accepted],
                by=by,
                tokens=calls.tokens,
                clock=calls.clock,
            )

        try:
            opened = await calls.write(work)
        except CosignFault as fault:
            calls.count_login(_METHOD, fault.reason)
            raise
        calls.count_login(_METHOD, "ok")
        return pb.FinishCertificateLoginResponse(session=encode_session(opened))

    def _wish(self, request: pb.BeginCertificateLoginRequest, address: str) -> CertificateWish:
        """Decodes the request and verifies its proof."""
        public_key = validation.exact_bytes("public_key", request.public_key, 33)
        _core.point_check("P256", public_key)
        document_number = short_text("document_number", request.document_number.strip(), _MAX_DOCUMENT_NUMBER)
        if not document_number:
            raise FieldInvalid("document_number", f"must be 1 to {_MAX_DOCUMENT_NUMBER} characters")
        key_id = validation.identifier("key_id", request.key_id, ids.KEY)
        texts = (request.brand, request.document_number, key_id)
        named = request_hash(*(text.encode() for text in texts), public_key)
        proof = key_proof("proof", _SERVICE + "BeginCertificateLogin", named, request.proof)
        try:
            proof.verify(public_key, self._calls.clock.now())
        except BadSignature:
            raise DeviceProofInvalid("wrong proof") from None
        return CertificateWish(
            brand=request.brand,
            document_number=document_number,
            key_id=key_id,
            public_key=public_key,
            proof=proof,
            address=address,
        )
