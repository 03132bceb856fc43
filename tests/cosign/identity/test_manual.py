"""Manual review: what users hand in, what reviewers decide."""

import dataclasses
import threading
from typing import Any

import pytest

from cosign.accounts.model import Principal
from cosign.accounts.usecases.closing import close
from cosign.api.v1 import identity_pb2
from cosign.api.v1 import manual_identity_pb2 as pb
from cosign.brands import DocumentType, IdentityMethod, ManualFile
from cosign.errors import ConcurrentOperation, CosignFault, FieldInvalid, ResourceNotFound
from cosign.identity import FailureReason, IdentityState, decide_manual, manual_submission
from cosign.identity.change_personal import AREA
from cosign.identity.faults import (
    AttemptLimit,
    AttemptOpen,
    DocumentExpired,
    DocumentRefused,
    DocumentTaken,
    IdentityStateRefused,
    IdentityVerified,
    ManualFilesMissing,
    MethodOff,
)
from cosign.identity.servicer import ManualIdentityServicer
from cosign.identity.usecases.manual import Papers, submit_manual
from cosign.messages import MessageKind
from cosign.store.unit_of_work import reading, writing
from cosign.uploads.model import UploadPurpose
from tests.cosign.accounts.world import OTHER, TestPhone
from tests.cosign.identity.world import NAME, IdentityWorld, new_uuid
from tests.support.documents import document_number, resident_number

FILES = (ManualFile.PORTRAIT, ManualFile.DOCUMENT_FRONT, ManualFile.HOLDING_VIDEO)
EXPIRY = "2034-05-06"


@pytest.fixture(autouse=True)
def policy(request: pytest.FixtureRequest) -> None:
    """The brand takes every document, all but the resident's card by hand, and three files."""
    name = "shared_world" if "shared_world" in request.fixturenames else "world"
    request.getfixturevalue(name).brands.change(
        "bzt",
        "identity",
        methods=(IdentityMethod.CPCN_FACE, IdentityMethod.MANUAL),
        documents=tuple(DocumentType),
        manual_documents=tuple(one for one in DocumentType if one is not DocumentType.RESIDENT_ID),
        manual_files=FILES,
        manual_hours=2,
    )


def service(world: IdentityWorld) -> ManualIdentityServicer:
    return ManualIdentityServicer(world.servicer._calls)


def files(world: IdentityWorld, account_id: str) -> list[pb.ManualFile]:
    return [
        pb.ManualFile(
            file=file.value,
            upload_id=world.upload(
                account_id,
                purpose=UploadPurpose.VIDEO if file is ManualFile.HOLDING_VIDEO else UploadPurpose.IDENTITY,
            ),
        )
        for file in FILES
    ]


async def submit(world: IdentityWorld, phone: TestPhone, **fields: Any) -> pb.ManualSubmission:
    """Hands good papers in unless told otherwise."""
    values: dict[str, Any] = {
        "request_id": new_uuid(),
        "name": NAME,
        "document_number": resident_number(),
        "document_expiry": EXPIRY,
    } | fields
    if "files" not in values:
        values["files"] = files(world, phone.account_id)
    world.clock.forward(seconds=1)  # ids of one millisecond are in no order
    request = pb.SubmitManualRequest(**values)
    return (await service(world).SubmitManual(request, phone.context)).submission


def decide(world: IdentityWorld, attempt_id: str, **values: Any) -> Any:
    return world.act(lambda unit: decide_manual(unit, attempt_id, by="stf_1", clock=world.clock, **values))


