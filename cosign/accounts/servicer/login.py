"""LoginService: registration and login."""

from collections.abc import Awaitable, Iterable
from typing import Final, NoReturn, TypeVar

from cosign import ids, validation
from cosign.accounts.codes import CodePurpose
from cosign.accounts.model import Account, normal_number
from cosign.accounts.ports import AccountUnit
from cosign.accounts.servicer.calls import (
    Calls,
    encode_session,
    key_proof,
    login_by,
    password_text,
)
from cosign.accounts.usecases import login_password as by_password
from cosign.accounts.usecases import passwords as rules
from cosign.accounts.usecases.biometric import begin_biometric, finish_biometric
from cosign.accounts.usecases.codes import peek_ticket
from cosign.accounts.usecases.login_sms import HalfLogin, login_sms
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession
from cosign.accounts.usecases.register import register
from cosign.api.v1 import login_pb2 as pb
from cosign.api.v1 import login_pb2_grpc as rpc
from cosign.call_context import CallContext
from cosign.devices.model import request_hash
from cosign.errors import CosignFault
from cosign.timestamps import timestamp

T = TypeVar("T")

_SERVICE: Final = "/cosign.api.v1.LoginService/"
_STEPS: Final = {
    CodePurpose.HALF_PASSWORD: pb.SECOND_STEP_PASSWORD,
    CodePurpose.HALF_CODE: pb.SECOND_STEP_CODE,
    CodePurpose.HALF_FIRST_PASSWORD: pb.SECOND_STEP_FIRST_PASSWORD,
}


