"""A computer in front of the servicer, and the phone that lets it in."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import duration_pb2
from sqlalchemy import Connection, Engine

from cosign.accounts.model import Principal
from cosign.api.v1 import computer_login_pb2 as pb
from cosign.call_context import CallContext
from cosign.computer_logins.callers import ComputerCallers
from cosign.computer_logins.repository import SqlComputerUnit
from cosign.computer_logins.servicer import ComputerLoginServicer, Environment
from cosign.computer_logins.waiting import ComputerWaiters
from cosign.store.unit_of_work import writing
from cosign.store.waker import LocalWaker, Waker
from tests.cosign.accounts.world import Context, TestPhone, World

BRAND = "bzt"
SERVICE = "ComputerLoginService"


class Desk:
    """The servicer of one node."""

    def __init__(self, world: World, *, engine: Engine | None = None, waker: Waker | None = None) -> None:
        self.world, self.engine = world, engine or world.engine
        self.counted: list[tuple[str, str]] = []
        self.callers = ComputerCallers(
            self.engine, unit=self.unit, clock=world.clock, blocking=world.blocking, limit=world.callers.limit_device
        )
        self.waiters = ComputerWaiters(waker or LocalWaker(self.engine), draining=lambda: False)
        self.servicer = ComputerLoginServicer(
            Environment(
                engine=self.engine,
                unit=self.unit,
                brands=world.brands,
                clock=world.clock,
                blocking=world.blocking,
                waiters=self.waiters,
                computers=self.callers,
                principal=self.principal,
                limit_guest=world.callers.limit_guest,
                count_login=lambda method, result: self.counted.append((method, result)),
            )
        )

    async def principal(self, context: CallContext) -> Principal:
        return await self.world.callers.principal(context)

    def unit(self, connection: Connection) -> SqlComputerUnit:
        return SqlComputerUnit(connection, accounts=self.world.unit(connection), personal=self.world.personal)

    def do(self, work: Callable[[SqlComputerUnit], Any]) -> Any:
        with writing(self.engine) as connection:
            return work(self.unit(connection))

    async def computer(self, *, address: str = "198.51.100.9") -> "Computer":
        request = pb.BeginComputerLoginRequest(brand=BRAND, label="Browser 120 on Desk")
        return Computer(self, await self.servicer.BeginComputerLogin(request, Context(address=address)))

    async def scan(self, phone: TestPhone, computer: "Computer") -> pb.ScanComputerLoginResponse:
        request = pb.ScanComputerLoginRequest(qr_text=computer.begun.qr_text)
        return await self.servicer.ScanComputerLogin(request, phone.context)

    async def confirm(
        self, phone: TestPhone, computer: "Computer", *, number: str = "", signature: bytes = b"", key_id: str = ""
    ) -> None:
        login_id, number = computer.begun.login_id, number or computer.begun.number
        request = pb.ConfirmComputerLoginRequest(
            login_id=login_id,
            number=number,
            proof=phone.proof(f"{SERVICE}/ConfirmComputerLogin", login_id.encode(), number.encode()),
            signature=signature,
            key_id=key_id,
        )
        await self.servicer.ConfirmComputerLogin(request, phone.context)

    async def refuse(self, phone: TestPhone, computer: "Computer") -> None:
        request = pb.RefuseComputerLoginRequest(login_id=computer.begun.login_id)
        await self.servicer.RefuseComputerLogin(request, phone.context)

    async def computers(self, phone: TestPhone) -> list[pb.Computer]:
        return list((await self.servicer.ListComputers(pb.ListComputersRequest(), phone.context)).computers)

    async def let_in(self, phone: TestPhone) -> "Computer":
        computer = await self.computer()
        await self.scan(phone, computer)
        await self.confirm(phone, computer)
        await computer.watch()
        return computer


class Computer:
    """A page that shows a QR code."""

    def __init__(self, desk: Desk, begun: pb.BeginComputerLoginResponse) -> None:
        self.desk, self.begun = desk, begun
        self.session = pb.ComputerSession()

    @property
    def context(self) -> Context:
        return Context(self.session.access_token)

    async def watch(
        self, *, known: pb.ComputerLoginState = pb.COMPUTER_LOGIN_STATE_UNSPECIFIED, seconds: int = 0, secret: str = ""
    ) -> pb.ComputerLoginState:
        request = pb.WatchComputerLoginRequest(
            login_id=self.begun.login_id,
            secret=secret or self.begun.secret,
            state=known,
            wait=duration_pb2.Duration(seconds=seconds),
        )
        answer = await self.desk.servicer.WatchComputerLogin(request, Context())
        if answer.HasField("session"):
            self.session = answer.session
        return answer.state

    async def who(self) -> pb.GetComputerSessionResponse:
        return await self.desk.servicer.GetComputerSession(pb.GetComputerSessionRequest(), self.context)


@pytest.fixture
def desk(world: World) -> Desk:
    policy = world.brands.policy(BRAND)
    world.brands.change(BRAND, "login", methods=(*policy.login.methods, "pc_qr"))
    return Desk(world)
