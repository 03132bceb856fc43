"""Changes of verified persons, new devices, and documents that end."""

import datetime as dt
from typing import Any

import pytest

from cosign.accounts.faults import IdvRequired, TicketInvalid
from cosign.accounts.model import Principal
from cosign.api.v1 import code_pb2, identity_pb2
from cosign.api.v1 import identity_change_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.brands import DocumentType, IdentityMethod, ManualFile
from cosign.devices.model import DeviceState
from cosign.errors import FieldInvalid, NotAuthorised
from cosign.identity import PersonChanged, PersonData, require_key_holder, require_verified, same_person
from cosign.identity.faults import AttemptOpen, ChangeOff, DocumentExpired, MethodOff, OtherPerson, ReverifyNeeded
from cosign.identity.servicer import IdentityChangeServicer
from cosign.identity.usecases.expiry import end_documents
from cosign.identity.usecases.manual import Papers, submit_manual
from cosign.messages import MessageKind
from tests.cosign.accounts.world import OTHER, TestPhone
from tests.cosign.identity.world import DELAY, NAME, IdentityWorld, new_uuid
from tests.support.documents import resident_number

NEW_NAME = "丁戊己"


@pytest.fixture(autouse=True)
def policy(world: IdentityWorld) -> None:
    """Names may be changed."""
    world.brands.change("bzt", "identity", name_change=True)


def service(world: IdentityWorld) -> IdentityChangeServicer:
    return IdentityChangeServicer(world.servicer._calls)


async def ticket(world: IdentityWorld, number: str = "") -> str:
    world.clock.forward(seconds=61)
    arguments = (number,) if number else ()
    return await world.ticket(code_pb2.CODE_PURPOSE_IDENTITY, *arguments)


async def change(world: IdentityWorld, phone: TestPhone, **fields: Any) -> pb.ChangeIdentityResponse:
    """Asks for a new name unless told otherwise."""
    values: dict[str, Any] = {
        "method": "cpcn_face",
        "name": NEW_NAME,
        "front_upload_id": world.upload(phone.account_id),
        "back_upload_id": world.upload(phone.account_id),
    } | fields
    if "ticket" not in values:
        values["ticket"] = await ticket(world)
    request = pb.ChangeIdentityRequest(
        request_id=new_uuid(), verification=identity_pb2.StartVerificationRequest(**values)
    )
    return await service(world).ChangeIdentity(request, phone.context)


async def changes(world: IdentityWorld, phone: TestPhone) -> pb.GetChangesResponse:
    return await service(world).GetChanges(pb.GetChangesRequest(), phone.context)


async def reverify(world: IdentityWorld, phone: TestPhone, **fields: Any) -> identity_pb2.Attempt:
    """Shows the face on a phone, until the provider has decided."""
    world.clock.forward(seconds=1)
    request = pb.ReverifyRequest(**({"request_id": new_uuid(), "method": "cpcn_face"} | fields))
    begun = await service(world).Reverify(request, phone.context)
    world.clock.forward(seconds=DELAY.total_seconds())
    return await world.query(phone, begun.attempt.attempt_id)


def verified(world: IdentityWorld, principal: Principal) -> Any:
    return world.look(lambda unit: require_verified(unit, principal))


async def test_a_changed_name_is_a_new_version(world: IdentityWorld) -> None:
    """R-IDV-12: the old version stays until the check passes, and is kept after; other areas are told."""
    told: list[PersonChanged] = []
    object.__setattr__(world.own_neighbours, "changed", [lambda _, what: told.append(what)])
    phone, number = await world.account(), resident_number()
    await world.verify(phone, number)
    assert (await changes(world, phone)).change
    assert not told

    begun = await change(world, phone, document_number=number)
    assert (await world.standing(phone)).state == identity_pb2.IDENTITY_STATE_CHANGING
    assert (await world.standing(phone)).person.version == 1
    with pytest.raises(AttemptOpen):
        await change(world, phone, document_number=number)
    world.clock.forward(seconds=DELAY.total_seconds())
    assert (await world.query(phone, begun.attempt.attempt_id)).state == identity_pb2.IDENTITY_STATE_VERIFIED
    standing = await world.standing(phone)
    assert (standing.person.version, standing.person.name_masked) == (2, NEW_NAME[0] + "**")
    history = world.look(lambda unit: unit.people.history(standing.person.person_id))
    assert [one.version for one in history] == [2, 1]
    first = history[1].record_id
    assert world.look(lambda unit: unit.people.data(first)).name == NAME
    assert [(one.name, one.document, one.before.version, one.person.version) for one in told] == [(True, False, 1, 2)]
    assert (AuditEvent.IDENTITY_CHANGED, "name") in world.events()


async def test_a_failed_change_leaves_the_version_in_force(world: IdentityWorld) -> None:
    """R-IDV-12: CHANGING fails into VERIFIED with the old data."""
    phone, number = await world.account(), resident_number()
    await world.verify(phone, number)
    begun = await change(world, phone, document_number=number, name="不匹配")
    world.finish()
    assert (await world.query(phone, begun.attempt.attempt_id)).state == identity_pb2.IDENTITY_STATE_FAILED
    standing = await world.standing(phone)
    assert (standing.state, standing.person.version) == (identity_pb2.IDENTITY_STATE_VERIFIED, 1)


