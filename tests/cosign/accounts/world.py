"""An accounts area with everything real behind it but keys (the signing area is a fake) and the SMS gateway."""

import datetime as dt
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from cosign.accounts.model import Principal
from cosign.accounts.repository import Neighbours, SqlAccountUnit
from cosign.accounts.review_subject import AppealSubject, NumberChangeSubject
from cosign.accounts.servicer import (
    AccountDeviceServicer,
    AccountServicer,
    AppealServicer,
    Calls,
    CertificateLoginServicer,
    CodeServicer,
    LoginServicer,
    NumberChangeServicer,
    SessionServicer,
)
from cosign.accounts.tokens import RefreshTokens
from cosign.api.v1 import account_pb2, code_pb2, login_pb2, session_pb2
from cosign.audit import repository as audit
from cosign.audit.model import AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.blocking import BlockingPool
from cosign.content.repository import SqlContentUnit
from cosign.devices.directory import DeviceDirectory, SessionDirectory
from cosign.devices.model import request_hash
from cosign.devices.repository import SqlDeviceUnit
from cosign.messages.model import MessageKind
from cosign.messages.repository import SqlMessageUnit
from cosign.messages.tables import message
from cosign.paging import Pager
from cosign.personal.access import AuditedAccess
from cosign.personal.registry import PersonalRegistry
from cosign.request_once import RequestOnce
from cosign.reviews import ReviewKind
from cosign.reviews.repository import Neighbours as ReviewNeighbours
from cosign.reviews.repository import SqlReviewUnit, Subjects
from cosign.server.accounts_wiring import swap_avatar
from cosign.server.callers import Callers
from cosign.server.metrics import Metrics
from cosign.server.personal_wiring import AREAS
from cosign.server.ratelimit import Rate, RateLimiter
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import LocalWaker
from cosign.timestamps import timestamp
from protocol import _core
from protocol._core import DeviceKey
from tests.cosign.accounts.fakes import (
    CountingPasswords,
    DeafWaker,
    FakeCredentials,
    FakeProofs,
    FixedBrands,
    ReadCodes,
)
from tests.cosign.devices.fakes import FakeSigning
from tests.support.keyed import mac
from tests.support.personal import MovableClock, make_personal

NUMBER = f"138{1:08d}"
OTHER = f"139{2:08d}"
PASSWORD = "Blue7Kites!"
BRAND = "bzt"
"""Registers at the first login, SMS and password, no captcha."""


class Context:
    """A call from an address, with or without a session."""

    def __init__(self, bearer: str = "", address: str = "192.0.2.7") -> None:
        self.bearer = bearer
        self.address = address

    def peer(self) -> str:
        return f"ipv4:{self.address}:5123"

    def invocation_metadata(self) -> list[tuple[str, str | bytes]]:
        return [("authorization", f"Bearer {self.bearer}")] if self.bearer else []


