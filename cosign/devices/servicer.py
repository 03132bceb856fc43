"""DeviceService: decode, call, encode. Faults pass through; the call interceptor turns them into statuses."""

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import Connection, Engine

from cosign import ids, validation
from cosign.api.v1 import device_pb2 as pb
from cosign.api.v1 import device_pb2_grpc as rpc
from cosign.blocking import BlockingPool
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.devices.directory import DeviceDirectory, SessionDirectory
from cosign.devices.model import Caller, Device, DeviceProof, DeviceState, code_hash, request_hash
from cosign.devices.ports import DeviceUnit
from cosign.devices.usecases.enrol import Enrolment, enrol
from cosign.devices.usecases.open_session import open_session, prove
from cosign.devices.usecases.unbind import unbind
from cosign.paging import Pager, PageScope, page_size
from cosign.request_once import RequestOnce
from cosign.store.unit_of_work import reading, writing
from cosign.timestamps import timestamp
from protocol import _core
from protocol.errors import BadSignature, DeviceProofInvalid

_SERVICE: Final = "/cosign.api.v1.DeviceService/"
_STATES: Final = {
    DeviceState.ACTIVE: pb.DEVICE_STATE_ACTIVE,
    DeviceState.LOCKED: pb.DEVICE_STATE_LOCKED,
    DeviceState.FROZEN: pb.DEVICE_STATE_FROZEN,
    DeviceState.BLOCKED: pb.DEVICE_STATE_BLOCKED,
    DeviceState.UNBOUND: pb.DEVICE_STATE_UNBOUND,
}


class DeviceServicer(rpc.DeviceServiceServicer):
    """Enrolment, sessions, list and unbinding of devices."""

    def __init__(
        self,
        *,
        engine: Engine,
        unit: Callable[[Connection], DeviceUnit],
        clock: Clock,
        blocking: BlockingPool,
        caller: Callable[[CallContext], Awaitable[Caller]],
        limit_enrolment: Callable[[CallContext], None],
        limit_device: Callable[[str], None],
        sessions: SessionDirectory,
        directory: DeviceDirectory,
        pager: Pager,
        once: RequestOnce,
    ) -> None:
        self._engine = engine
        self._unit = unit
        self._clock = clock
        self._blocking = blocking
        self._caller = caller
        self._limit_enrolment = limit_enrolment
        self._limit_device = limit_device
        self._sessions = sessions
        self._directory = directory
        self._pager = pager
        self._once = once

    async def EnrolDevice(self, request: pb.EnrolDeviceRequest, context: CallContext) -> pb.EnrolDeviceResponse:
        """See the proto."""
        self._limit_enrolment(context)
        validation.uuid_text("request_id", request.request_id)
        public_key = validation.exact_bytes("device_public_key", request.device_public_key, 33)
        _core.point_check("P256", public_key)
        named = request_hash(
            request.request_id.encode(), request.enrolment_code.encode(), public_key, request.display_name.encode()
        )
        proof = _proof("EnrolDevice", named, request)
        try:
            proof.verify(public_key, self._clock.now())
        except BadSignature:
            raise DeviceProofInvalid("wrong proof") from None
        enrolment = Enrolment(
            code_hash=code_hash(request.enrolment_code),
            public_key=request.device_public_key,
            display_name=request.display_name,
            proof=proof,
        )

        def effect(connection: Connection) -> pb.EnrolDeviceResponse:
            device = enrol(self._unit(connection), enrolment=enrolment, clock=self._clock)
            return pb.EnrolDeviceResponse(device=_encode(device))

        return await self._once.run(
            request,
            pb.EnrolDeviceResponse,
            scope=request_hash(public_key).hex(),
            effect=effect,
            ignoring=("proof", "proof_nonce", "proof_time"),
        )

    async def CreateSession(self, request: pb.CreateSessionRequest, context: CallContext) -> pb.CreateSessionResponse:
        """See the proto."""
        device_id = validation.identifier("device_id", request.device_id, ids.DEVICE)
        proof = _proof("CreateSession", request_hash(device_id.encode()), request)
        device = await self._blocking.run(self._prove, device_id, proof)
        self._limit_device(device_id)
        return await self._blocking.run(self._create_session, device, proof)

    def _prove(self, device_id: str, proof: DeviceProof) -> Device:
        with reading(self._engine) as connection:
            return prove(self._unit(connection), device_id=device_id, proof=proof, clock=self._clock)

    def _create_session(self, device: Device, proof: DeviceProof) -> pb.CreateSessionResponse:
        with writing(self._engine) as connection:
            token, expires_at = open_session(self._unit(connection), device=device, proof=proof, clock=self._clock)
        return pb.CreateSessionResponse(access_token=token, expires_at=expires_at)

    async def ListDevices(self, request: pb.ListDevicesRequest, context: CallContext) -> pb.ListDevicesResponse:
        """See the proto."""
        caller = await self._caller(context)
        size = page_size(request.page_size)
        scope = PageScope("ListDevices", caller.user_id, "")
        before = self._pager.cursor(scope, request.page_token)
        return await self._blocking.run(self._list, scope, before, size)

    def _list(self, scope: PageScope, before: str, size: int) -> pb.ListDevicesResponse:
        with reading(self._engine) as connection:
            page = self._unit(connection).devices(scope.caller, before=before, limit=size)
        return pb.ListDevicesResponse(
            devices=[_encode(device) for device in page.devices],
            next_page_token=self._pager.token(scope, page.cursor),
        )

    async def UnbindDevice(self, request: pb.UnbindDeviceRequest, context: CallContext) -> pb.UnbindDeviceResponse:
        """See the proto."""
        caller = await self._caller(context)
        device_id = validation.identifier("device_id", request.device_id, ids.DEVICE)

        def effect(connection: Connection) -> pb.UnbindDeviceResponse:
            device = unbind(self._unit(connection), device_id=device_id, caller=caller, clock=self._clock)
            return pb.UnbindDeviceResponse(device=_encode(device))

        response = await self._once.run(request, pb.UnbindDeviceResponse, scope=caller.device_id, effect=effect)
        self._directory.forget(device_id)
        self._sessions.forget(device_id)
        return response


def _proof(name: str, named: bytes, request: pb.EnrolDeviceRequest | pb.CreateSessionRequest) -> DeviceProof:
    return DeviceProof(
        method=_SERVICE + name,
        request_hash=named,
        time=validation.moment("proof_time", request.proof_time),
        nonce=validation.exact_bytes("proof_nonce", request.proof_nonce, 16),
        signature=validation.exact_bytes("proof", request.proof, 64),
    )


def _encode(device: Device) -> pb.Device:
    return pb.Device(
        device_id=device.device_id,
        user_id=device.user_id,
        display_name=device.display_name,
        state=_STATES[device.state],
        enrolled_at=timestamp(device.enrolled_at),
    )
