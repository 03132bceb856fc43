"""What the sweep of a server does with accounts, on the world of a test."""

from collections.abc import Sequence

from sqlalchemy import Connection

from cosign.accounts import Blockers
from cosign.accounts.due import DueWork
from cosign.personal.access import AuditedAccess
from cosign.personal.erasure import ErasureReason, PersonalFile
from cosign.personal.registry import PersonalRegistry
from cosign.server.personal_wiring import AREAS
from tests.cosign.accounts.world import World


def due_work(world: World, *, blockers: Sequence[Blockers] = ()) -> DueWork:
    """With all areas behind it."""
    access = AuditedAccess(world.personal, world.trail, world.clock)
    file = PersonalFile(PersonalRegistry(AREAS), world.personal, access, audit=world.trail, clock=world.clock)

    def erase(connection: Connection, account_id: str, years: int) -> None:
        file.erase(connection, account_id, reason=ErasureReason.CANCELLED, actor="sweeper", evidence_years=years)

    return DueWork(
        world.engine,
        unit=world.unit,
        blockers=blockers,
        clock=world.clock,
        ended=world.calls.ended,
        brands=world.brands.names,
        erase=erase,
    )
