"""What all servicers of this area share: transactions, the caller, rules, and messages they have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine

from cosign.api.v1 import staff_login_pb2
from cosign.blocking import BlockingPool
from cosign.brands import Brands
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.paging import Pager
from cosign.request_once import RequestOnce
from cosign.staff.callers import StaffCallers
from cosign.staff.dual_control import DualControl, DualKind
from cosign.staff.model import StaffLogin
from cosign.staff.ports import PasswordHashes, StaffUnit
from cosign.staff.role_changes import RoleChange
from cosign.staff.roles import Role
from cosign.staff.rules import StaffRules
from cosign.store.unit_of_work import reading, writing
from cosign.timestamps import timestamp

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCalls:
    """The environment of the servicers."""

    engine: Engine
    unit: Callable[[Connection], StaffUnit]
    callers: StaffCallers
    clock: Clock
    blocking: BlockingPool
    passwords: PasswordHashes
    pager: Pager
    once: RequestOnce
    brands: Brands
    rules: StaffRules
    dual: DualControl
    role_changes: DualKind[RoleChange]
    limit_guest: Callable[[CallContext], str]
    """Charges a call without a session to the peer's address, and returns the address."""
    count_login: Callable[[str, str], None]
    """Counts a login by method and result."""

    async def read(self, work: Callable[[StaffUnit], T]) -> T:
        """Runs `work` on a snapshot."""

        def run() -> T:
            with reading(self.engine) as connection:
                return work(self.unit(connection))

        return await self.blocking.run(run)

    async def write(self, work: Callable[[StaffUnit], T | Exception]) -> T:
        """Runs `work` in a transaction. A fault that it returns is raised after the commit."""

        def run() -> T | Exception:
            with writing(self.engine) as connection:
                return work(self.unit(connection))

        result = await self.blocking.run(run)
        if isinstance(result, Exception):
            raise result
        return result

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction on its connection."""

        def run() -> T:
            with writing(self.engine) as connection:
                return work(connection)

        return await self.blocking.run(run)


def decode_roles(words: list[str]) -> frozenset[Role]:
    """Raises FieldInvalid for a word that is no role."""
    try:
        return frozenset(Role(word) for word in words)
    except ValueError:
        raise FieldInvalid("roles", f"must be among {', '.join(role.value for role in Role)}") from None


def encode_login(entry: StaffLogin) -> staff_login_pb2.StaffLoginEntry:
    """One row of the login history."""
    return staff_login_pb2.StaffLoginEntry(
        login_id=entry.login_id, time=timestamp(entry.time), result=entry.result, network=entry.network
    )