async def test_papers_wait_masked_and_are_approved(world: IdentityWorld) -> None:
    """R-IDV-11, R-ADM-03: queue entry, message, time of the decision; approved, the person is verified by hand."""
    phone = await world.account()
    number = document_number(DocumentType.PASSPORT)
    passport = {"document_type": "passport", "document_number": number, "document_country": "SGP"}
    sent = await submit(world, phone, **passport)
    assert sent.attempt.state == identity_pb2.IDENTITY_STATE_MANUAL_REVIEW
    assert sent.due_at.seconds - sent.submitted_at.seconds == 2 * 3600
    assert number not in str(sent)
    assert NAME not in str(sent)
    assert [one.attempt_id for one in world.reviewed] == [sent.attempt.attempt_id]
    assert MessageKind.REVIEW_PENDING in world.told(phone.account_id)

    seen = world.look(lambda unit: manual_submission(unit, sent.attempt.attempt_id))
    assert (seen.person.name, seen.person.document_number, seen.taken) == (NAME, number, False)
    assert set(seen.papers.files) == set(FILES)
    assert number not in repr(seen)

    decide(world, sent.attempt.attempt_id, approved=True)
    standing = await world.standing(phone)
    assert standing.state == identity_pb2.IDENTITY_STATE_VERIFIED
    assert (standing.person.method, standing.person.document_type) == ("manual", "passport")
    assert standing.person.level == identity_pb2.ASSURANCE_LEVEL_STANDARD
    with pytest.raises(IdentityStateRefused):
        decide(world, sent.attempt.attempt_id, approved=False)
    with pytest.raises(IdentityVerified):
        await submit(world, phone)


async def test_refused_papers_may_be_handed_in_again(world: IdentityWorld) -> None:
    """R-IDV-11: the user reads why; then MANUAL_REVIEW again, and what waits is not handed in twice."""
    phone = await world.account()
    first = await submit(world, phone)
    with pytest.raises(AttemptOpen):
        await submit(world, phone)
    decide(
        world, first.attempt.attempt_id, approved=False, reason=FailureReason.FACE_MISMATCH, note="请重新拍摄 / again"
    )
    shown = await service(world).GetManual(pb.GetManualRequest(), phone.context)
    assert shown.submission.attempt.state == identity_pb2.IDENTITY_STATE_REJECTED
    assert shown.submission.attempt.note == "请重新拍摄 / again"
    assert shown.offered
    assert (list(shown.required_files), shown.hours) == ([file.value for file in FILES], 2)
    again = await submit(world, phone)
    decide(world, again.attempt.attempt_id, approved=True)
    shown = await service(world).GetManual(pb.GetManualRequest(), phone.context)
    assert shown.submission.attempt.state == identity_pb2.IDENTITY_STATE_VERIFIED
    assert not shown.offered


async def test_a_repeat_is_one_submission(world: IdentityWorld) -> None:
    """R-IDV-11: the same request id has one effect."""
    phone = await world.account()
    values = {
        "request_id": new_uuid(),
        "document_number": resident_number(),
        "files": files(world, phone.account_id),
    }
    first, second = await submit(world, phone, **values), await submit(world, phone, **values)
    assert first == second
    assert len(world.reviewed) == 1


async def test_files_are_checked(world: IdentityWorld) -> None:
    """R-IDV-11: missing files, those of others, of another purpose, more than asked for, one for two."""
    phone, other = await world.account(), await world.account(OTHER)
    good = files(world, phone.account_id)
    with pytest.raises(ManualFilesMissing) as fault:
        await submit(world, phone, files=good[:1])
    assert fault.value.metadata == {"files": "document_front,holding_video"}
    with pytest.raises(ResourceNotFound):
        await submit(world, phone, files=[*good[:2], files(world, other.account_id)[2]])
    picture = world.upload(phone.account_id)
    with pytest.raises(ResourceNotFound):
        await submit(world, phone, files=[*good[:2], pb.ManualFile(file="holding_video", upload_id=picture)])
    with pytest.raises(FieldInvalid, match="takes no"):
        await submit(world, phone, files=[*good, pb.ManualFile(file="document_back", upload_id=picture)])
    for twice in (
        [*good, good[0]],
        [good[0], pb.ManualFile(file="document_front", upload_id=good[0].upload_id), good[2]],
    ):
        with pytest.raises(FieldInvalid, match="files"):
            await submit(world, phone, files=twice)
    with pytest.raises(FieldInvalid, match="files"):
        await submit(world, phone, files=[pb.ManualFile(file="selfie", upload_id=picture)])
    assert not world.reviewed


