"""What support sees and does of accounts: masked, recorded, two persons to freeze."""

import uuid

import pytest

from cosign.accounts import AccountState, mark_verified
from cosign.accounts.faults import AccountStateRefused, DeviceStateRefused
from cosign.api.v1 import lookup_pb2 as pb
from cosign.api.v1 import proposal_pb2
from cosign.audit.model import AuditEvent
from cosign.devices.model import DeviceState
from cosign.errors import FieldInvalid, ResourceNotFound, SessionEnded
from cosign.staff import PermissionMissing, Role
from cosign.staff.faults import ProposalStateRefused
from cosign.staff.personal import erase, export
from tests.cosign.accounts.world import BRAND, NUMBER, PASSWORD
from tests.cosign.accounts.world import World as AccountsWorld
from tests.cosign.staff.world import Context, World

NAME = "测试人"
DOCUMENT = "110101199003079991"


def new() -> str:
    return str(uuid.uuid4())


async def verified(people: AccountsWorld) -> str:
    """An account whose user was verified."""
    account_id: str = (await people.account(password=PASSWORD)).account_id
    people.do(
        lambda unit: mark_verified(unit, account_id=account_id, person_id="per_1", name=NAME, document_number=DOCUMENT)
    )
    return account_id


async def test_an_exact_number_finds_an_account_masked(desk: World, people: AccountsWorld) -> None:
    """R-ADM-24, R-IDV-16: by phone or document number; parts find nothing; each look is kept."""
    account_id = await verified(people)
    context = await desk.session("support-1", Role.SUPPORT)
    by_phone = await desk.lookups.FindAccounts(pb.FindAccountsRequest(brand=BRAND, phone_number=NUMBER), context)
    by_document = await desk.lookups.FindAccounts(
        pb.FindAccountsRequest(brand=BRAND, document_number=DOCUMENT), context
    )
    assert by_phone == by_document
    (found,) = by_phone.accounts
    assert (found.account_id, found.state, found.verified) == (account_id, "active", True)
    assert found.phone_number_masked == f"{NUMBER[:3]}****{NUMBER[-4:]}"
    assert found.name_masked == NAME[0] + "**"
    assert (found.devices, found.sessions) == (1, 1)
    for request in (
        pb.FindAccountsRequest(brand=BRAND, document_number=DOCUMENT[:-4]),
        pb.FindAccountsRequest(brand="zb", phone_number=NUMBER),
    ):
        assert not (await desk.lookups.FindAccounts(request, context)).accounts
    with pytest.raises(FieldInvalid):
        await desk.lookups.FindAccounts(pb.FindAccountsRequest(brand=BRAND, phone_number=NUMBER[:8]), context)
    with pytest.raises(FieldInvalid):
        await desk.lookups.FindAccounts(pb.FindAccountsRequest(brand=BRAND), context)
    looks = [row for row in desk.rows() if row.event is AuditEvent.ACCOUNT_LOOKED_UP]
    assert [row.device_id for row in looks] == [account_id] * 2


async def test_support_reads_devices_logins_and_operations(desk: World, people: AccountsWorld) -> None:
    """R-ADM-24: masked read-only views; what operations say stays with the user."""
    account_id = await verified(people)
    context = await desk.session("support-1", Role.SUPPORT)
    shown = await desk.lookups.GetSupportAccount(pb.GetSupportAccountRequest(account_id=account_id), context)
    assert shown.account.account_id == account_id
    devices = await desk.lookups.ListSupportDevices(pb.ListSupportDevicesRequest(account_id=account_id), context)
    assert [one.state for one in devices.devices] == ["active"]
    logins = await desk.lookups.ListSupportLogins(pb.ListSupportLoginsRequest(account_id=account_id), context)
    assert logins.logins[0].device_id == devices.devices[0].device_id
    operations = await desk.lookups.ListSupportOperations(
        pb.ListSupportOperationsRequest(account_id=account_id, page_size=1), context
    )
    assert len(operations.operations) == 1
    missing = "acc_01J8Z3K4M5N6P7Q8R9STVWXYZ0"
    with pytest.raises(ResourceNotFound):
        await desk.lookups.ListSupportDevices(pb.ListSupportDevicesRequest(account_id=missing), context)


async def test_clear_text_needs_a_permission_a_purpose_and_a_reason(desk: World, people: AccountsWorld) -> None:
    """R-AUD-09, R-IDV-16: support cannot unmask; who can leaves an audit row and an entry that auditors read."""
    account_id = await verified(people)
    support, reviewer, auditor = (
        await desk.session("support-1", Role.SUPPORT),
        await desk.session("reviewer-1", Role.PLATFORM_REVIEWER),
        await desk.session("auditor-1", Role.AUDITOR),
    )
    request = pb.UnmaskFieldRequest(
        account_id=account_id,
        field=pb.UNMASKED_FIELD_PHONE_NUMBER,
        purpose=pb.UNMASK_PURPOSE_IDENTITY_REVIEW,
        reason="case 7",
    )
    with pytest.raises(PermissionMissing):
        await desk.lookups.UnmaskField(request, support)
    for field in ("field", "purpose", "reason"):
        incomplete = pb.UnmaskFieldRequest()
        incomplete.CopyFrom(request)
        incomplete.ClearField(field)
        with pytest.raises(FieldInvalid):
            await desk.lookups.UnmaskField(incomplete, reviewer)
    assert (await desk.lookups.UnmaskField(request, reviewer)).text == f"+86{NUMBER}"
    desk.forward(seconds=1)
    request.field = pb.UNMASKED_FIELD_NAME
    assert (await desk.lookups.UnmaskField(request, reviewer)).text == NAME
    read = [row for row in desk.rows() if row.event is AuditEvent.PERSONAL_DATA_READ]
    assert [(row.device_id, row.key_id, row.outcome) for row in read] == [
        (account_id, "phone_number", "identity_review"),
        (account_id, "name", "identity_review"),
    ]
    with pytest.raises(PermissionMissing):
        await desk.lookups.ListUnmaskings(pb.ListUnmaskingsRequest(), reviewer)
    listed = await desk.lookups.ListUnmaskings(pb.ListUnmaskingsRequest(account_id=account_id, page_size=1), auditor)
    assert [(one.field, one.reason) for one in listed.unmaskings] == [("name", "case 7")]
    rest = await desk.lookups.ListUnmaskings(
        pb.ListUnmaskingsRequest(account_id=account_id, page_size=1, page_token=listed.next_page_token), auditor
    )
    assert [one.staff_id for one in rest.unmaskings] == [read[0].actor]


