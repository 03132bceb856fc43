"""Members who work for some brands: what belongs to other brands is not there for them, and asking is recorded."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from cosign.accounts import AccountState
from cosign.api.v1 import bootstrap_pb2, content_admin_pb2, lookup_pb2, proposal_pb2, staff_login_pb2
from cosign.api.v1 import staff_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.errors import BrandUnknown, FieldInvalid, ResourceNotFound
from cosign.staff import Role
from cosign.staff.faults import ProposalStateRefused, RolesRefused
from cosign.staff.scope import MAX_BRANDS, decoded_scope
from tests.cosign.accounts.world import BRAND, NUMBER, PASSWORD
from tests.cosign.accounts.world import World as AccountsWorld
from tests.cosign.staff.world import RULES, Context, World

FOREIGN = frozenset({"zb", "net"})
"""Not the brand of the account."""
MISSING = "acc_01J8Z3K4M5N6P7Q8R9STVWXYZ0"


def new() -> str:
    return str(uuid.uuid4())


async def approved(desk: World, context: Context, proposal_id: str) -> proposal_pb2.Proposal:
    request = proposal_pb2.ApproveProposalRequest(request_id=new(), proposal_id=proposal_id)
    return (await desk.proposals.ApproveProposal(request, context)).proposal


def brands_of(desk: World, staff_id: str) -> Any:
    return desk.do(lambda unit: unit.members.get(staff_id)).brands


def refusals(desk: World) -> list[tuple[str, str]]:
    return [(row.key_id, row.outcome) for row in desk.rows() if row.event is AuditEvent.STAFF_REFUSED]


async def test_brands_come_with_the_invitation_and_change_by_two_persons(world: World) -> None:
    """R-ADM-21: the second security officer reads for which brands; roles and brands change one without the other."""
    one = await world.session("officer-1", Role.SECURITY_OFFICER)
    two = await world.session("officer-2", Role.SECURITY_OFFICER)
    invited = await world.members.InviteStaff(
        pb.InviteStaffRequest(login_name="sup", name="S", roles=["support"], reason="joins", brands=["zb", "net"]), one
    )
    staff_id = invited.staff.staff_id
    assert list(invited.staff.brands) == ["net", "zb"]
    done = await approved(world, two, invited.proposal_id)
    assert done.description == f"{staff_id} shall be support for net, zb"
    narrow = pb.ChangeStaffBrandsRequest(request_id=new(), staff_id=staff_id, brands=["net"], reason="moves")
    proposed = await world.members.ChangeStaffBrands(narrow, one)
    assert brands_of(world, staff_id) == {"net", "zb"}
    roles = pb.ChangeStaffRolesRequest(request_id=new(), staff_id=staff_id, roles=["operator"], reason="moves")
    with pytest.raises(ProposalStateRefused):
        await world.members.ChangeStaffRoles(roles, one)
    await approved(world, two, proposed.proposal_id)
    assert brands_of(world, staff_id) == {"net"}
    roles.request_id = new()
    done = await approved(world, two, (await world.members.ChangeStaffRoles(roles, one)).proposal_id)
    assert done.description == f"{staff_id} shall be operator for net"
    widen = pb.ChangeStaffBrandsRequest(request_id=new(), staff_id=staff_id, reason="works for all")
    done = await approved(world, two, (await world.members.ChangeStaffBrands(widen, one)).proposal_id)
    assert (done.description, done.brand) == (f"{staff_id} shall be operator for all brands", "")
    assert brands_of(world, staff_id) is None
    (shown,) = [one for one in (await world.members.ListStaff(pb.ListStaffRequest(), one)).staff if one.name == "S"]
    assert (list(shown.roles), list(shown.brands)) == (["operator"], [])
    changed = [row for row in world.rows() if row.event is AuditEvent.STAFF_BRANDS_CHANGED]
    assert [row.key_id for row in changed] == [staff_id] * 2


async def test_some_roles_work_for_all_brands(world: World) -> None:
    """R-ADM-21: who manages staff or reads their records is not bound, neither by roles nor by brands."""
    one = await world.session("officer-1", Role.SECURITY_OFFICER)
    auditor = await world.member("auditor-1", Role.AUDITOR)
    support = await world.member("support-1", Role.SUPPORT, brands=frozenset({"zb"}))
    for request in (
        pb.ChangeStaffBrandsRequest(request_id=new(), staff_id=auditor.staff_id, brands=["zb"], reason="why"),
        pb.ChangeStaffRolesRequest(request_id=new(), staff_id=support.staff_id, roles=["auditor"], reason="why"),
    ):
        method = getattr(world.members, type(request).__name__.removesuffix("Request"))
        with pytest.raises(RolesRefused):
            await method(request, one)
    with pytest.raises(BrandUnknown):
        await world.members.InviteStaff(
            pb.InviteStaffRequest(login_name="sup", name="S", roles=["support"], reason="joins", brands=["zzz"]), one
        )
    many = [f"b{number}" for number in range(MAX_BRANDS + 1)]
    with pytest.raises(FieldInvalid):
        decoded_scope(many, many)
    own = await world.logins.GetOwnStaff(staff_login_pb2.GetOwnStaffRequest(), await support.log_in())
    assert list(own.staff.brands) == ["zb"]


async def test_one_officer_changes_brands_where_roles_need_one(engine: Engine, tmp_path: Any) -> None:
    """R-ADM-21: the rule of roles is the rule of brands."""
    rules = type(RULES)(password=RULES.password, dual_roles=False)
    world = World(engine, tmp_path, rules)
    try:
        one = await world.session("officer-1", Role.SECURITY_OFFICER)
        support = await world.member("support-1", Role.SUPPORT)
        request = pb.ChangeStaffBrandsRequest(
            request_id=new(), staff_id=support.staff_id, brands=["zb"], reason="moves"
        )
        for _ in range(2):
            answer = await world.members.ChangeStaffBrands(request, one)
            assert (list(answer.staff.brands), answer.proposal_id) == (["zb"], "")
        assert brands_of(world, support.staff_id) == {"zb"}
    finally:
        world.close()


async def test_an_account_of_another_brand_is_not_there(desk: World, people: AccountsWorld) -> None:
    """R-ADM-21, R-ADM-24: look-up, clear text, unlock and freeze; told as an account that does not exist; recorded."""
    phone = await people.account(password=PASSWORD)
    account_id, device_id = phone.account_id, phone.session.device_id
    people.do(
        lambda unit: unit.accounts.become(
            unit.accounts.get(account_id), AccountState.LOCKED, locked_until=people.clock.now()
        )
    )
    support = await desk.session("support-1", Role.SUPPORT, brands=FOREIGN)
    reviewer = await desk.session("reviewer-1", Role.PLATFORM_REVIEWER, brands=FOREIGN)
    lookups = desk.lookups

    def unmask(who: str) -> lookup_pb2.UnmaskFieldRequest:
        return lookup_pb2.UnmaskFieldRequest(
            account_id=who,
            field=lookup_pb2.UNMASKED_FIELD_PHONE_NUMBER,
            purpose=lookup_pb2.UNMASK_PURPOSE_LEGAL,
            reason="case 1",
        )

    def freeze(what: str) -> lookup_pb2.ProposeFreezeRequest:
        return lookup_pb2.ProposeFreezeRequest(request_id=new(), subject_id=what, reason="case 1")

    def find(brand: str) -> lookup_pb2.FindAccountsRequest:
        return lookup_pb2.FindAccountsRequest(brand=brand, phone_number=NUMBER)

    def named(message: Any, **more: str) -> Callable[[str], Any]:
        return lambda who: message(account_id=who, **more)

    unlock = named(lookup_pb2.UnlockAccountRequest, request_id=new())
    resend = named(lookup_pb2.ResendMessageRequest, request_id=new(), message_id="msg_" + MISSING[4:])
    calls: list[tuple[Any, Callable[[str], Any], Context, str]] = [
        (lookups.GetSupportAccount, named(lookup_pb2.GetSupportAccountRequest), support, account_id),
        (lookups.ListSupportDevices, named(lookup_pb2.ListSupportDevicesRequest), support, account_id),
        (lookups.ListSupportLogins, named(lookup_pb2.ListSupportLoginsRequest), support, account_id),
        (lookups.ListSupportOperations, named(lookup_pb2.ListSupportOperationsRequest), support, account_id),
        (lookups.UnmaskField, unmask, reviewer, account_id),
        (lookups.UnlockAccount, unlock, support, account_id),
        (lookups.ListSupportMessages, named(lookup_pb2.ListSupportMessagesRequest), support, account_id),
        (lookups.ResendMessage, resend, support, account_id),
        (lookups.ProposeFreeze, freeze, support, account_id),
        (lookups.ProposeFreeze, freeze, support, device_id),
        (lookups.FindAccounts, find, support, BRAND),
    ]
    for method, request, context, hidden in calls:
        with pytest.raises(ResourceNotFound) as told:
            await method(request(hidden), context)
        assert told.value.metadata == {}
        if hidden == account_id:
            with pytest.raises(ResourceNotFound) as absent:
                await method(request(MISSING), context)
            assert (told.value.reason, told.value.metadata) == (absent.value.reason, absent.value.metadata)
    assert refusals(desk) == [(hidden, "RESOURCE_NOT_FOUND") for *_, hidden in calls]
    assert people.do(lambda unit: unit.accounts.get(account_id)).state is AccountState.LOCKED
    own = await desk.session("support-2", Role.SUPPORT, brands=FOREIGN | {BRAND})
    found = await lookups.FindAccounts(lookup_pb2.FindAccountsRequest(brand=BRAND, phone_number=NUMBER), own)
    assert [one.account_id for one in found.accounts] == [account_id]


async def test_proposals_about_another_brand_are_not_there(desk: World, people: AccountsWorld) -> None:
    """R-ADM-21: neither listed nor shown nor decided; who works for the brand or for all decides."""
    phone = await people.account(password=PASSWORD)
    mine = await desk.session("support-1", Role.SUPPORT, brands=frozenset({BRAND}))
    foreign = await desk.session("support-2", Role.SUPPORT, brands=FOREIGN)
    everywhere = await desk.session("support-3", Role.SUPPORT)
    freeze = lookup_pb2.ProposeFreezeRequest(
        request_id=new(), subject_id=phone.session.device_id, reason="the user called"
    )
    proposal_id = (await desk.lookups.ProposeFreeze(freeze, mine)).proposal_id
    shown = await desk.proposals.ListProposals(proposal_pb2.ListProposalsRequest(), everywhere)
    assert [(one.proposal_id, one.brand) for one in shown.proposals] == [(proposal_id, BRAND)]
    assert (await desk.proposals.ListProposals(proposal_pb2.ListProposalsRequest(), mine)).proposals == shown.proposals
    assert not (await desk.proposals.ListProposals(proposal_pb2.ListProposalsRequest(), foreign)).proposals
    for call in (
        lambda: desk.proposals.GetProposal(proposal_pb2.GetProposalRequest(proposal_id=proposal_id), foreign),
        lambda: approved(desk, foreign, proposal_id),
        lambda: desk.proposals.RejectProposal(
            proposal_pb2.RejectProposalRequest(request_id=new(), proposal_id=proposal_id), foreign
        ),
    ):
        with pytest.raises(ResourceNotFound):
            await call()
    assert refusals(desk) == [(proposal_id, "RESOURCE_NOT_FOUND")] * 3
    done = await approved(desk, everywhere, proposal_id)
    assert done.state == proposal_pb2.PROPOSAL_STATE_EXECUTED


async def test_texts_of_another_brand_are_not_there(desk: World) -> None:
    """R-ADM-20, R-ADM-21: drafted, listed, read, changed, published and withdrawn by members of the brand only."""
    words = bootstrap_pb2.LocalizedText(zh="通知")
    mine = await desk.session("editor-1", Role.CONTENT_EDITOR, brands=frozenset({"net"}))
    foreign = await desk.session("editor-2", Role.CONTENT_EDITOR, brands=frozenset({"zb"}))

    def draft() -> content_admin_pb2.DraftContentRequest:
        return content_admin_pb2.DraftContentRequest(
            request_id=new(), brand="net", kind="user_agreement", title=words, body=words
        )

    content_id = (await desk.contents.DraftContent(draft(), mine)).content.content_id
    edit = content_admin_pb2.EditContentRequest(request_id=new(), content_id=content_id, title=words, body=words)
    publish = content_admin_pb2.PublishContentRequest(request_id=new(), content_id=content_id)
    withdraw = content_admin_pb2.WithdrawContentRequest(request_id=new(), content_id=content_id)
    listing = content_admin_pb2.ListContentRequest(brand="net", kind="user_agreement")
    for call in (
        lambda: desk.contents.DraftContent(draft(), foreign),
        lambda: desk.contents.ListContent(listing, foreign),
        lambda: desk.contents.GetContent(content_admin_pb2.GetContentRequest(content_id=content_id), foreign),
        lambda: desk.contents.EditContent(edit, foreign),
        lambda: desk.contents.PublishContent(publish, foreign),
        lambda: desk.contents.WithdrawContent(withdraw, foreign),
    ):
        with pytest.raises(ResourceNotFound):
            await call()
    assert refusals(desk) == [(what, "RESOURCE_NOT_FOUND") for what in ("net", "net", *[content_id] * 4)]
    assert len((await desk.contents.ListContent(listing, mine)).contents) == 1
