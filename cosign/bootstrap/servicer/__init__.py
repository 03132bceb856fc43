"""BootstrapService: decode, call, encode. Faults pass through; the call guard turns them into statuses."""

import re
from collections.abc import Callable

from sqlalchemy import Connection, Engine

from cosign.api.v1 import bootstrap_pb2 as pb
from cosign.api.v1 import bootstrap_pb2_grpc as rpc
from cosign.blocking import BlockingPool
from cosign.bootstrap.servicer.messages import encode_config, encode_platform, etag_of
from cosign.brands import Brands, Operation
from cosign.brands.clients import judge_version, platform_of, read_platform, read_version, region_of
from cosign.brands.environments import LABEL
from cosign.brands.model import REGION
from cosign.brands.ports import BrandUnit
from cosign.brands.usecases.environments import resolve_environment
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.content.ports import ContentUnit
from cosign.content.servicer.messages import encode_text, encode_time
from cosign.errors import FieldInvalid
from cosign.store.unit_of_work import reading

MAX_ETAG = 64


class BootstrapServicer(rpc.BootstrapServiceServicer):
    """Open to guests, limited by address."""

    def __init__(
        self,
        *,
        engine: Engine,
        brands: Brands,
        brand_unit: Callable[[Connection], BrandUnit],
        content_unit: Callable[[Connection], ContentUnit],
        identity_public_key: bytes,
        sign: Callable[[str, list[bytes]], bytes],
        clock: Clock,
        blocking: BlockingPool,
        limit_guest: Callable[[CallContext], None],
    ) -> None:
        """`sign` is `ServerCore.sign_statement`, whose key is `identity_public_key`, 33 bytes."""
        self._engine = engine
        self._brands = brands
        self._brand_unit = brand_unit
        self._content_unit = content_unit
        self._identity_public_key = identity_public_key
        self._sign = sign
        self._clock = clock
        self._blocking = blocking
        self._limit_guest = limit_guest

    async def GetConfig(self, request: pb.GetConfigRequest, context: CallContext) -> pb.GetConfigResponse:
        """See the proto."""
        self._limit_guest(context)
        platform = read_platform("platform", request.platform)
        if len(request.etag) > MAX_ETAG:
            raise FieldInvalid("etag", f"must have at most {MAX_ETAG} characters")

        def read() -> pb.GetConfigResponse:
            policy = self._brands.policy(request.brand)
            required = platform_of(policy, platform)
            kinds = {kind for operation in Operation for kind in policy.agreements.required(operation)}
            with reading(self._engine) as connection:
                current = self._content_unit(connection).current(request.brand, sorted(kinds), self._clock.now())
            config = encode_config(request.brand, policy, required, current)
            etag = etag_of(config)
            if request.etag == etag:
                return pb.GetConfigResponse(etag=etag, not_modified=True)
            return pb.GetConfigResponse(etag=etag, config=config)

        return await self._blocking.run(read)

    async def CheckVersion(self, request: pb.CheckVersionRequest, context: CallContext) -> pb.CheckVersionResponse:
        """See the proto."""
        self._limit_guest(context)
        platform = read_platform("platform", request.platform)
        app = read_version("app_version", request.app_version)
        system = read_version("os_version", request.os_version)
        policy = await self._blocking.run(self._brands.policy, request.brand)
        verdict = judge_version(policy, platform=platform, app_version=app, os_version=system)
        return pb.CheckVersionResponse(
            required=encode_platform(verdict.required),
            upgrade_available=verdict.upgrade_available,
            upgrade_required=verdict.upgrade_required,
            os_too_old=verdict.os_too_old,
        )

    async def ResolveEnvironment(
        self, request: pb.ResolveEnvironmentRequest, context: CallContext
    ) -> pb.ResolveEnvironmentResponse:
        """See the proto."""
        self._limit_guest(context)

        def read() -> pb.ResolveEnvironmentResponse:
            with reading(self._engine) as connection:
                environment = resolve_environment(
                    self._brand_unit(connection),
                    self._brands,
                    code=request.code,
                    identity_public_key=self._identity_public_key,
                    clock=self._clock,
                )
            return pb.ResolveEnvironmentResponse(
                environment_id=environment.environment_id,
                brand=environment.brand,
                name=environment.name,
                endpoint=environment.endpoint,
                expires_at=encode_time(environment.expires_at),
                signature=self._sign(LABEL, environment.fields()),
            )

        return await self._blocking.run(read)

    async def ResolveRegion(self, request: pb.ResolveRegionRequest, context: CallContext) -> pb.ResolveRegionResponse:
        """See the proto."""
        self._limit_guest(context)
        if re.fullmatch(REGION.pattern, request.region_code, re.ASCII) is None:
            raise FieldInvalid("region_code", f"must be {REGION.name}")
        policy = await self._blocking.run(self._brands.policy, request.brand)
        found = region_of(policy, request.region_code)
        response = pb.ResolveRegionResponse(
            choices=[pb.RegionChoice(code=one.code, name=encode_text(one.name)) for one in policy.regions]
        )
        if found is not None:
            response.region, response.trading_platform = found.code, found.platform
            response.name.CopyFrom(encode_text(found.name))
        return response
