"""Calls of staff that only read write nothing; the use of a session is noted now and then."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event, select

from cosign.api.v1 import content_admin_pb2, lookup_pb2, proposal_pb2, staff_login_pb2, staff_pb2
from cosign.errors import SessionEnded
from cosign.staff import PermissionMissing, Role
from cosign.staff.tables import staff_session
from cosign.staff.usecases.sessions import TOUCH
from cosign.store.unit_of_work import reading
from tests.cosign.staff.world import Context, World


@contextmanager
def writes(engine: Engine) -> Iterator[list[Connection]]:
    """The transactions that could write, while it lasts."""
    found: list[Connection] = []

    def begun(connection: Connection) -> None:
        if not connection.get_execution_options().get("cosign_readonly"):
            found.append(connection)

    event.listen(engine, "begin", begun)
    try:
        yield found
    finally:
        event.remove(engine, "begin", begun)


def used(engine: Engine) -> list[float]:
    """When each session was last used, the oldest session first."""
    with reading(engine) as connection:
        query = select(staff_session.c.last_used_at).order_by(staff_session.c.created_at)
        return [moment.timestamp() for moment in connection.execute(query).scalars()]


async def own(world: World, context: Context) -> None:
    await world.logins.GetOwnStaff(staff_login_pb2.GetOwnStaffRequest(), context)


async def test_what_only_reads_opens_no_transaction_that_writes(desk: World) -> None:
    """R-ADM-21, R-ADM-24: lists and single things of every service; a refusal is recorded, and so it writes."""
    officer = await desk.member("officer-1", Role.SECURITY_OFFICER)
    editor, auditor = await desk.session("editor-1", Role.CONTENT_EDITOR), await desk.session("auditor-1", Role.AUDITOR)
    context = await officer.log_in()
    for one in (context, editor, auditor):
        await own(desk, one)
    with writes(desk.engine) as found:
        await own(desk, context)
        await desk.logins.ListOwnStaffLogins(staff_login_pb2.ListOwnStaffLoginsRequest(), context)
        await desk.members.ListStaff(staff_pb2.ListStaffRequest(), context)
        await desk.members.GetStaff(staff_pb2.GetStaffRequest(staff_id=officer.staff_id), context)
        await desk.members.ListStaffLogins(staff_pb2.ListStaffLoginsRequest(staff_id=officer.staff_id), context)
        await desk.proposals.ListProposals(proposal_pb2.ListProposalsRequest(), context)
        await desk.contents.ListContent(content_admin_pb2.ListContentRequest(brand="net", kind="guide"), editor)
        await desk.lookups.ListUnmaskings(lookup_pb2.ListUnmaskingsRequest(), auditor)
    assert not found
    with writes(desk.engine) as found, pytest.raises(PermissionMissing):
        await desk.members.ListStaff(staff_pb2.ListStaffRequest(), editor)
    assert len(found) == 1


async def test_the_use_of_a_session_is_noted_every_30_seconds(world: World) -> None:
    """R-ADM-21: not before, once then, and never of a session that has ended."""
    context = await world.session("officer-1", Role.SECURITY_OFFICER)
    (opened,) = used(world.engine)
    world.clock.forward(seconds=TOUCH.total_seconds() - 1)
    with writes(world.engine) as found:
        await own(world, context)
    assert (len(found), used(world.engine)) == (0, [opened])
    world.clock.forward(seconds=1)
    with writes(world.engine) as found:
        await own(world, context)
        await own(world, context)
    assert (len(found), used(world.engine)) == (1, [opened + TOUCH.total_seconds()])
    await world.logins.CloseStaffSession(staff_login_pb2.CloseStaffSessionRequest(), context)
    world.clock.forward(seconds=TOUCH.total_seconds())
    with reading(world.engine) as connection:
        session_id = connection.execute(select(staff_session.c.session_id)).scalar_one()
    world.do(lambda unit: unit.sessions.touch(session_id, world.clock.now()))
    assert used(world.engine) == [opened + TOUCH.total_seconds()]
    with writes(world.engine) as found, pytest.raises(SessionEnded):
        await own(world, context)
    assert not found