class World:
    """The servicers of the area."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.clock = MovableClock()
        self.signing = FakeSigning()
        self.credentials = FakeCredentials()
        self.brands = FixedBrands()
        self.personal = make_personal(engine, folder / "token", self.clock)
        self.sent: list[Mapping[str, Any]] = []
        self.trail = AuditTrail("node-1")
        self.blocking = BlockingPool(2)
        self.passwords = CountingPasswords()
        self.metrics = Metrics()
        # Without a node connection nothing of PostgreSQL's messages arrives: then nothing is cached either.
        waker = LocalWaker(engine) if engine.dialect.name == "sqlite" else DeafWaker()
        self.directory = DeviceDirectory(engine, waker=waker)
        self.session_directory = SessionDirectory(
            engine, clock=self.clock, unit=self.device_unit, blocking=self.blocking, waker=waker
        )
        free = Rate(100_000, 100_000)
        self.callers = Callers(
            sessions=self.session_directory,
            devices=RateLimiter(free),
            enrolments=RateLimiter(free),
            guests=RateLimiter(free),
            metrics=self.metrics,
        )
        self.neighbours = Neighbours(
            personal=self.personal,
            brands=self.brands,
            devices=self.device_unit,
            messages=self._messages,
            content=lambda connection: SqlContentUnit(connection, trail=self.trail),
            reviews=self.review_unit,
            credentials=lambda _: self.credentials,
            swap_avatar=swap_avatar,
            cancelled=PersonalRegistry(AREAS).cancel,
            trail=self.trail,
            clock=self.clock,
        )
        self.calls = Calls(
            engine=engine,
            unit=self.unit,
            brands=self.brands,
            clock=self.clock,
            blocking=self.blocking,
            passwords=self.passwords,
            tokens=RefreshTokens(lambda data: _core.h("P256", "TEST/mac", [b"k" * 32, data])),
            pager=Pager(mac),
            once=RequestOnce(engine, clock=self.clock, blocking=self.blocking, mac=mac),
            principal=self.callers.principal,
            limit_guest=self.callers.limit_guest,
            limit_device=self.callers.limit_device,
            ended=self._ended,
            blockers=[],
            count_login=self.metrics.login,
            count_code=self.metrics.code,
        )
        self.codes = CodeServicer(self.calls)
        self.logins = LoginServicer(self.calls)
        self.certificates = CertificateLoginServicer(self.calls)
        self.sessions = SessionServicer(self.calls)
        self.accounts = AccountServicer(self.calls)
        self.devices = AccountDeviceServicer(self.calls)
        self.appeals = AppealServicer(self.calls)
        self.proofs = FakeProofs()
        self.number_changes = NumberChangeServicer(self.calls, lambda _: self.proofs)

    def close(self) -> None:
        self.passwords.close()
        self.blocking.close()

    def unit(self, connection: Connection) -> SqlAccountUnit:
        return SqlAccountUnit(connection, self.neighbours)

    def review_unit(self, connection: Connection) -> SqlReviewUnit:
        """For handing in, and for deciding."""
        neighbours = ReviewNeighbours(
            personal=self.personal,
            access=AuditedAccess(self.personal, self.trail, self.clock),
            brands=self.brands,
            trail=self.trail,
            clock=self.clock,
        )
        subjects: Subjects = {
            ReviewKind.ACCOUNT_APPEAL: lambda inner: AppealSubject(self.unit(inner), self.clock),
            ReviewKind.NUMBER_CHANGE: lambda inner: NumberChangeSubject(self.unit(inner), self.clock),
        }
        return SqlReviewUnit(connection, neighbours, subjects)

    def do(self, work: Any) -> Any:
        """Runs a use case in a transaction of its own."""
        with writing(self.engine) as connection:
            return work(self.unit(connection))

    def events(self) -> list[tuple[AuditEvent, str]]:
        with reading(self.engine) as connection:
            return [(entry.event, entry.outcome) for _, entry, _ in audit.rows(connection, "node-1")]

    def told(self, account_id: str) -> list[MessageKind]:
        with reading(self.engine) as connection:
            rows = connection.execute(select(message.c.kind).where(message.c.account_id == account_id)).scalars()
            return [MessageKind(kind) for kind in rows]

    async def principal(self, context: Context) -> Principal:
        return await self.callers.principal(context)

    async def send(
        self, purpose: code_pb2.CodePurpose, number: str = NUMBER, brand: str = BRAND, address: str = "192.0.2.7"
    ) -> str:
        """Asks for a code and reads it from the SMS."""
        request = code_pb2.SendCodeRequest(brand=brand, phone_number=number, purpose=purpose)
        await self.codes.SendCode(request, Context(address=address))
        return str(self.sent[-1]["code"])

    async def ticket(self, purpose: code_pb2.CodePurpose, number: str = NUMBER, brand: str = BRAND) -> str:
        """Proves a number."""
        code = await self.send(purpose, number, brand)
        return await self.verified(purpose, code, number, brand)

    async def verified(self, purpose: code_pb2.CodePurpose, code: str, number: str = NUMBER, brand: str = BRAND) -> str:
        request = code_pb2.VerifyCodeRequest(brand=brand, phone_number=number, purpose=purpose, code=code)
        return str((await self.codes.VerifyCode(request, Context())).ticket)

    def phone(self) -> "TestPhone":
        return TestPhone(self)

    async def account(self, number: str = NUMBER, *, brand: str = BRAND, password: str = "") -> "TestPhone":
        """A phone that is logged in to a new account."""
        phone = self.phone()
        await phone.login_sms(number, brand=brand)
        if password:
            await phone.set_password(password)
        self.clock.forward(seconds=61)
        return phone

    def device_unit(self, connection: Connection) -> SqlDeviceUnit:
        return SqlDeviceUnit(connection, signing=self.signing, trail=self.trail)

    def _messages(self, connection: Connection) -> SqlMessageUnit:
        unit = ReadCodes(connection, clock=self.clock, personal=self.personal)
        unit.seen = self.sent
        return unit

    def _ended(self, account_id: str, device_ids: Any) -> None:
        self.session_directory.forget_user(account_id)
        for device_id in device_ids:
            self.directory.forget(device_id)


class TestPhone:
    """A device key, and the session it has."""

    __test__ = False

    def __init__(self, world: World) -> None:
        self.world = world
        self.key = DeviceKey.generate()
        self.session = session_pb2.Session()
        self.address = "192.0.2.7"
        self.label = "Maker-Model-15"

    @property
    def context(self) -> Context:
        return Context(self.session.access_token, self.address)

    @property
    def account_id(self) -> str:
        return self.session.account_id

    def proof(self, method: str, *bound: bytes, moment: dt.datetime | None = None) -> session_pb2.KeyProof:
        moment = moment or self.world.clock.now()
        nonce = secrets.token_bytes(16)
        time_ms = round(moment.timestamp() * 1000)
        fields = [f"/cosign.api.v1.{method}".encode(), request_hash(*bound), nonce, time_ms.to_bytes(8)]
        return session_pb2.KeyProof(time=timestamp(moment), nonce=nonce, signature=self.key.sign("DEV/rpc", fields))

    def device(self, method: str, *bound: str, service: str = "LoginService") -> login_pb2.LoginDevice:
        public_key = self.key.public_key
        proof = self.proof(f"{service}/{method}", *(text.encode() for text in bound), public_key)
        return login_pb2.LoginDevice(
            public_key=public_key,
            label=self.label,
            platform="android",
            os_version="15",
            app_version="3.1.0",
            push_token="push-token-of-a-phone",
            proof=proof,
        )

    async def login_sms(
        self, number: str = NUMBER, *, brand: str = BRAND, ticket: str = ""
    ) -> login_pb2.LoginSmsResponse:
        ticket = ticket or await self.world.ticket(code_pb2.CODE_PURPOSE_LOGIN, number, brand)
        request = login_pb2.LoginSmsRequest(ticket=ticket, device=self.device("LoginSms", ticket))
        answer = await self.world.logins.LoginSms(request, Context(address=self.address))
        self.session = answer.session
        return answer

    async def login_password(
        self, password: str = PASSWORD, number: str = NUMBER, *, brand: str = BRAND
    ) -> login_pb2.LoginPasswordResponse:
        request = login_pb2.LoginPasswordRequest(
            brand=brand,
            phone_number=number,
            password=password,
            device=self.device("LoginPassword", brand, number),
        )
        answer = await self.world.logins.LoginPassword(request, Context(address=self.address))
        self.session = answer.session
        return answer

    async def register(
        self, number: str = NUMBER, *, brand: str = "bxq", password: str = PASSWORD, confirmation: str | None = None
    ) -> None:
        ticket = await self.world.ticket(code_pb2.CODE_PURPOSE_REGISTER, number, brand)
        request = login_pb2.RegisterRequest(
            ticket=ticket,
            password=password,
            confirmation=password if confirmation is None else confirmation,
            device=self.device("Register", ticket),
        )
        self.session = (await self.world.logins.Register(request, Context(address=self.address))).session

    async def set_password(self, password: str = PASSWORD) -> None:
        request = account_pb2.SetPasswordRequest(password=password, confirmation=password)
        await self.world.accounts.SetPassword(request, self.context)

    async def refresh(self, token: str = "", *, by: "TestPhone | None" = None) -> session_pb2.Session:
        token = token or self.session.refresh_token
        proof = (by or self).proof("SessionService/RefreshSession", token.encode())
        request = session_pb2.RefreshSessionRequest(refresh_token=token, proof=proof)
        return (await self.world.sessions.RefreshSession(request, Context(address=self.address))).session

    async def step_up(self, number: str = NUMBER, brand: str = BRAND) -> str:
        return await self.world.ticket(code_pb2.CODE_PURPOSE_STEP_UP, number, brand)