async def test_an_erased_account_leaves_no_reasons(desk: World, people: AccountsWorld) -> None:
    """R-AUD-08, R-AUD-09: that somebody looked stays, why he did in his words goes; the export tells when."""
    account_id = await verified(people)
    reviewer = await desk.session("reviewer-1", Role.PLATFORM_REVIEWER)
    request = pb.UnmaskFieldRequest(
        account_id=account_id,
        field=pb.UNMASKED_FIELD_NAME,
        purpose=pb.UNMASK_PURPOSE_LEGAL,
        reason="a letter of the police",
    )
    await desk.lookups.UnmaskField(request, reviewer)

    def work(unit: object) -> tuple[object, int]:
        connection = unit._connection  # type: ignore[attr-defined]
        told = export(connection, desk.personal, account_id)["unmaskings"]
        return told, erase(connection, desk.personal, account_id, None).erased  # type: ignore[arg-type]

    told, erased = desk.do(work)
    assert (len(told), erased) == (1, 1)
    (left,) = desk.do(lambda unit: unit.unmaskings.page(account_id, before="", limit=50))
    assert (left.reason, left.purpose) == ("", "legal")


async def test_support_unlocks_but_does_not_release(desk: World, people: AccountsWorld) -> None:
    """R-ADM-24: a lock after failed logins ends by one person, a freeze does not."""
    phone = await people.account(password=PASSWORD)
    context = await desk.session("support-1", Role.SUPPORT)
    request = pb.UnlockAccountRequest(request_id=new(), account_id=phone.account_id)
    with pytest.raises(AccountStateRefused):
        await desk.lookups.UnlockAccount(request, context)
    people.do(
        lambda unit: unit.accounts.become(
            unit.accounts.get(phone.account_id), AccountState.LOCKED, locked_until=people.clock.now()
        )
    )
    await desk.lookups.UnlockAccount(request, context)
    assert people.do(lambda unit: unit.accounts.get(phone.account_id)).state is AccountState.ACTIVE
    people.do(lambda unit: unit.accounts.become(unit.accounts.get(phone.account_id), AccountState.SUSPENDED))
    with pytest.raises(AccountStateRefused):
        await desk.lookups.UnlockAccount(
            pb.UnlockAccountRequest(request_id=new(), account_id=phone.account_id), context
        )


async def decide(desk: World, context: Context, proposal_id: str) -> None:
    await desk.proposals.ApproveProposal(
        proposal_pb2.ApproveProposalRequest(request_id=new(), proposal_id=proposal_id), context
    )


async def test_two_persons_freeze_and_release(desk: World, people: AccountsWorld) -> None:
    """R-ADM-21, R-ADM-24: an account and a device rest from the approval on, and work again after another one."""
    phone = await people.account(password=PASSWORD)
    device_id = phone.session.device_id
    one, two = await desk.session("support-1", Role.SUPPORT), await desk.session("support-2", Role.SUPPORT)

    async def propose(subject_id: str, *, release: bool) -> str:
        request = pb.ProposeFreezeRequest(
            request_id=new(), subject_id=subject_id, release=release, reason="the user called"
        )
        return (await desk.lookups.ProposeFreeze(request, one)).proposal_id

    frozen = await propose(device_id, release=False)
    with pytest.raises(ProposalStateRefused):
        await propose(device_id, release=False)
    assert people.do(lambda unit: unit.devices.device(device_id)).state is DeviceState.ACTIVE
    await decide(desk, two, frozen)
    assert people.do(lambda unit: unit.devices.device(device_id)).state is DeviceState.BLOCKED
    await decide(desk, two, await propose(device_id, release=True))
    assert people.do(lambda unit: unit.devices.device(device_id)).state is DeviceState.ACTIVE
    with pytest.raises(DeviceStateRefused):
        await decide(desk, two, await propose(device_id, release=True))
    await decide(desk, two, await propose(phone.account_id, release=False))
    assert people.do(lambda unit: unit.accounts.get(phone.account_id)).state is AccountState.SUSPENDED
    with pytest.raises(SessionEnded):
        await people.principal(phone.context)
    await decide(desk, two, await propose(phone.account_id, release=True))
    assert people.do(lambda unit: unit.accounts.get(phone.account_id)).state is AccountState.ACTIVE
    with pytest.raises(FieldInvalid):
        await propose("ses_01J8Z3K4M5N6P7Q8R9STVWXYZ0", release=False)
    with pytest.raises(ResourceNotFound):
        await propose("acc_01J8Z3K4M5N6P7Q8R9STVWXYZ0", release=False)
