"""Methods of a brand, starts, single-call checks, and what refuses them."""

import pytest
from stdnum import luhn as stdnum_luhn

from cosign.accounts.faults import IdvRequired, TicketInvalid
from cosign.api.v1 import code_pb2
from cosign.api.v1 import identity_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.brands import DocumentKind, DocumentType, IdentityMethod
from cosign.content import ConsentRequired
from cosign.errors import FieldInvalid, RequestIdReused, ResourceNotFound
from cosign.identity import AssuranceLevel, release_to_ca, require_verified
from cosign.identity.faults import (
    AttemptLimit,
    AttemptOpen,
    DocumentRefused,
    IdentityVerified,
    LevelTooLow,
    MethodOff,
    ProviderDown,
)
from cosign.identity.usecases.start import luhn
from cosign.messages import MessageKind
from tests.cosign.accounts.world import NUMBER, OTHER
from tests.cosign.identity.world import DELAY, NAME, IdentityWorld, new_uuid
from tests.support.documents import resident_number

_BODY = "9" * 18
CARD = _BODY + str(stdnum_luhn.calc_check_digit(_BODY))
"""A number of 19 digits with a right check digit, of no bank."""


async def test_methods_in_the_order_of_the_brand(world: IdentityWorld) -> None:
    """R-IDV-02: the brand's methods in its order, each with level and required fields."""
    phone = await world.account()
    found = await world.servicer.ListMethods(pb.ListMethodsRequest(), phone.context)
    assert [one.method for one in found.methods] == ["cpcn_face", "alipay_face", "bank4"]
    assert list(found.methods[2].required_fields) == ["name", "document_number", "card_number", "phone_number"]
    assert found.methods[0].level == pb.ASSURANCE_LEVEL_HIGH
    assert list(found.document_types) == ["resident_id"]


async def test_face_then_query(world: IdentityWorld) -> None:
    """R-IDV-03: start leads to a session, the query decides, the person is verified, the user is told."""
    phone = await world.account()
    started = await world.start(phone)
    assert started.attempt.state == pb.IDENTITY_STATE_PROVIDER_PENDING
    assert started.session["url"]
    attempt_id = started.attempt.attempt_id
    assert (await world.query(phone, attempt_id)).state == pb.IDENTITY_STATE_PROVIDER_PENDING
    world.clock.forward(seconds=DELAY.total_seconds())
    decided = await world.query(phone, attempt_id)
    assert decided.state == pb.IDENTITY_STATE_VERIFIED
    assert decided.level == pb.ASSURANCE_LEVEL_HIGH
    standing = await world.standing(phone)
    assert standing.state == pb.IDENTITY_STATE_VERIFIED
    assert standing.person.name_masked == NAME[0] + "**"
    assert "********" in standing.person.document_number_masked
    assert MessageKind.IDENTITY_VERIFIED in world.told(phone.account_id)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("无人脸", "IDV_NO_FACE"),
        ("不匹配", "IDV_MISMATCH"),
        ("声不符", "IDV_VOICE_MISMATCH"),
        ("已取消", "IDV_CANCELLED"),
    ],
)
async def test_failures_may_be_repeated(world: IdentityWorld, name: str, reason: str) -> None:
    """R-IDV-03, R-IDV-08: a failure has its reason and may simply be repeated."""
    phone = await world.account()
    started = await world.start(phone, name=name)
    world.clock.forward(seconds=DELAY.total_seconds())
    failed = await world.query(phone, started.attempt.attempt_id)
    assert (failed.state, failed.reason) == (pb.IDENTITY_STATE_FAILED, reason)
    assert (await world.standing(phone)).state == pb.IDENTITY_STATE_FAILED
    assert (await world.verify(phone)).state == pb.IDENTITY_STATE_VERIFIED


async def test_bank_card(world: IdentityWorld) -> None:
    """R-IDV-05: four elements in one call; only the last four digits of the card stay."""
    phone = await world.account()
    passed = await world.start(phone, "bank4", card_number=CARD, phone_number=NUMBER)
    assert passed.attempt.state == pb.IDENTITY_STATE_VERIFIED
    assert passed.attempt.level == pb.ASSURANCE_LEVEL_STANDARD
    assert passed.attempt.card_last_four == CARD[-4:]
    path, asked = world.asked[-1]
    assert path == "/v1/elements"
    assert asked["card_number"] == CARD


