"""The staff area with everything real behind it, on one database."""

import datetime as dt
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from cosign.accounts.passwords import Passwords
from cosign.api.v1 import staff_login_pb2 as login_pb
from cosign.audit import repository as audit
from cosign.audit.model import AuditEntry
from cosign.audit.operation_log_unit import SqlOperationUnit
from cosign.audit.trail import AuditTrail
from cosign.blocking import BlockingPool
from cosign.brands.model import Argon2Cost, PasswordPolicy
from cosign.call_context import CallContext
from cosign.content.repository import SqlContentUnit
from cosign.messages.repository import SqlMessageUnit
from cosign.paging import Pager
from cosign.personal.access import AuditedAccess
from cosign.request_once import RequestOnce
from cosign.staff import BrandScope, DualControl, Role, StaffCallers, totp
from cosign.staff.freezes import freezes
from cosign.staff.repository import SqlStaffUnit
from cosign.staff.role_changes import role_changes
from cosign.staff.rules import StaffRules
from cosign.staff.servicer import (
    ContentAdminServicer,
    LookupNeighbours,
    LookupServicer,
    ProposalServicer,
    StaffCalls,
    StaffLoginServicer,
    StaffServicer,
)
from cosign.staff.usecases import manage
from cosign.store.unit_of_work import reading, writing
from tests.cosign.accounts.fakes import FixedBrands
from tests.cosign.accounts.world import World as AccountsWorld
from tests.support.keyed import mac
from tests.support.personal import MovableClock, make_personal

CHEAP = Argon2Cost(time=1, memory_kib=8_192, lanes=1)
PASSWORD = "Quiet-Harbour-71"
RULES = StaffRules(password=PasswordPolicy(min_length=12, max_length=128, min_classes=3, history=5, cost=CHEAP))


class Context:
    """A call from an address, with or without a session or a client certificate."""

    def __init__(self, bearer: str = "", address: str = "192.0.2.7", certificate: bytes = b"") -> None:
        self.bearer = bearer
        self.address = address
        self.certificate = certificate

    def peer(self) -> str:
        return f"ipv4:{self.address}:5123"

    def invocation_metadata(self) -> list[tuple[str, str | bytes]]:
        return [("authorization", f"Bearer {self.bearer}")] if self.bearer else []

    def peer_certificate(self) -> bytes:
        return self.certificate


class CountingPasswords(Passwords):
    """Counts comparisons, so that a test sees equal work instead of measuring time."""

    compared = 0

    async def verify(self, stored: str, password: str, cost: Argon2Cost) -> bool:
        self.compared += 1
        return await super().verify(stored, password, cost)


class Somebody:
    """A member of staff with an authenticator."""

    def __init__(self, world: "World", staff_id: str, login_name: str, invitation: str) -> None:
        self.world = world
        self.staff_id = staff_id
        self.login_name = login_name
        self.invitation = invitation
        self.secret = b""
        self.recovery_codes: list[str] = []
        self.password = PASSWORD

    @property
    def code(self) -> str:
        """What the authenticator shows; time moves on first, so that every code is new."""
        self.world.clock.forward(seconds=totp.STEP_SECONDS)
        return totp.code_at(self.secret, totp.step_of(self.world.clock.now()))

    async def enrol(self) -> "Somebody":
        logins = self.world.logins
        begun = await logins.BeginStaffEnrolment(
            login_pb.BeginStaffEnrolmentRequest(login_name=self.login_name, invitation=self.invitation), Context()
        )
        self.secret = begun.totp_secret
        finish = login_pb.FinishStaffEnrolmentRequest(
            login_name=self.login_name, invitation=self.invitation, password=self.password, code=self.code
        )
        self.recovery_codes = list((await logins.FinishStaffEnrolment(finish, Context())).recovery_codes)
        return self

    async def log_in(self, certificate: bytes = b"", **changes: Any) -> Context:
        request = login_pb.OpenStaffSessionRequest(
            login_name=self.login_name, password=self.password, code=changes.pop("code", "") or self.code
        )
        for name, value in changes.items():
            setattr(request, name, value)
        opened = await self.world.logins.OpenStaffSession(request, Context(certificate=certificate))
        return Context(opened.access_token, certificate=certificate)