async def test_data_are_checked(world: IdentityWorld) -> None:
    """R-IDV-10, R-IDV-11: check digit, expiry, e-mail address and type by the brand's policy."""
    phone = await world.account()
    number = resident_number()
    with pytest.raises(FieldInvalid, match="check digit"):
        await submit(world, phone, document_number=number[:-1] + ("1" if number[-1] != "1" else "2"))
    with pytest.raises(FieldInvalid, match="document_expiry"):
        await submit(world, phone, document_expiry="")
    with pytest.raises(DocumentExpired):
        await submit(world, phone, document_expiry="2029-12-31")
    world.brands.change("bzt", "identity", email_required=True, documents=(DocumentType.RESIDENT_ID,))
    with pytest.raises(FieldInvalid, match="email"):
        await submit(world, phone)
    with pytest.raises(DocumentRefused):
        await submit(world, phone, document_type="taiwan_permit", document_number="12345678", email="a@example.com")
    assert (await submit(world, phone, email="a@example.com")).phone_number_masked


async def test_types_that_only_reviewers_take(world: IdentityWorld) -> None:
    """R-IDV-10: where the policy says so, an automatic check refuses the type."""
    phone = await world.account()
    with pytest.raises(DocumentRefused):
        await world.start(phone, document_type="taiwan_permit", document_number="12345678")


async def test_when_manual_review_is_open(world: IdentityWorld) -> None:
    """R-IDV-11, R-IDV-15: without being a method of the brand, only after a failure, where the policy allows that."""
    phone = await world.account()
    world.brands.change("bzt", "identity", methods=(IdentityMethod.CPCN_FACE,), manual_after_failure=True)
    with pytest.raises(MethodOff):
        await submit(world, phone)
    failed = await world.start(phone, name="不匹配")
    with pytest.raises(AttemptOpen):
        await submit(world, phone)
    world.finish()
    assert (await world.query(phone, failed.attempt.attempt_id)).reason == "IDV_MISMATCH"
    world.brands.change("bzt", "identity", manual_after_failure=False)
    with pytest.raises(MethodOff):
        await submit(world, phone)
    world.brands.change("bzt", "identity", manual_after_failure=True)
    assert (await submit(world, phone)).attempt.method == "manual"


async def test_too_many_submissions(world: IdentityWorld) -> None:
    """R-IDV-11: reviewers are not flooded; the brand says how many a day they take."""
    phone = await world.account()
    world.brands.change("bzt", "identity", manual_a_day=2)
    for _ in range(2):
        sent = await submit(world, phone)
        decide(world, sent.attempt.attempt_id, approved=False)
    with pytest.raises(AttemptLimit) as fault:
        await submit(world, phone)
    assert 0 < fault.value.retry_after_ms <= 24 * 3600 * 1000


async def test_one_document_of_two_accounts(world: IdentityWorld) -> None:
    """R-ADM-03: two hand in the same document; the second approval is refused, the reviewer sees why beforehand."""
    phone, other = await world.account(), await world.account(OTHER)
    number = resident_number()
    first = await submit(world, phone, document_number=number)
    second = await submit(world, other, document_number=number)
    decide(world, first.attempt.attempt_id, approved=True)
    assert world.look(lambda unit: manual_submission(unit, second.attempt.attempt_id)).taken
    with pytest.raises(DocumentTaken):
        decide(world, second.attempt.attempt_id, approved=True)
    still = await service(world).GetManual(pb.GetManualRequest(), other.context)
    assert still.submission.attempt.state == identity_pb2.IDENTITY_STATE_MANUAL_REVIEW
    decide(world, second.attempt.attempt_id, approved=False, reason=FailureReason.DOCUMENT_TAKEN)
    again = await submit(world, other, document_number=number)
    assert again.attempt.state == identity_pb2.IDENTITY_STATE_MANUAL_REVIEW  # nobody learns whose document it is


