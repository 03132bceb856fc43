"""Serves `ComputerLoginService`: decodes, calls the use cases, encodes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine

from cosign import ids, validation
from cosign.accounts import Principal
from cosign.accounts.usecases.profile import get_profile
from cosign.api.v1 import computer_login_pb2 as pb
from cosign.api.v1 import computer_login_pb2_grpc as rpc
from cosign.blocking import BlockingPool
from cosign.brands import Brands, ComputerConfirmation
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.computer_logins.callers import ComputerCallers
from cosign.computer_logins.model import ComputerLogin, ComputerLoginState, ComputerSession
from cosign.computer_logins.ports import ComputerUnit
from cosign.computer_logins.usecases import approve
from cosign.computer_logins.usecases.begin import begin, collect, look
from cosign.computer_logins.usecases.sessions import end_computer, list_computers
from cosign.computer_logins.waiting import MOST_WAIT_SECONDS, ComputerWaiters
from cosign.devices.model import DeviceProof, check_display_name, request_hash
from cosign.errors import CosignFault, FieldInvalid
from cosign.store.unit_of_work import reading, writing
from cosign.timestamps import timestamp

T = TypeVar("T")

_SERVICE: Final = "/cosign.api.v1.ComputerLoginService/"
_METHOD: Final = "computer"
_MAX_QR: Final = 200
_STATES: Final = {one: f"COMPUTER_LOGIN_STATE_{one.name}" for one in ComputerLoginState}
_CONFIRMATIONS: Final = {one: f"COMPUTER_CONFIRMATION_{one.name}" for one in ComputerConfirmation}


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the servicer works on."""

    engine: Engine
    unit: Callable[[Connection], ComputerUnit]
    brands: Brands
    clock: Clock
    blocking: BlockingPool
    waiters: ComputerWaiters
    computers: ComputerCallers
    principal: Callable[[CallContext], Awaitable[Principal]]
    limit_guest: Callable[[CallContext], str]
    """Charges a call without a session to the peer's address, and returns the address."""
    count_login: Callable[[str, str], None]
    """Counts a login by method and result."""


