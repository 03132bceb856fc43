"""Acts that need two persons: once, by another one, in time, in one transaction."""

import datetime as dt

import pytest
from sqlalchemy import Connection

from cosign.audit.model import AuditEvent
from cosign.errors import ConcurrentOperation, FieldInvalid, ResourceNotFound
from cosign.staff import Approval, DualKind, Permission, PermissionMissing, ProposalState, Role, StaffPrincipal
from cosign.staff.faults import ProposalStateRefused, SecondPersonNeeded
from cosign.staff.model import PROPOSAL_TRANSITIONS, Proposal
from cosign.store.unit_of_work import writing
from tests.cosign.staff.world import World

FIRST = StaffPrincipal("stf_1", frozenset({Role.OPERATOR}), "sts_1")
SECOND = StaffPrincipal("stf_2", frozenset({Role.OPERATOR}), "sts_2")
OUTSIDER = StaffPrincipal("stf_3", frozenset({Role.SUPPORT}), "sts_3")


class Deeds:
    """What was executed, and a wish to fail."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Approval]] = []
        self.fault: Exception | None = None

    def execute(self, _connection: Connection, payload: str, approval: Approval) -> None:
        if self.fault is not None:
            raise self.fault
        self.done.append((payload, approval))


@pytest.fixture
def deeds(world: World) -> Deeds:
    made = Deeds()
    world.dual.add(kind(made))
    return made


def kind(deeds: Deeds) -> DualKind[str]:
    return DualKind(
        name="test",
        propose=Permission.CATALOGUE_EDIT,
        approve=Permission.CATALOGUE_EDIT,
        lifetime=dt.timedelta(hours=1),
        encode=str,
        decode=str,
        execute=deeds.execute,
        describe=lambda payload: f"do {payload}",
    )


def propose(world: World, deeds: Deeds, principal: StaffPrincipal = FIRST, reason: str = "because") -> Proposal:
    with writing(world.engine) as connection:
        return world.dual.propose(connection, principal, kind(deeds), subject_id="thing", payload="it", reason=reason)


async def test_one_proposes_another_one_approves_and_it_is_done_once(world: World, deeds: Deeds) -> None:
    """R-ADM-21: two-person rule."""
    made = propose(world, deeds)
    with pytest.raises(SecondPersonNeeded), writing(world.engine) as connection:
        world.dual.approve(connection, FIRST, made.proposal_id)
    with pytest.raises(PermissionMissing), writing(world.engine) as connection:
        world.dual.approve(connection, OUTSIDER, made.proposal_id)
    assert not deeds.done
    with writing(world.engine) as connection:
        world.dual.approve(connection, SECOND, made.proposal_id)
    assert deeds.done == [("it", Approval(made.proposal_id, "stf_1", "stf_2", "because"))]
    for act in (world.dual.approve, world.dual.reject):
        with pytest.raises(ProposalStateRefused), writing(world.engine) as connection:
            act(connection, SECOND, made.proposal_id)
    events = [(row.event, row.actor) for row in world.rows() if row.key_id == made.proposal_id]
    assert events == [(AuditEvent.PROPOSAL_MADE, "stf_1"), (AuditEvent.PROPOSAL_EXECUTED, "stf_2")]


async def test_an_act_that_fails_leaves_the_proposal_open(world: World, deeds: Deeds) -> None:
    """R-ADM-21: approval and act are one transaction."""
    made = propose(world, deeds)
    deeds.fault = ConcurrentOperation("something else")
    with pytest.raises(ConcurrentOperation), writing(world.engine) as connection:
        world.dual.approve(connection, SECOND, made.proposal_id)
    deeds.fault = None
    with writing(world.engine) as connection:
        assert world.dual.approve(connection, SECOND, made.proposal_id).state is ProposalState.EXECUTED


async def test_proposals_expire(world: World, deeds: Deeds) -> None:
    """R-ADM-21: late approval does nothing; the same may be proposed again then."""
    made = propose(world, deeds)
    with pytest.raises(ProposalStateRefused):
        propose(world, deeds, SECOND)
    world.forward(hours=1)
    with pytest.raises(ProposalStateRefused), writing(world.engine) as connection:
        world.dual.approve(connection, SECOND, made.proposal_id)
    again = propose(world, deeds)
    world.forward(hours=1)
    with writing(world.engine) as connection:
        assert world.dual.expire(connection) == 1
        assert world.dual.get(connection, FIRST, made.proposal_id).state is ProposalState.EXPIRED
        assert world.dual.get(connection, FIRST, again.proposal_id).decided_by == "sweeper"
    assert not deeds.done


async def test_only_the_proposer_withdraws_and_only_others_reject(world: World, deeds: Deeds) -> None:
    """R-ADM-21: each end of a proposal belongs to one side; strangers do not see it."""
    made = propose(world, deeds)
    with pytest.raises(ResourceNotFound), writing(world.engine) as connection:
        world.dual.withdraw(connection, SECOND, made.proposal_id)
    with pytest.raises(SecondPersonNeeded), writing(world.engine) as connection:
        world.dual.reject(connection, FIRST, made.proposal_id)
    with pytest.raises(ResourceNotFound), writing(world.engine) as connection:
        world.dual.get(connection, OUTSIDER, made.proposal_id)
    with writing(world.engine) as connection:
        assert world.dual.withdraw(connection, FIRST, made.proposal_id).state is ProposalState.WITHDRAWN
    world.forward(seconds=1)
    other = propose(world, deeds)
    with writing(world.engine) as connection:
        assert world.dual.reject(connection, SECOND, other.proposal_id).state is ProposalState.REJECTED
        page = world.dual.list(connection, FIRST, state=None, before="", limit=1)
        assert [one.proposal_id for one in page.proposals] == [other.proposal_id]
        rest = world.dual.list(connection, FIRST, state=None, before=page.cursor, limit=1)
        assert [one.proposal_id for one in rest.proposals] == [made.proposal_id]
        assert not world.dual.list(connection, OUTSIDER, state=None, before="", limit=50).proposals


async def test_a_proposal_wants_a_permission_and_a_reason(world: World, deeds: Deeds) -> None:
    """R-ADM-21."""
    with pytest.raises(PermissionMissing):
        propose(world, deeds, OUTSIDER)
    with pytest.raises(FieldInvalid):
        propose(world, deeds, reason=" ")
    assert set(PROPOSAL_TRANSITIONS) == set(ProposalState)
    with pytest.raises(ValueError, match="used already"):
        world.dual.add(kind(deeds))