async def test_only_reasons_of_reviewers(world: IdentityWorld) -> None:
    """R-ADM-03: a reviewer refuses for what he can see; unknown attempts are none."""
    phone = await world.account()
    sent = await submit(world, phone)
    with pytest.raises(FieldInvalid, match="reason"):
        decide(world, sent.attempt.attempt_id, approved=False, reason=FailureReason.TIMED_OUT)
    with pytest.raises(ResourceNotFound):
        decide(world, "idv_" + "0" * 26, approved=True)
    with pytest.raises(ResourceNotFound):
        world.look(lambda unit: manual_submission(unit, "idv_" + "0" * 26))


async def test_a_check_under_review_ends_with_the_account(world: IdentityWorld) -> None:
    """R-ACC-25: the user of an account that is given back can begin again; nobody decides the old check."""
    phone = await world.account()
    sent = await submit(world, phone)
    world.do(
        lambda unit: close(unit, account=unit.accounts.get(phone.account_id), reason="", clock=world.clock),
    )
    ended = world.look(lambda unit: unit.attempts.get(sent.attempt.attempt_id))
    assert (ended.state, ended.reason) == (IdentityState.UNVERIFIED, FailureReason.CANCELLED)
    with pytest.raises(IdentityStateRefused):
        decide(world, sent.attempt.attempt_id, approved=True)


async def test_reviews_do_not_end_by_time(world: IdentityWorld) -> None:
    """Section 3.10: only a reviewer ends MANUAL_REVIEW, or the end of the account."""
    phone = await world.account()
    sent = await submit(world, phone)
    world.clock.forward(days=9)
    assert world.verification.sweep() == 0
    await phone.login_sms()
    assert decide(world, sent.attempt.attempt_id, approved=True).state.value == "verified"


async def test_export_and_erasure(world: IdentityWorld) -> None:
    """R-AUD-08: what was handed in is exported, and goes with the account."""
    phone = await world.account()
    sent = await submit(world, phone)
    assert AREA.export is not None
    assert AREA.erase is not None
    with writing(world.engine) as connection:
        exported = AREA.export(connection, world.personal, phone.account_id)
        assert sent.attempt.attempt_id in str(exported)
        assert AREA.erase(connection, world.personal, phone.account_id, None).erased == 1  # type: ignore[arg-type]
    with reading(world.engine) as connection:
        assert AREA.export(connection, world.personal, phone.account_id) == {"manual_reviews": []}


def at_once(world: IdentityWorld, works: list[Any]) -> list[object]:
    """Results or faults of several transactions that begin together."""
    ready, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int) -> None:
        ready.wait()
        try:
            results[place] = world.act(works[place])
        except CosignFault as fault:
            results[place] = fault  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(results)


async def test_two_submissions_at_once(shared_world: IdentityWorld) -> None:
    """R-IDV-11, PostgreSQL: of two submissions of one account one is taken."""
    world = shared_world
    phone = await world.account()
    principal: Principal = await world.me(phone)

    def papers() -> Papers:
        handed_in = {ManualFile(one.file): one.upload_id for one in files(world, phone.account_id)}
        person = dataclasses.replace(world.person(), long_term=False, document_expiry=world.clock.now().date())
        return Papers(person=person, files=handed_in)

    both = [papers(), papers()]
    results = at_once(
        world,
        [lambda unit, one=one: submit_manual(unit, principal=principal, papers=one, clock=world.clock) for one in both],
    )
    faults = [one for one in results if isinstance(one, CosignFault)]
    assert len(faults) == 1
    assert isinstance(faults[0], AttemptOpen | ConcurrentOperation)
    assert len(world.look(lambda unit: unit.attempts.page(phone.account_id, before="", limit=10))) == 1


async def test_two_approvals_of_one_document_at_once(shared_world: IdentityWorld) -> None:
    """R-ADM-03, PostgreSQL: one document serves one account, whoever approves first."""
    world = shared_world
    phone, other = await world.account(), await world.account(OTHER)
    number = resident_number()
    attempts = [(await submit(world, one, document_number=number)).attempt.attempt_id for one in (phone, other)]
    results = at_once(
        world,
        [
            lambda unit, one=one: decide_manual(unit, one, approved=True, by="stf_1", clock=world.clock)
            for one in attempts
        ],
    )
    assert sum(isinstance(one, DocumentTaken | ConcurrentOperation) for one in results) == 1