async def test_what_a_change_needs(world: IdentityWorld) -> None:
    """R-IDV-12: verified, both sides of the card, a code to the account's own number, acting for himself."""
    phone, number = await world.account(), resident_number()
    with pytest.raises(IdvRequired):
        await change(world, phone, document_number=number)
    await world.verify(phone, number)
    for field in ("front_upload_id", "back_upload_id", "ticket"):
        with pytest.raises(FieldInvalid, match=field):
            await change(world, phone, document_number=number, **{field: ""})
    with pytest.raises(TicketInvalid):
        await change(world, phone, document_number=number, ticket=await ticket(world, OTHER))
    with pytest.raises(OtherPerson):
        await change(world, phone, document_number=resident_number())
    world.brands.change("bzt", "identity", name_change=False)
    with pytest.raises(ChangeOff):
        await change(world, phone, document_number=number)
    assert not (await changes(world, phone)).change


async def test_who_acts_for_an_enterprise_changes_nothing(world: IdentityWorld) -> None:
    """R-IDV-12: verified natural person acting as natural person."""
    from cosign.identity.usecases.change import check_change

    phone = await world.account()
    await world.verify(phone)
    me = await world.me(phone)
    acting = Principal(
        account_id=me.account_id,
        device_id=me.device_id,
        session_id=me.session_id,
        brand=me.brand,
        acting="idn_" + "0" * 26,
    )
    with pytest.raises(NotAuthorised):
        world.look(lambda unit: check_change(unit, principal=acting))


async def test_by_sms_and_pictures(world: IdentityWorld) -> None:
    """R-IDV-09, R-IDV-12: the number of the account counts, whatever the request says."""
    world.brands.change("bzt", "identity", methods=(IdentityMethod.SMS_DOCUMENT, IdentityMethod.CPCN_FACE))
    phone, number = await world.account(), resident_number()
    await world.verify(phone, number)
    front, back = world.card(phone.account_id, world.person(NEW_NAME, number))
    begun = await change(
        world, phone, method="sms_doc", document_number=number, front_upload_id=front, back_upload_id=back
    )
    assert begun.attempt.state == identity_pb2.IDENTITY_STATE_VERIFIED
    assert (await world.standing(phone)).person.version == 2


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ((DocumentType.RESIDENT_ID, "1", "甲乙", ""), (DocumentType.RESIDENT_ID, "1", "丙丁", ""), True),
        ((DocumentType.RESIDENT_ID, "1", "甲乙", ""), (DocumentType.RESIDENT_ID, "2", "甲乙", ""), False),
        ((DocumentType.PASSPORT, "1", "A B", ""), (DocumentType.PASSPORT, "2", "A B", ""), True),
        ((DocumentType.PASSPORT, "1", "A B", ""), (DocumentType.PASSPORT, "2", "A C", ""), False),
        (
            (DocumentType.TAIWAN_PERMIT, "1", "甲乙", "1980-01-01"),
            (DocumentType.RESIDENCE_PERMIT, "2", "甲乙", ""),
            True,
        ),
        (
            (DocumentType.FOREIGN_RESIDENT, "1", "A B", "1980-01-01"),
            (DocumentType.FOREIGN_RESIDENT, "2", "A B", "1981-01-01"),
            False,
        ),
    ],
)
def test_who_can_be_the_same(
    before: tuple[DocumentType, str, str, str], after: tuple[DocumentType, str, str, str], *, same: bool
) -> None:
    """R-IDV-12: name or document stays; a resident's number never changes, and nobody's birth does."""

    def data(values: tuple[DocumentType, str, str, str]) -> PersonData:
        document_type, number, name, birth = values
        return PersonData(name=name, document_type=document_type, document_number=number, birth=birth)

    assert same_person(data(before), data(after)) is same


async def test_a_new_device_takes_the_keys_over(world: IdentityWorld) -> None:
    """R-IDV-13: the same person on a new phone: it holds the keys, the old phone is unbound, its shares destroyed."""
    world.brands.change("bzt", "identity", reverify_new_device=True)
    old, number = await world.account(), resident_number()
    await world.verify(old, number)
    new = world.phone()
    await new.login_sms()
    me, before = await world.me(new), await world.me(old)
    world.look(lambda unit: require_key_holder(unit, before))
    with pytest.raises(ReverifyNeeded):
        world.look(lambda unit: require_key_holder(unit, me))
    found = await changes(world, new)
    assert (found.reverify, found.key_holder_device_id) == (True, before.device_id)
    with pytest.raises(ReverifyNeeded):
        await change(world, new, document_number=number)

    assert (await reverify(world, new)).state == identity_pb2.IDENTITY_STATE_VERIFIED
    world.look(lambda unit: require_key_holder(unit, me))
    assert not (await changes(world, new)).reverify
    device = world.look(lambda unit: unit.accounts.devices.device(before.device_id))
    assert device.state is DeviceState.UNBOUND
    assert MessageKind.DEVICE_UNBOUND in world.told(new.account_id)
    assert (AuditEvent.KEY_HOLDER_CHANGED, "done") in world.events()