async def test_a_wrong_element_gives_no_hint(world: IdentityWorld) -> None:
    """R-IDV-05: whichever element is wrong, the reason is the same."""
    phone = await world.account()
    failed = await world.start(phone, "bank4", name="不一致", card_number=CARD, phone_number=NUMBER)
    assert failed.attempt.reason == "IDV_DATA_MISMATCH"


@pytest.mark.parametrize(
    "fields",
    [{"card_number": CARD[:-1] + "1"}, {"card_number": "1" * 11}, {"card_number": ""}, {"phone_number": "12345"}],
    ids=["check-digit", "short", "missing", "phone"],
)
async def test_bank_card_fields(world: IdentityWorld, fields: dict[str, str]) -> None:
    """R-IDV-05: 12 to 19 digits with the check digit of Luhn, and a mobile number."""
    phone = await world.account()
    values = {"card_number": CARD, "phone_number": NUMBER} | fields
    with pytest.raises(FieldInvalid) as caught:
        await world.start(phone, "bank4", **values)
    assert CARD[:-1] not in str(caught.value)


def test_luhn() -> None:
    """R-IDV-05: one wrong digit is noticed."""
    assert luhn(CARD)
    assert not any(luhn(CARD[:place] + str((int(CARD[place]) + 1) % 10) + CARD[place + 1 :]) for place in range(19))


async def test_carrier_three(world: IdentityWorld) -> None:
    """R-IDV-02: three elements at the carrier, where the brand has the method."""
    world.brands.change("bzt", "identity", methods=(IdentityMethod.CARRIER_THREE,))
    phone = await world.account()
    passed = await world.start(phone, "carrier3", phone_number=NUMBER)
    assert passed.attempt.state == pb.IDENTITY_STATE_VERIFIED


async def test_network_identity(world: IdentityWorld) -> None:
    """R-IDV-02: a credential of the network identity tells the person; a bad one fails."""
    world.brands.change("bzt", "identity", methods=(IdentityMethod.NETWORK_ID,))
    phone = await world.account()
    failed = await world.start(phone, "network_id", name="", document_number="", credential="nonsense")
    assert failed.attempt.reason == "IDV_DATA_MISMATCH"
    credential = f'{{"name": "{NAME}", "document_number": "{resident_number()}"}}'
    passed = await world.start(phone, "network_id", name="", document_number="", credential=credential)
    assert passed.attempt.state == pb.IDENTITY_STATE_VERIFIED


async def test_sms_and_pictures(world: IdentityWorld) -> None:
    """R-IDV-09: SMS code and both sides of the card; the lowest level is recorded."""
    world.brands.change("bzt", "identity", methods=(IdentityMethod.SMS_DOCUMENT,))
    phone = await world.account()
    person = world.person()
    front, back = world.card(phone.account_id, person)
    fields = {"document_number": person.document_number, "front_upload_id": front, "back_upload_id": back}
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_IDENTITY, OTHER)
    with pytest.raises(TicketInvalid):
        await world.start(phone, "sms_doc", phone_number=NUMBER, ticket=ticket, **fields)
    with pytest.raises(FieldInvalid, match="back_upload_id"):
        await world.start(phone, "sms_doc", phone_number=OTHER, ticket=ticket, **(fields | {"back_upload_id": ""}))
    wrong = fields | {"document_number": resident_number()}
    failed = await world.start(phone, "sms_doc", phone_number=OTHER, ticket=ticket, **wrong)
    assert failed.attempt.reason == "IDV_DATA_MISMATCH"
    world.clock.forward(minutes=2)
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_IDENTITY, OTHER)
    passed = await world.start(phone, "sms_doc", phone_number=OTHER, ticket=ticket, **fields)
    assert passed.attempt.level == pb.ASSURANCE_LEVEL_BASIC
    principal = await world.me(phone)
    with pytest.raises(LevelTooLow):
        world.look(lambda unit: require_verified(unit, principal, level=AssuranceLevel.HIGH))