class ComputerLoginServicer(rpc.ComputerLoginServiceServicer):
    """Lets computers in."""

    def __init__(self, environment: Environment) -> None:
        self._all = environment

    async def BeginComputerLogin(
        self, request: pb.BeginComputerLoginRequest, context: CallContext
    ) -> pb.BeginComputerLoginResponse:
        """See the proto."""
        address, clock = self._all.limit_guest(context), self._all.clock
        label = _label(request.label)
        begun = await self._write(
            lambda unit: begin(unit, brand=request.brand, label=label, address=address, clock=clock)
        )
        return pb.BeginComputerLoginResponse(
            login_id=begun.login.login_id,
            qr_text=begun.qr_text,
            secret=begun.secret,
            number=begun.number,
            expires_at=timestamp(begun.login.expires_at),
        )

    async def WatchComputerLogin(
        self, request: pb.WatchComputerLoginRequest, context: CallContext
    ) -> pb.WatchComputerLoginResponse:
        """See the proto."""
        self._all.limit_guest(context)
        login_id = validation.identifier("login_id", request.login_id, ids.COMPUTER_LOGIN)
        wait = request.wait.seconds + request.wait.nanos / 1e9
        if not 0 <= wait <= MOST_WAIT_SECONDS:
            raise FieldInvalid("wait", f"must be 0 to {MOST_WAIT_SECONDS:g} seconds")
        waiters, known = self._all.waiters, pb.ComputerLoginState.Name(request.state)
        state = await self._look(login_id, request.secret)

        async def changed() -> bool:
            nonlocal state
            state = await self._look(login_id, request.secret)
            return _STATES[state] != known

        if wait > 0 and _STATES[state] == known and waiters.admits(login_id):
            with waiters.reader(login_id) as reader:
                await reader.wait(wait, changed)
        if state is not ComputerLoginState.CONFIRMED:
            return pb.WatchComputerLoginResponse(state=_STATES[state])
        try:
            collected = await self._write(
                lambda unit: collect(unit, login_id=login_id, secret=request.secret, clock=self._all.clock)
            )
        except CosignFault as fault:
            self._all.count_login(_METHOD, fault.reason)
            raise
        self._all.count_login(_METHOD, "ok")
        session = collected.session
        return pb.WatchComputerLoginResponse(
            state=_STATES[ComputerLoginState.CONSUMED],
            session=pb.ComputerSession(
                access_token=collected.bearer,
                expires_at=timestamp(session.expires_at),
                account_id=session.account_id,
                computer_id=session.computer_id,
            ),
        )

    async def ScanComputerLogin(
        self, request: pb.ScanComputerLoginRequest, context: CallContext
    ) -> pb.ScanComputerLoginResponse:
        """See the proto."""
        principal = await self._all.principal(context)
        qr_text, clock = request.qr_text[: _MAX_QR + 1], self._all.clock
        login = await self._write(lambda unit: approve.scan(unit, principal=principal, qr_text=qr_text, clock=clock))
        confirmation = self._all.brands.policy(login.brand).computers.confirmation
        return pb.ScanComputerLoginResponse(
            login_id=login.login_id,
            label=login.label,
            network=login.network,
            created_at=timestamp(login.created_at),
            expires_at=timestamp(login.expires_at),
            confirmation=_CONFIRMATIONS[confirmation],
        )

    async def ConfirmComputerLogin(
        self, request: pb.ConfirmComputerLoginRequest, context: CallContext
    ) -> pb.ConfirmComputerLoginResponse:
        """See the proto."""
        principal = await self._all.principal(context)
        approval = approve.Approval(
            login_id=validation.identifier("login_id", request.login_id, ids.COMPUTER_LOGIN),
            number=request.number[:8],
            proof=DeviceProof(
                method=_SERVICE + "ConfirmComputerLogin",
                request_hash=request_hash(request.login_id.encode(), request.number.encode()),
                time=validation.moment("proof.time", request.proof.time),
                nonce=validation.exact_bytes("proof.nonce", request.proof.nonce, 16),
                signature=validation.exact_bytes("proof.signature", request.proof.signature, 64),
            ),
            signature=request.signature and validation.exact_bytes("signature", request.signature, 64),
            key_id=request.key_id and validation.identifier("key_id", request.key_id, ids.KEY),
        )

        def work(unit: ComputerUnit) -> ComputerLogin | CosignFault:
            return approve.confirm(unit, principal=principal, approval=approval, clock=self._all.clock)

        await self._write(work)
        return pb.ConfirmComputerLoginResponse()

    async def RefuseComputerLogin(
        self, request: pb.RefuseComputerLoginRequest, context: CallContext
    ) -> pb.RefuseComputerLoginResponse:
        """See the proto."""
        principal = await self._all.principal(context)
        login_id, clock = validation.identifier("login_id", request.login_id, ids.COMPUTER_LOGIN), self._all.clock
        await self._write(lambda unit: approve.refuse(unit, principal=principal, login_id=login_id, clock=clock))
        return pb.RefuseComputerLoginResponse()

    async def ListComputers(self, request: pb.ListComputersRequest, context: CallContext) -> pb.ListComputersResponse:
        """See the proto."""
        account_id = (await self._all.principal(context)).account_id
        found = await self._read(lambda unit: list_computers(unit, account_id=account_id, clock=self._all.clock))
        return pb.ListComputersResponse(computers=[_computer(one) for one in found])

    async def EndComputer(self, request: pb.EndComputerRequest, context: CallContext) -> pb.EndComputerResponse:
        """See the proto."""
        account_id = (await self._all.principal(context)).account_id
        computer_id = validation.identifier("computer_id", request.computer_id, ids.COMPUTER)
        await self._end(account_id, computer_id, "ended")
        return pb.EndComputerResponse()

    async def GetComputerSession(
        self, request: pb.GetComputerSessionRequest, context: CallContext
    ) -> pb.GetComputerSessionResponse:
        """See the proto."""
        computer = await self._all.computers.principal(context)
        profile = await self._read(lambda unit: get_profile(unit.accounts, account_id=computer.account_id))
        return pb.GetComputerSessionResponse(
            account_id=computer.account_id,
            computer_id=computer.computer_id,
            brand=computer.brand,
            phone_number_masked=profile.phone_number_masked,
            name_masked=profile.name_masked,
            verified=bool(profile.account.person_id),
            acting_identity_id=computer.acting,
            expires_at=timestamp(computer.expires_at),
        )

    async def LogoutComputer(
        self, request: pb.LogoutComputerRequest, context: CallContext
    ) -> pb.LogoutComputerResponse:
        """See the proto."""
        computer = await self._all.computers.principal(context)
        await self._end(computer.account_id, computer.computer_id, "logout")
        return pb.LogoutComputerResponse()

    async def _end(self, account_id: str, computer_id: str, reason: str) -> None:
        clock = self._all.clock
        await self._write(
            lambda unit: end_computer(unit, account_id=account_id, computer_id=computer_id, reason=reason, clock=clock)
        )

    async def _look(self, login_id: str, secret: str) -> ComputerLoginState:
        clock = self._all.clock
        return await self._read(lambda unit: look(unit, login_id=login_id, secret=secret, clock=clock))

    async def _read(self, work: Callable[[ComputerUnit], T]) -> T:
        def run() -> T:
            with reading(self._all.engine) as connection:
                return work(self._all.unit(connection))

        return await self._all.blocking.run(run)

    async def _write(self, work: Callable[[ComputerUnit], T | CosignFault]) -> T:
        """Runs `work` in a transaction. A fault that it returns is raised after the commit."""

        def run() -> T | CosignFault:
            with writing(self._all.engine) as connection:
                return work(self._all.unit(connection))

        result = await self._all.blocking.run(run)
        if isinstance(result, CosignFault):
            raise result
        return result


def _label(text: str) -> str:
    try:
        return check_display_name(text)
    except FieldInvalid:
        raise FieldInvalid("label", "must be 1 to 64 characters without control characters") from None


def _computer(session: ComputerSession) -> pb.Computer:
    return pb.Computer(
        computer_id=session.computer_id,
        label=session.label,
        network=session.network,
        opened_at=timestamp(session.opened_at),
        expires_at=timestamp(session.expires_at),
        device_id=session.device_id,
    )
