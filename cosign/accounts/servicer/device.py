"""AccountDeviceService: phones of an account and its logins."""

from collections.abc import Sequence

from sqlalchemy import Connection

from cosign import ids, validation
from cosign.accounts.model import LoginEntry
from cosign.accounts.ports import AccountUnit
from cosign.accounts.servicer.calls import Calls
from cosign.accounts.usecases.devices import (
    AccountDevice,
    block_device,
    disable_biometric,
    enrol_biometric,
    list_devices,
    release_device,
    set_preferences,
    unbind_device,
)
from cosign.api.v1 import account_device_pb2 as pb
from cosign.api.v1 import account_device_pb2_grpc as rpc
from cosign.call_context import CallContext
from cosign.paging import PageScope, page_size
from cosign.timestamps import timestamp


class AccountDeviceServicer(rpc.AccountDeviceServiceServicer):
    """Phones of the calling session's account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def ListLogins(self, request: pb.ListLoginsRequest, context: CallContext) -> pb.ListLoginsResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        size = page_size(request.page_size)
        scope = PageScope("ListLogins", principal.account_id, "")
        before = calls.pager.cursor(scope, request.page_token)

        def work(unit: AccountUnit) -> Sequence[LoginEntry]:
            return unit.sessions.logins(principal.account_id, before=before, limit=size + 1)

        found = await calls.read(work)
        cursor = found[size - 1].login_id if len(found) > size else ""
        return pb.ListLoginsResponse(
            logins=[_login(one) for one in found[:size]], next_page_token=calls.pager.token(scope, cursor)
        )

    async def ListAccountDevices(
        self, request: pb.ListAccountDevicesRequest, context: CallContext
    ) -> pb.ListAccountDevicesResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        size = page_size(request.page_size)
        scope = PageScope("ListAccountDevices", principal.account_id, "")
        before = calls.pager.cursor(scope, request.page_token)
        found = await calls.read(
            lambda unit: list_devices(unit, account_id=principal.account_id, before=before, limit=size + 1)
        )
        cursor = found[size - 1].device.device_id if len(found) > size else ""
        return pb.ListAccountDevicesResponse(
            devices=[_device(one, principal.device_id) for one in found[:size]],
            next_page_token=calls.pager.token(scope, cursor),
        )

    async def UnbindAccountDevice(
        self, request: pb.UnbindAccountDeviceRequest, context: CallContext
    ) -> pb.UnbindAccountDeviceResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        device_id = validation.identifier("device_id", request.device_id, ids.DEVICE)

        def effect(connection: Connection) -> pb.UnbindAccountDeviceResponse:
            left = unbind_device(
                calls.unit(connection),
                principal=principal,
                device_id=device_id,
                ticket=request.ticket,
                clock=calls.clock,
            )
            return pb.UnbindAccountDeviceResponse(left=left)

        scope = principal.account_id
        answer = await calls.once.run(request, pb.UnbindAccountDeviceResponse, scope=scope, effect=effect)
        calls.ended(principal.account_id, (device_id,))
        return answer

    async def BlockDevice(self, request: pb.BlockDeviceRequest, context: CallContext) -> pb.BlockDeviceResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        device_id = validation.identifier("device_id", request.device_id, ids.DEVICE)
        await calls.write(lambda unit: block_device(unit, principal=principal, device_id=device_id))
        calls.ended(principal.account_id, (device_id,))
        return pb.BlockDeviceResponse()

    async def ReleaseDevice(self, request: pb.ReleaseDeviceRequest, context: CallContext) -> pb.ReleaseDeviceResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        device_id = validation.identifier("device_id", request.device_id, ids.DEVICE)
        await calls.write(
            lambda unit: release_device(
                unit, principal=principal, device_id=device_id, ticket=request.ticket, clock=calls.clock
            )
        )
        return pb.ReleaseDeviceResponse()

    async def SetDevicePreferences(
        self, request: pb.SetDevicePreferencesRequest, context: CallContext
    ) -> pb.SetDevicePreferencesResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        phone = await calls.write(
            lambda unit: set_preferences(
                unit,
                principal=principal,
                remember_pin=request.remember_pin if request.HasField("remember_pin") else None,
                suppress_guide=request.suppress_guide if request.HasField("suppress_guide") else None,
                clock=calls.clock,
            )
        )
        until = phone.guide_suppressed_until
        return pb.SetDevicePreferencesResponse(
            remember_pin=phone.remember_pin,
            guide_suppressed_until=timestamp(until) if until and until > calls.clock.now() else None,
        )

    async def EnrolBiometric(
        self, request: pb.EnrolBiometricRequest, context: CallContext
    ) -> pb.EnrolBiometricResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        public_key = validation.exact_bytes("public_key", request.public_key, 33)
        proof = validation.exact_bytes("proof", request.proof, 64)
        await calls.write(lambda unit: enrol_biometric(unit, principal=principal, public_key=public_key, proof=proof))
        return pb.EnrolBiometricResponse()

    async def DisableBiometric(
        self, request: pb.DisableBiometricRequest, context: CallContext
    ) -> pb.DisableBiometricResponse:
        """See the proto."""
        principal = await self._calls.principal(context)
        await self._calls.write(lambda unit: disable_biometric(unit, principal=principal))
        return pb.DisableBiometricResponse()


def _login(entry: LoginEntry) -> pb.Login:
    return pb.Login(
        time=timestamp(entry.time),
        method=entry.method,
        result=entry.result,
        device_id=entry.device_id,
        device_label=entry.device_label,
        network=entry.network,
    )


def _device(entry: AccountDevice, calling: str) -> pb.AccountDevice:
    device, phone = entry.device, entry.phone
    return pb.AccountDevice(
        device_id=device.device_id,
        label=device.display_name,
        platform=phone.platform.replace("_", "-"),
        os_version=phone.os_version,
        app_version=phone.app_version,
        state=device.state.value,
        last_login_at=timestamp(phone.last_login_at),
        biometric=bool(phone.biometric_key),
        calling=device.device_id == calling,
    )