class LoginServicer(rpc.LoginServiceServicer):
    """Opens sessions."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def Register(self, request: pb.RegisterRequest, context: CallContext) -> pb.RegisterResponse:
        """See the proto."""
        calls = self._calls
        by = self._by(context, "Register", request.device, request.ticket)
        hashed = ""
        if request.password:
            password = password_text("password", request.password)
            proved = await calls.read(
                lambda unit: peek_ticket(unit, request.ticket, CodePurpose.REGISTER, clock=calls.clock)
            )
            policy = calls.brands.policy(proved.brand)
            rules.check_rules(policy, password, request.confirmation, phone_number=proved.phone_number, name="")
            hashed = await calls.passwords.hash(password, policy.password.cost)

        def work(unit: AccountUnit) -> OpenedSession:
            return register(
                unit,
                ticket=request.ticket,
                password_hash=hashed,
                accepted=_documents(request.accepted),
                insists=request.new_account,
                by=by,
                tokens=calls.tokens,
                clock=calls.clock,
            )

        return pb.RegisterResponse(session=encode_session(await self._logged("register", calls.write(work))))

    async def LoginSms(self, request: pb.LoginSmsRequest, context: CallContext) -> pb.LoginSmsResponse:
        """See the proto."""
        calls = self._calls
        by = self._by(context, "LoginSms", request.device, request.ticket)

        def work(unit: AccountUnit) -> OpenedSession | HalfLogin:
            return login_sms(
                unit,
                ticket=request.ticket,
                accepted=_documents(request.accepted),
                insists=request.new_account,
                by=by,
                tokens=calls.tokens,
                clock=calls.clock,
            )

        opened: OpenedSession | HalfLogin = await self._logged("sms", calls.write(work))
        if isinstance(opened, HalfLogin):
            return pb.LoginSmsResponse(half=encode_half(opened))
        return pb.LoginSmsResponse(session=encode_session(opened))

    async def LoginPassword(self, request: pb.LoginPasswordRequest, context: CallContext) -> pb.LoginPasswordResponse:
        """See the proto."""
        number = normal_number("phone_number", request.phone_number)
        by = self._by(context, "LoginPassword", request.device, request.brand, request.phone_number)
        password = password_text("password", request.password)
        opened = await self._logged(
            "password", self._by_password(request.brand, number, password, "", _documents(request.accepted), by)
        )
        if isinstance(opened, HalfLogin):
            return pb.LoginPasswordResponse(half=encode_half(opened))
        return pb.LoginPasswordResponse(session=encode_session(opened))

    async def EnterPassword(self, request: pb.EnterPasswordRequest, context: CallContext) -> pb.EnterPasswordResponse:
        """See the proto."""
        calls = self._calls
        by = self._by(context, "EnterPassword", request.device, request.ticket)
        password = password_text("password", request.password)
        half = await calls.read(
            lambda unit: peek_ticket(unit, request.ticket, CodePurpose.HALF_PASSWORD, clock=calls.clock)
        )
        opened = await self._logged(
            "sms+password",
            self._by_password(
                half.brand, half.phone_number, password, request.ticket, _documents(request.accepted), by
            ),
        )
        if isinstance(opened, HalfLogin):
            raise TypeError("a second step ends with a session")
        return pb.EnterPasswordResponse(session=encode_session(opened))

    async def EnterCode(self, request: pb.EnterCodeRequest, context: CallContext) -> pb.EnterCodeResponse:
        """See the proto."""
        calls = self._calls
        by = self._by(context, "EnterCode", request.device, request.ticket)

        def work(unit: AccountUnit) -> OpenedSession:
            return by_password.enter_code(
                unit,
                half=request.ticket,
                code_ticket=request.code_ticket,
                accepted=_documents(request.accepted),
                by=by,
                tokens=calls.tokens,
                clock=calls.clock,
            )

        return pb.EnterCodeResponse(session=encode_session(await self._logged("sms+password", calls.write(work))))

    async def ChooseFirstPassword(
        self, request: pb.ChooseFirstPasswordRequest, context: CallContext
    ) -> pb.ChooseFirstPasswordResponse:
        """See the proto."""
        calls = self._calls
        by = self._by(context, "ChooseFirstPassword", request.device, request.ticket)
        password = password_text("password", request.password)
        hashed = await self._checked(request.ticket, (CodePurpose.HALF_FIRST_PASSWORD,), password, request.confirmation)

        def work(unit: AccountUnit) -> OpenedSession:
            return rules.choose_first_password(
                unit,
                ticket=request.ticket,
                password_hash=hashed,
                accepted=_documents(request.accepted),
                by=by,
                tokens=calls.tokens,
                clock=calls.clock,
            )

        opened = await self._logged("register", calls.write(work))
        return pb.ChooseFirstPasswordResponse(session=encode_session(opened))

    async def ResetPassword(self, request: pb.ResetPasswordRequest, context: CallContext) -> pb.ResetPasswordResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        password = password_text("new_password", request.new_password)
        hashed = await self._checked(request.ticket, rules.RESET_PURPOSES, password, request.confirmation)

        def work(unit: AccountUnit) -> str:
            return rules.reset_password(unit, ticket=request.ticket, password_hash=hashed, clock=calls.clock)

        calls.ended(await calls.write(work), ())
        return pb.ResetPasswordResponse()

    async def BeginBiometricLogin(
        self, request: pb.BeginBiometricLoginRequest, context: CallContext
    ) -> pb.BeginBiometricLoginResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        device_id = validation.identifier("device_id", request.device_id, ids.DEVICE)
        challenge, expires_at = await calls.write(
            lambda unit: begin_biometric(unit, device_id=device_id, clock=calls.clock)
        )
        return pb.BeginBiometricLoginResponse(challenge=challenge, expires_at=timestamp(expires_at))

    async def FinishBiometricLogin(
        self, request: pb.FinishBiometricLoginRequest, context: CallContext
    ) -> pb.FinishBiometricLoginResponse:
        """See the proto."""
        calls = self._calls
        address = calls.limit_guest(context)
        device_id = validation.identifier("device_id", request.device_id, ids.DEVICE)
        challenge = validation.exact_bytes("challenge", request.challenge, 32)
        signature = validation.exact_bytes("signature", request.signature, 64)
        named = request_hash(challenge, device_id.encode())
        proof = key_proof("proof", _SERVICE + "FinishBiometricLogin", named, request.proof)

        def work(unit: AccountUnit) -> OpenedSession:
            return finish_biometric(
                unit,
                device_id=device_id,
                challenge=challenge,
                signature=signature,
                proof=proof,
                address=address,
                tokens=calls.tokens,
                clock=calls.clock,
            )

        opened = await self._logged("biometric", calls.write(work))
        return pb.FinishBiometricLoginResponse(session=encode_session(opened))

    def _by(self, context: CallContext, method: str, device: pb.LoginDevice, *bound: str) -> LoginBy:
        """Charges the call and decodes the phone."""
        address = self._calls.limit_guest(context)
        return login_by(_SERVICE + method, bound, device, address=address, clock=self._calls.clock)

    async def _by_password(
        self, brand: str, number: str, password: str, half: str, accepted: list[str], by: LoginBy
    ) -> OpenedSession | HalfLogin:
        calls = self._calls

        def begin(unit: AccountUnit) -> by_password.Attempt | Exception:
            return by_password.begin(unit, brand=brand, phone_number=number, address=by.address, clock=calls.clock)

        attempt = await calls.write(begin)
        cost = attempt.policy.password.cost
        if not await calls.passwords.verify(attempt.stored, password, cost):
            await self._fail(attempt, by)
        rehashed = await calls.passwords.hash(password, cost) if by_password.needs_rehash(attempt) else ""

        def finish(unit: AccountUnit) -> OpenedSession | HalfLogin:
            return by_password.finish(
                unit,
                attempt=attempt,
                half=half,
                rehashed=rehashed,
                accepted=accepted,
                by=by,
                tokens=calls.tokens,
                clock=calls.clock,
            )

        return await calls.write(finish)

    async def _fail(self, attempt: by_password.Attempt, by: LoginBy) -> NoReturn:
        def fail(unit: AccountUnit) -> CosignFault:
            return by_password.fail(unit, attempt=attempt, by=by, clock=self._calls.clock)

        await self._calls.write(fail)
        raise TypeError("a failure is a fault")

    async def _checked(self, ticket: str, purposes: tuple[CodePurpose, ...], password: str, confirmation: str) -> str:
        """The hash of a new password that meets the rules for the account of a ticket."""
        calls = self._calls

        def check(unit: AccountUnit) -> tuple[Account, list[str]]:
            account = rules.account_of_ticket(unit, ticket, *purposes, clock=calls.clock)
            return account, list(rules.check_new(unit, account, password, confirmation))

        account, former = await calls.read(check)
        cost = calls.brands.policy(account.brand).password.cost
        if await calls.passwords.among(former, password, cost):
            raise rules.used_before()
        return await calls.passwords.hash(password, cost)

    async def _logged(self, method: str, work: Awaitable[T]) -> T:
        """Counts what becomes of a login."""
        try:
            done = await work
        except CosignFault as fault:
            self._calls.count_login(method, fault.reason)
            raise
        self._calls.count_login(method, "half" if isinstance(done, HalfLogin) else "ok")
        return done


def _documents(accepted: Iterable[pb.AcceptedDocument]) -> list[str]:
    return [document.document_id for document in accepted]


def encode_half(half: HalfLogin) -> pb.HalfSession:
    """The message of a login that waits for its second step."""
    return pb.HalfSession(ticket=half.ticket, step=_STEPS[half.purpose], expires_at=timestamp(half.expires_at))