async def test_another_account_s_picture_does_not_exist(world: IdentityWorld) -> None:
    """R-IDV-16: uploads of others, and of other purposes, are not found (IDOR)."""
    world.brands.change("bzt", "identity", methods=(IdentityMethod.SMS_DOCUMENT,))
    phone, other = await world.account(), await world.account(OTHER)
    front, back = world.card(other.account_id, world.person())
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_IDENTITY)
    with pytest.raises(ResourceNotFound):
        await world.start(
            phone, "sms_doc", phone_number=NUMBER, ticket=ticket, front_upload_id=front, back_upload_id=back
        )


async def test_consent_comes_first(world: IdentityWorld) -> None:
    """R-IDV-16: nothing is collected before the documents of the brand are accepted, the CA's release among them."""
    world.brands.change("bzt", "agreements", verify_identity=(DocumentKind.RELEASE_TO_CA,))
    document_id = world.publish(DocumentKind.RELEASE_TO_CA)
    phone = await world.account()
    with pytest.raises(ConsentRequired) as caught:
        await world.start(phone)
    assert caught.value.metadata["kinds"] == "release_to_ca"
    assert not world.asked
    assert (await world.start(phone, accepted_document_ids=[document_id])).session


async def test_refusals_before_anything_is_stored(world: IdentityWorld) -> None:
    """R-IDV-02: methods and documents the brand does not have, and data that cannot be true."""
    phone = await world.account()
    for fault, method, fields in (
        (MethodOff, "motion_face", {}),
        (MethodOff, "manual", {}),
        (FieldInvalid, "palm", {}),
        (FieldInvalid, "cpcn_face", {"document_number": "110101198002290010"[:17] + "Y"}),
        (FieldInvalid, "cpcn_face", {"name": ""}),
        (DocumentRefused, "cpcn_face", {"document_type": "passport", "document_number": "C12345678"}),
        (FieldInvalid, "cpcn_face", {"return_url": "javascript:alert(1)"}),
    ):
        with pytest.raises(fault):
            await world.start(phone, method, **fields)
    assert (await world.standing(phone)).state == pb.IDENTITY_STATE_UNVERIFIED
    assert not world.asked


async def test_a_repeat_is_the_same_attempt(world: IdentityWorld) -> None:
    """R-IDV-02: the same request makes one attempt and one session; other fields under its id are refused."""
    phone, request_id, number = await world.account(), new_uuid(), resident_number()
    first = await world.start(phone, request_id=request_id, document_number=number)
    again = await world.start(phone, request_id=request_id, document_number=number)
    assert first == again
    assert [path for path, _ in world.asked] == ["/v1/faces"]
    with pytest.raises(RequestIdReused):
        await world.start(phone, request_id=request_id, name="不匹配", document_number=number)


async def test_one_attempt_at_a_time(world: IdentityWorld) -> None:
    """R-IDV-15: an open attempt stands in the way until it is given up or its time is over."""
    phone = await world.account()
    first = await world.start(phone)
    with pytest.raises(AttemptOpen) as caught:
        await world.start(phone)
    assert caught.value.metadata["attempt_id"] == first.attempt.attempt_id
    request = pb.CancelAttemptRequest(attempt_id=first.attempt.attempt_id)
    given_up = (await world.servicer.CancelAttempt(request, phone.context)).attempt
    assert (given_up.state, given_up.reason) == (pb.IDENTITY_STATE_UNVERIFIED, "IDV_CANCELLED")
    await world.start(phone)
    world.clock.forward(minutes=14)
    phone.session = await phone.refresh()
    world.clock.forward(minutes=14)
    phone.session = await phone.refresh()
    world.clock.forward(minutes=3)
    assert (await world.start(phone)).attempt.state == pb.IDENTITY_STATE_PROVIDER_PENDING


async def test_five_attempts_a_day(world: IdentityWorld) -> None:
    """R-IDV-15: five automatic attempts, then only manual review; those without a provider do not count."""
    world.brands.change("bzt", "identity", manual_after_failure=True)
    phone = await world.account()
    with pytest.raises(ProviderDown):
        await world.start(phone, name="已停机")
    for left in (4, 3, 2, 1, 0):
        await world.start(phone, "bank4", name="不一致", card_number=CARD, phone_number=NUMBER)
        assert (await world.standing(phone)).attempts_left == left
    with pytest.raises(AttemptLimit):
        await world.start(phone)
    assert (await world.standing(phone)).manual_offered


