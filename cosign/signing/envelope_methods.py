"""The methods that carry an envelope and nothing else: bytes in, bytes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cosign import validation
from cosign.api.v1 import key_pb2, share_pb2, signing_pb2
from cosign.validation import ENVELOPE_LIMIT, SMALL_ENVELOPE_LIMIT
from protocol.codes import Op

_API: Final = "/cosign.api.v1."


@dataclass(frozen=True, slots=True)
class EnvelopeMethod:
    """One method of the public API."""

    path: str
    """Full gRPC name."""
    op: Op
    """What the envelope must carry."""
    limit: int
    """Longest envelope in bytes."""
    _request: Any
    _response: Callable[..., Any]

    def decode(self, message: bytes) -> bytes:
        """The envelope of an encoded request.

        Raises:
            FieldInvalid: Empty or too long.
            google.protobuf.message.DecodeError: Not a request of this method.
        """
        return validation.envelope(self._request.FromString(message).envelope, self.limit)

    def encode(self, answer: bytes) -> bytes:
        """The encoded response that carries the answer frame (E2E-3)."""
        encoded: bytes = self._response(answer=answer).SerializeToString()
        return encoded


ENVELOPE_METHODS: Final = (
    EnvelopeMethod(
        _API + "SigningService/Sign", Op.SIGN, ENVELOPE_LIMIT, signing_pb2.SignRequest, signing_pb2.SignResponse
    ),
    EnvelopeMethod(
        _API + "SigningService/Decrypt",
        Op.DECRYPT,
        ENVELOPE_LIMIT,
        signing_pb2.DecryptRequest,
        signing_pb2.DecryptResponse,
    ),
    EnvelopeMethod(
        _API + "SigningService/SignEcdsa",
        Op.EC_SIGN,
        ENVELOPE_LIMIT,
        signing_pb2.SignEcdsaRequest,
        signing_pb2.SignEcdsaResponse,
    ),
    EnvelopeMethod(
        _API + "SigningService/Agree", Op.ECDH, ENVELOPE_LIMIT, signing_pb2.AgreeRequest, signing_pb2.AgreeResponse
    ),
    EnvelopeMethod(
        _API + "ShareService/SetUpOt",
        Op.OT_SETUP,
        ENVELOPE_LIMIT,
        share_pb2.SetUpOtRequest,
        share_pb2.SetUpOtResponse,
    ),
    EnvelopeMethod(
        _API + "ShareService/Refresh",
        Op.REFRESH,
        SMALL_ENVELOPE_LIMIT,
        share_pb2.RefreshRequest,
        share_pb2.RefreshResponse,
    ),
    EnvelopeMethod(
        _API + "ShareService/Confirm",
        Op.CONFIRM,
        ENVELOPE_LIMIT,
        share_pb2.ConfirmRequest,
        share_pb2.ConfirmResponse,
    ),
    EnvelopeMethod(
        _API + "ShareService/Sync", Op.SYNC, SMALL_ENVELOPE_LIMIT, share_pb2.SyncRequest, share_pb2.SyncResponse
    ),
    EnvelopeMethod(
        _API + "ShareService/Adopt", Op.ADOPT, SMALL_ENVELOPE_LIMIT, share_pb2.AdoptRequest, share_pb2.AdoptResponse
    ),
    EnvelopeMethod(
        _API + "KeyService/BeginKeygen",
        Op.KEYGEN,
        SMALL_ENVELOPE_LIMIT,
        key_pb2.BeginKeygenRequest,
        key_pb2.BeginKeygenResponse,
    ),
    EnvelopeMethod(
        _API + "KeyService/FinishKeygen",
        Op.KEYGEN,
        ENVELOPE_LIMIT,
        key_pb2.FinishKeygenRequest,
        key_pb2.FinishKeygenResponse,
    ),
)