class World:
    """The servicers of the area."""

    def __init__(
        self, engine: Engine, folder: Path, rules: StaffRules = RULES, *, people: AccountsWorld | None = None
    ) -> None:
        """`people` is the accounts area on the same database, for what staff do to accounts."""
        self.engine = engine
        self.clock = people.clock if people is not None else MovableClock()
        self.personal = people.personal if people is not None else make_personal(engine, folder / "token", self.clock)
        self.trail = AuditTrail("node-1")
        self.blocking = BlockingPool(2)
        self.passwords = CountingPasswords()
        self.logged: list[tuple[str, str]] = []
        self.charged: list[str] = []
        self.brands = people.brands if people is not None else FixedBrands()
        roles = role_changes(self.unit, rules)
        self.callers = StaffCallers(
            engine=engine,
            unit=self.unit,
            clock=self.clock,
            blocking=self.blocking,
            limits=rules.sessions,
            limit_member=self.charged.append,
        )
        self.dual = DualControl(kinds=(roles,), unit=self.unit, clock=self.clock)
        self.calls = StaffCalls(
            engine=engine,
            unit=self.unit,
            callers=self.callers,
            clock=self.clock,
            blocking=self.blocking,
            passwords=self.passwords,
            pager=Pager(mac),
            once=RequestOnce(engine, clock=self.clock, blocking=self.blocking, mac=mac),
            brands=self.brands,
            rules=rules,
            dual=self.dual,
            role_changes=roles,
            limit_guest=self.guest,
            count_login=lambda method, result: self.logged.append((method, result)),
        )
        self.logins = StaffLoginServicer(self.calls)
        self.members = StaffServicer(self.calls)
        self.proposals = ProposalServicer(self.calls)
        if people is not None:
            freezing = freezes(people.unit, rules)
            self.dual.add(freezing)
            neighbours = LookupNeighbours(
                accounts=people.unit,
                operations=self.operations,
                unread=self.unread,
                inbox=self.inbox,
                access=AuditedAccess(self.personal, self.trail, self.clock),
                freezes=freezing,
            )
            self.lookups = LookupServicer(self.calls, neighbours)
            self.contents = ContentAdminServicer(
                self.calls,
                unit=lambda connection: SqlContentUnit(connection, trail=self.trail),
                brands=self.brands,
            )

    def close(self) -> None:
        self.passwords.close()
        self.blocking.close()

    @staticmethod
    def guest(context: CallContext) -> str:
        return context.peer().split(":")[1]

    def unit(self, connection: Connection) -> SqlStaffUnit:
        return SqlStaffUnit(connection, personal=self.personal, trail=self.trail, clock=self.clock)

    def operations(self, connection: Connection) -> SqlOperationUnit:
        return SqlOperationUnit(connection, clock=self.clock, personal=self.personal, trail=self.trail)

    def inbox(self, connection: Connection) -> SqlMessageUnit:
        return SqlMessageUnit(connection, clock=self.clock, personal=self.personal)

    def unread(self, connection: Connection, account_id: str) -> int:
        return sum(self.inbox(connection).inbox(account_id).unread.values())

    def do(self, work: Any) -> Any:
        """Runs a use case in a transaction of its own."""
        with writing(self.engine) as connection:
            return work(self.unit(connection))

    def invite(self, login_name: str, *roles: Role, brands: BrandScope = None) -> Somebody:
        """As `cosignctl staff create` does."""
        member, invitation = self.do(
            lambda unit: manage.invite(
                unit,
                login_name=login_name,
                name=login_name.title(),
                roles=roles,
                brands=brands,
                actor=manage.OPERATOR,
                rules=self.calls.rules,
                clock=self.clock,
            )
        )
        return Somebody(self, member.staff_id, login_name, invitation)

    async def member(self, login_name: str, *roles: Role, brands: BrandScope = None) -> Somebody:
        return await self.invite(login_name, *roles, brands=brands).enrol()

    async def session(self, login_name: str, *roles: Role, brands: BrandScope = None) -> Context:
        return await (await self.member(login_name, *roles, brands=brands)).log_in()

    def rows(self) -> list[AuditEntry]:
        with reading(self.engine) as connection:
            return [entry for _, entry, _ in audit.rows(connection, "node-1")]

    def forward(self, **span: float) -> None:
        self.clock.forward(seconds=dt.timedelta(**span).total_seconds())
