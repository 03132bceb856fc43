"""ServerInfoService: the public description of the service."""

from collections.abc import Callable, Sequence
from typing import Final

from google.protobuf import duration_pb2

from cosign.api.v1 import server_info_pb2 as pb
from cosign.api.v1 import server_info_pb2_grpc as rpc
from cosign.blocking import BlockingPool
from cosign.brands.ports import PolicyVersion
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.signing.model import EnvelopeKeyStatement
from cosign.timestamps import timestamp_ms
from hsm.ports import SecurityLevel

MAX_ITEMS: Final = 256
"""Digests of one Sign and ciphertexts of one Decrypt."""
REQUEST_LIFETIME_SECONDS: Final = 120
MIN_PIN_LENGTH: Final = 6

_LEVELS: Final = {
    SecurityLevel.SOFTWARE: pb.TOKEN_LEVEL_SOFTWARE,
    SecurityLevel.SEALED_RECORD: pb.TOKEN_LEVEL_SEALED_RECORD,
}


class ServerInfoServicer(rpc.ServerInfoServiceServicer):
    """Answers from memory; the envelope keys change once a week."""

    def __init__(
        self,
        *,
        version: str,
        server_id: str,
        identity_public_key: bytes,
        envelope_keys: Callable[[], Sequence[EnvelopeKeyStatement]],
        suites: Sequence[str],
        level: SecurityLevel,
        restore_epoch: Callable[[], int],
        clock: Clock,
        brands: Callable[[], Sequence[PolicyVersion]],
        blocking: BlockingPool,
    ) -> None:
        self._envelope_keys = envelope_keys
        self._restore_epoch = restore_epoch
        self._clock = clock
        self._brands = brands
        self._blocking = blocking
        self._fixed = pb.GetServerInfoResponse(
            version=version,
            server_id=server_id,
            identity_public_key=identity_public_key,
            suites=suites,
            token_level=_LEVELS[level],
            limits=pb.Limits(
                max_digests=MAX_ITEMS,
                max_ciphertexts=MAX_ITEMS,
                request_lifetime=duration_pb2.Duration(seconds=REQUEST_LIFETIME_SECONDS),
                min_pin_length=MIN_PIN_LENGTH,
            ),
        )

    async def GetServerInfo(self, request: pb.GetServerInfoRequest, context: CallContext) -> pb.GetServerInfoResponse:
        """See the proto."""
        response = pb.GetServerInfoResponse()
        response.CopyFrom(self._fixed)
        response.envelope_keys.extend(_encode(key) for key in self._envelope_keys())
        response.restore_epoch = self._restore_epoch()
        response.brands.extend(_summary(version) for version in await self._blocking.run(self._brands))
        response.server_time.CopyFrom(timestamp_ms(self._clock.now_ms()))
        return response


def _summary(version: PolicyVersion) -> pb.BrandSummary:
    return pb.BrandSummary(
        brand=version.brand,
        policy_version=version.version,
        title_zh=version.policy.title.zh,
        title_en=version.policy.title.en,
        platforms=[entry.platform.value for entry in version.policy.client.platforms],
    )


def _encode(key: EnvelopeKeyStatement) -> pb.EnvelopeKey:
    return pb.EnvelopeKey(
        core_key_id=key.core_key_id,
        suite=key.suite,
        public_key=key.public_key,
        not_before=timestamp_ms(key.not_before_ms),
        not_after=timestamp_ms(key.not_after_ms),
        statement_signature=key.signature,
    )
