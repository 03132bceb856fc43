"""PostgreSQL: no query of this area reads a table from end to end, whatever its size."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cosign.accounts import mark_verified
from cosign.api.v1 import lookup_pb2, proposal_pb2, staff_login_pb2, staff_pb2
from cosign.staff import ProposalState, Role
from cosign.staff.faults import StaffLoginFailed
from cosign.staff.personal import erase, export
from cosign.staff.repository import sweep
from cosign.staff.usecases import manage
from cosign.store.unit_of_work import writing
from tests.cosign.accounts.world import BRAND, NUMBER, PASSWORD
from tests.cosign.accounts.world import World as AccountsWorld
from tests.cosign.staff.world import Context, World
from tests.support.plans import explained


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


async def test_every_query_has_an_index(desk: World, people: AccountsWorld, engine: Engine, tmp_path: Path) -> None:
    """Reach: no query without an index; lists by keyset."""
    account_id = (await people.account(password=PASSWORD)).account_id
    people.do(
        lambda unit: mark_verified(
            unit, account_id=account_id, person_id="per_1", name="测试人", document_number="110101199003079991"
        )
    )
    with explained(engine) as plans:
        first, second = (
            await desk.member("officer-1", Role.SECURITY_OFFICER),
            await desk.member("officer-2", Role.SECURITY_OFFICER),
        )
        with pytest.raises(StaffLoginFailed):
            await first.log_in(password="Wrong-Password-1")
        one, two = await first.log_in(), await second.log_in(code=second.recovery_codes[0])
        await desk.logins.GetOwnStaff(staff_login_pb2.GetOwnStaffRequest(), one)
        await desk.logins.ListOwnStaffLogins(staff_login_pb2.ListOwnStaffLoginsRequest(), one)
        await desk.logins.ChangeOwnStaffPassword(
            staff_login_pb2.ChangeOwnStaffPasswordRequest(old_password=first.password, new_password="Loud-Mountain-82"),
            one,
        )
        invited = await desk.members.InviteStaff(
            staff_pb2.InviteStaffRequest(login_name="support-1", name="S", roles=["support"], reason="joins"), one
        )
        for before in ("", "stf_zzz"):
            desk.do(lambda unit, before=before: unit.members.page(before=before, limit=50))
            desk.do(lambda unit, before=before: unit.sessions.logins("stf_1", before=before, limit=50))
            desk.do(lambda unit, before=before: unit.unmaskings.page(account_id, before=before, limit=50))
            desk.do(lambda unit, before=before: unit.unmaskings.page("", before=before, limit=50))
        for state in (None, ProposalState.OPEN):
            for brands in (None, frozenset({BRAND})):
                wanted = {"brands": brands, "state": state, "before": "p", "limit": 5}
                desk.do(lambda unit, wanted=wanted: unit.proposals.page(["freeze"], **wanted))
        approve = proposal_pb2.ApproveProposalRequest(request_id=str(uuid.uuid4()), proposal_id=invited.proposal_id)
        await desk.proposals.ApproveProposal(approve, two)
        support = await desk.session("support-2", Role.SUPPORT)
        await looks(desk, support, account_id)
        desk.do(lambda unit: manage.disable(unit, staff_id=second.staff_id, actor=manage.OPERATOR))
        desk.do(
            lambda unit: manage.reset(
                unit,
                staff_id=second.staff_id,
                actor=manage.OPERATOR,
                keep_roles=False,
                rules=desk.calls.rules,
                clock=desk.clock,
            )
        )
        with writing(engine) as connection:
            sweep(connection, desk.clock.now())
            desk.dual.expire(connection)
            export(connection, desk.personal, account_id)
            erase(connection, desk.personal, account_id, None)  # type: ignore[arg-type]
    plans.check(
        {
            "staff_attempt",
            "staff_former_password",
            "staff_login",
            "staff_member",
            "staff_proposal",
            "staff_recovery_code",
            "staff_session",
            "staff_unmasking",
        }
    )


async def looks(desk: World, context: Context, account_id: str) -> None:
    """What support does with one account."""
    for request in (
        lookup_pb2.FindAccountsRequest(brand=BRAND, phone_number=NUMBER),
        lookup_pb2.FindAccountsRequest(brand=BRAND, document_number="110101199003079991"),
    ):
        assert (await desk.lookups.FindAccounts(request, context)).accounts
    freeze = lookup_pb2.ProposeFreezeRequest(request_id=str(uuid.uuid4()), subject_id=account_id, reason="reported")
    await desk.lookups.ProposeFreeze(freeze, context)