async def test_another_method_when_a_provider_is_down(world: IdentityWorld) -> None:
    """R-IDV-02: the attempt ends, others are offered, and the list shows the method as impaired for a minute."""
    phone = await world.account()
    with pytest.raises(ProviderDown) as caught:
        await world.start(phone, name="已停机")
    assert caught.value.metadata["methods"] == "alipay_face,bank4"
    found = await world.servicer.ListMethods(pb.ListMethodsRequest(), phone.context)
    assert [one.impaired for one in found.methods] == [True, False, False]
    world.clock.forward(seconds=61)
    found = await world.servicer.ListMethods(pb.ListMethodsRequest(), phone.context)
    assert not any(one.impaired for one in found.methods)
    assert MessageKind.IDENTITY_REFUSED not in world.told(phone.account_id)


async def test_the_gate(world: IdentityWorld) -> None:
    """R-IDV-01: business operations wait for the verified person; metadata name the methods."""
    phone = await world.account()
    principal = await world.me(phone)
    with pytest.raises(IdvRequired) as caught:
        world.look(lambda unit: require_verified(unit, principal))
    assert caught.value.metadata["methods"] == "cpcn_face,alipay_face,bank4"
    await world.verify(phone)
    person = world.look(lambda unit: require_verified(unit, principal, level=AssuranceLevel.HIGH))
    assert person.account_id == phone.account_id
    with pytest.raises(IdentityVerified):
        await world.start(phone)


async def test_motion_prompts_and_a_passport(world: IdentityWorld) -> None:
    """R-IDV-08: face with motion prompts, also for documents of others where the brand takes them."""
    world.brands.change("bzt", "identity", methods=(IdentityMethod.MOTION_FACE,), documents=tuple(DocumentType))
    phone = await world.account()
    fields = {"document_type": "passport", "document_country": "NZL", "document_number": "LA123456", "name": "AB CD"}
    started = await world.start(phone, "motion_face", **fields)
    assert world.asked[-1][1]["liveness"] == "motion"
    world.clock.forward(seconds=DELAY.total_seconds())
    assert (await world.query(phone, started.attempt.attempt_id)).state == pb.IDENTITY_STATE_VERIFIED
    assert (await world.standing(phone)).person.document_type == "passport"


async def test_release_to_the_ca(world: IdentityWorld) -> None:
    """R-IDV-16: data go to the CA only of a verified person, with consent, and on record."""
    world.brands.change("bzt", "agreements", verify_identity=(), apply_certificate=(DocumentKind.RELEASE_TO_CA,))
    document_id, number = world.publish(DocumentKind.RELEASE_TO_CA), resident_number()
    phone = await world.account()
    principal = await world.me(phone)
    with pytest.raises(IdvRequired):
        world.act(lambda unit: release_to_ca(unit, principal, level=AssuranceLevel.HIGH))
    await world.verify(phone, number)
    with pytest.raises(ConsentRequired):
        world.act(lambda unit: release_to_ca(unit, principal, level=AssuranceLevel.HIGH))
    assert (AuditEvent.PERSONAL_DATA_READ, "certificate_request") not in world.events()
    _, data = world.act(lambda unit: release_to_ca(unit, principal, level=AssuranceLevel.HIGH, accepted=[document_id]))
    assert data.document_number == number
    assert (AuditEvent.PERSONAL_DATA_READ, "certificate_request") in world.events()


async def test_one_document_one_account(world: IdentityWorld) -> None:
    """R-IDV-01: a document serves one active account of a brand; a cancelled account gives it back."""
    number = resident_number()
    phone, other = await world.account(), await world.account(OTHER)
    await world.verify(phone, number)
    taken = await world.verify(other, number)
    assert (taken.state, taken.reason) == (pb.IDENTITY_STATE_FAILED, "IDV_DOCUMENT_TAKEN")
    world.cancel(phone.account_id)
    assert (await world.verify(other, number)).state == pb.IDENTITY_STATE_VERIFIED
    assert world.look(lambda unit: unit.people.current(phone.account_id)) is None