async def test_another_person_takes_nothing_over(world: IdentityWorld) -> None:
    """R-IDV-13: other data, another face, a weaker method; the old phone keeps the keys."""
    world.brands.change("bzt", "identity", reverify_new_device=True)
    old = await world.account()
    await world.verify(old)
    holder = await world.me(old)
    new = world.phone()
    world.clock.forward(seconds=61)
    await new.login_sms()
    with pytest.raises(OtherPerson):
        await reverify(world, new, name=NAME, document_number=resident_number())
    with pytest.raises(MethodOff):
        await reverify(world, new, method="bank4")
    world.look(lambda unit: require_key_holder(unit, holder))
    principal = await world.me(new)
    with pytest.raises(ReverifyNeeded):
        world.look(lambda unit: require_key_holder(unit, principal))


async def test_the_same_person_again(world: IdentityWorld) -> None:
    """R-IDV-13: where the brand binds keys to no device, the check proves the person and unbinds nothing."""
    old = await world.account()
    await world.verify(old)
    new = world.phone()
    await new.login_sms()
    assert (await reverify(world, new)).state == identity_pb2.IDENTITY_STATE_VERIFIED
    holder = await world.me(old)
    assert world.look(lambda unit: unit.accounts.devices.device(holder.device_id)).state is DeviceState.ACTIVE


async def test_documents_end(world: IdentityWorld) -> None:
    """R-IDV-10: a message as long before as the brand says, then the gate closes until a successor was checked."""
    world.brands.change("bzt", "identity", name_change=False)
    phone, number = await world.account(), resident_number()
    started = await world.start(phone, document_number=number, document_expiry="2030-03-01")
    world.finish()
    await world.query(phone, started.attempt.attempt_id)
    principal = await world.me(phone)

    def sweep() -> int:
        done: int = world.act(lambda unit: end_documents(unit, brand="bzt", clock=world.clock))
        return done

    assert sweep() == 0
    world.brands.change("bzt", "identity", expiry_warning_days=29)
    world.clock.moment = dt.datetime(2030, 3, 1, 12, tzinfo=dt.UTC) - dt.timedelta(days=30)
    assert sweep() == 0
    world.brands.change("bzt", "identity", expiry_warning_days=30)
    assert world.act(lambda unit: end_documents(unit, brand="zb", clock=world.clock)) == 0
    assert (sweep(), sweep()) == (1, 0)
    assert world.told(phone.account_id).count(MessageKind.IDENTITY_EXPIRING) == 1
    verified(world, principal)
    world.clock.moment = dt.datetime(2030, 3, 1, 15, 59, tzinfo=dt.UTC)  # one minute before the day ends in China
    assert sweep() == 0
    world.clock.forward(minutes=1)
    assert (sweep(), sweep()) == (1, 0)
    assert world.told(phone.account_id).count(MessageKind.IDENTITY_EXPIRED) == 1
    assert (AuditEvent.DOCUMENT_EXPIRED, "done") in world.events()
    with pytest.raises(DocumentExpired):
        verified(world, principal)

    await phone.login_sms()
    found = await changes(world, phone)
    assert (found.change, found.renew, found.expired, found.document_expiry) == (False, True, True, "2030-03-01")
    with pytest.raises(ChangeOff):
        await change(world, phone, document_number=number)  # another name
    begun = await change(world, phone, name=NAME, document_number=number, document_expiry="2040-03-01")
    world.clock.forward(seconds=DELAY.total_seconds())
    await world.query(phone, begun.attempt.attempt_id)
    verified(world, principal)
    assert sweep() == 0


async def test_a_reviewer_sees_the_successor(world: IdentityWorld) -> None:
    """R-IDV-11, R-IDV-12: a verified user hands a changed name in for review, with a code; the state is CHANGING."""
    world.brands.change(
        "bzt",
        "identity",
        methods=(IdentityMethod.CPCN_FACE, IdentityMethod.MANUAL),
        manual_files=(ManualFile.PORTRAIT,),
    )
    phone, number = await world.account(), resident_number()
    await world.verify(phone, number)
    principal = await world.me(phone)
    files = {ManualFile.PORTRAIT: world.upload(phone.account_id)}

    def hand_in(text: str, person: PersonData) -> Any:
        papers = Papers(person=person, files=files, ticket=text)
        return world.act(lambda unit: submit_manual(unit, principal=principal, papers=papers, clock=world.clock))

    with pytest.raises(TicketInvalid):
        hand_in("", world.person(NEW_NAME, number))
    with pytest.raises(OtherPerson):
        hand_in(await ticket(world), world.person(NEW_NAME))
    hand_in(await ticket(world), world.person(NEW_NAME, number))
    assert (await world.standing(phone)).state == identity_pb2.IDENTITY_STATE_CHANGING
