"""ReviewService and ReviewReasonService, called by members of staff with real sessions and roles."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from cosign.api.v1 import review_pb2 as pb
from cosign.api.v1 import review_reason_pb2 as reason_pb
from cosign.audit.model import AuditEvent
from cosign.errors import FieldInvalid, NotAuthorised, PageTokenInvalid, RequestIdReused, ResourceNotFound, SessionEnded
from cosign.reviews import ReviewKind, Verdict
from cosign.reviews.faults import ReviewChanged
from cosign.reviews.servicer import ReviewCalls, ReviewReasonServicer, ReviewServicer
from cosign.staff import BrandScope, PermissionMissing, Role
from cosign.uploads.links import Links
from tests.cosign.reviews.conftest import SECRET, Desk
from tests.cosign.staff.test_sessions import writes
from tests.cosign.staff.world import Context
from tests.cosign.staff.world import World as Staff
from tests.support.keyed import mac


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The servicers add nothing that the databases could differ in."""
    return f"sqlite:///{tmp_path / 'reviews.db'}"


class Office:
    """The servicers, and members of staff."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.staff = Staff(engine, folder)
        self.desk = Desk(engine, folder, clock=self.staff.clock, personal=self.staff.personal)
        self.counted: list[tuple[ReviewKind, Verdict]] = []
        staff = self.staff.calls

        def scope_of(connection: Any, staff_id: str) -> tuple[frozenset[Role], BrandScope]:
            member = self.staff.unit(connection).members.get(staff_id)
            return (frozenset(), None) if member is None else (member.roles, member.brands)

        self.calls = ReviewCalls(
            engine=engine,
            unit=self.desk.unit,
            callers=staff.callers,
            scope_of=scope_of,
            clock=self.desk.clock,
            blocking=staff.blocking,
            pager=staff.pager,
            once=staff.once,
            link=Links(mac, self.desk.clock, base_url="https://files.example").make,
            count_decision=lambda kind, verdict: self.counted.append((kind, verdict)),
        )
        self.reviews = ReviewServicer(self.calls)
        self.reasons = ReviewReasonServicer(self.calls)

    async def session(self, *roles: Role, brands: BrandScope = None) -> Context:
        return await self.staff.session(f"u{uuid.uuid4().hex[:8]}", *roles, brands=brands)


@pytest.fixture
async def office(engine: Engine, tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(engine, tmp_path)
    yield made
    made.staff.close()


def request_id() -> str:
    return str(uuid.uuid4())


async def test_a_review_from_the_queue_to_the_decision(office: Office) -> None:
    """R-ADM-01, R-ADM-03: list, claim, show, unmask, file, decide; every repeat with the same id has one effect."""
    item = office.desk.hand_in()
    me = await office.session(Role.PLATFORM_REVIEWER)
    (listed,) = (await office.reviews.ListReviews(pb.ListReviewsRequest(), me)).reviews
    assert (listed.review_id, listed.state, listed.overdue) == (item.review_id, pb.REVIEW_STATE_WAITING, False)
    claim = pb.ClaimReviewRequest(request_id=request_id(), review_id=item.review_id, version=listed.version)
    claimed = (await office.reviews.ClaimReview(claim, me)).review
    assert (await office.reviews.ClaimReview(claim, me)).review == claimed
    shown = await office.reviews.GetReview(pb.GetReviewRequest(review_id=item.review_id), me)
    assert (list(shown.files), [event.action for event in shown.history]) == (["portrait"], ["opened", "claimed"])
    with writes(office.desk.engine) as found:
        await office.reviews.ListReviews(pb.ListReviewsRequest(), me)
        await office.reviews.GetReview(pb.GetReviewRequest(review_id=item.review_id), me)
        await office.reasons.ListReviewReasons(reason_pb.ListReviewReasonsRequest(kind=pb.REVIEW_KIND_IDENTITY), me)
    assert not found
    assert set(shown.verdicts) == {pb.REVIEW_VERDICT_APPROVE, pb.REVIEW_VERDICT_RETURN}
    assert SECRET not in str(shown)
    unmask = pb.UnmaskReviewFieldRequest(review_id=item.review_id, name="name")
    assert (await office.reviews.UnmaskReviewField(unmask, me)).text == SECRET
    opened = await office.reviews.OpenReviewFile(
        pb.OpenReviewFileRequest(review_id=item.review_id, name="portrait"), me
    )
    assert opened.url.startswith("https://files.example/uploads/upl_1?")
    decision = pb.DecideReviewRequest(
        request_id=request_id(),
        review_id=item.review_id,
        version=claimed.version,
        verdict=pb.REVIEW_VERDICT_RETURN,
        reason_code="picture_unclear",
        note="重拍",
    )
    for _ in range(2):
        decided = (await office.reviews.DecideReview(decision, me)).review
        assert decided.state == pb.REVIEW_STATE_RETURNED
    assert office.counted == [(ReviewKind.IDENTITY, Verdict.RETURN)]
    assert len(office.desk.subject.decisions) == 1
    decision.note = "other"
    with pytest.raises(RequestIdReused):
        await office.reviews.DecideReview(decision, me)
    decision.request_id = request_id()
    with pytest.raises(ReviewChanged) as late:
        await office.reviews.DecideReview(decision, me)
    assert late.value.metadata["state"] == "returned"


async def test_each_method_asks_for_its_permission(office: Office) -> None:
    """R-ADM-01, R-ADM-21: no permission. Guests, operators without reviews, and reviewers who are no supervisors."""
    item = office.desk.hand_in()
    me = await office.session(Role.PLATFORM_REVIEWER)
    operator = await office.session(Role.OPERATOR)
    support = await office.session(Role.SUPPORT)
    auditor = await office.session(Role.AUDITOR)
    with pytest.raises(SessionEnded):
        await office.reviews.ListReviews(pb.ListReviewsRequest(), Context())
    for call in (
        lambda: office.reviews.ListReviews(pb.ListReviewsRequest(), operator),
        lambda: office.reviews.GetReview(pb.GetReviewRequest(review_id=item.review_id), operator),
        lambda: office.reviews.UnmaskReviewField(pb.UnmaskReviewFieldRequest(review_id=item.review_id), support),
        lambda: office.reviews.OpenReviewFile(pb.OpenReviewFileRequest(review_id=item.review_id), support),
        lambda: office.reviews.ReassignReview(pb.ReassignReviewRequest(review_id=item.review_id), me),
        lambda: office.reasons.ListReviewReasons(reason_pb.ListReviewReasonsRequest(), auditor),
        lambda: office.reasons.AddReviewReason(reason_pb.AddReviewReasonRequest(), me),
        lambda: office.reasons.ChangeReviewReason(reason_pb.ChangeReviewReasonRequest(), me),
        lambda: office.reasons.DeleteReviewReason(reason_pb.DeleteReviewReasonRequest(), me),
    ):
        with pytest.raises(PermissionMissing):
            await call()
    assert (await office.reviews.ListReviews(pb.ListReviewsRequest(), support)).reviews
    with pytest.raises(ResourceNotFound):
        await office.reviews.GetReview(pb.GetReviewRequest(review_id=item.review_id[:-1] + "0"), me)


async def test_a_supervisor_gives_a_review_to_somebody(office: Office) -> None:
    """R-ADM-01: reassigned to a reviewer of the stage; released by the supervisor."""
    item = office.desk.hand_in()
    first = await office.staff.member("first", Role.PLATFORM_REVIEWER)
    senior = await office.session(Role.SENIOR_REVIEWER)
    give = pb.ReassignReviewRequest(
        request_id=request_id(), review_id=item.review_id, version=item.version, staff_id=first.staff_id
    )
    given = (await office.reviews.ReassignReview(give, senior)).review
    assert given.claimed_by == first.staff_id
    release = pb.ReleaseReviewRequest(request_id=request_id(), review_id=item.review_id, version=given.version)
    assert (await office.reviews.ReleaseReview(release, senior)).review.state == pb.REVIEW_STATE_WAITING


async def test_pages_belong_to_their_reader_and_filter(office: Office) -> None:
    """R-ADM-01: lists by `Pager`."""
    for number in range(3):
        office.desk.hand_in(f"idv_{number}")
    me, other = await office.session(Role.PLATFORM_REVIEWER), await office.session(Role.SUPPORT)
    request = pb.ListReviewsRequest(kind=pb.REVIEW_KIND_IDENTITY, page_size=2)
    page = await office.reviews.ListReviews(request, me)
    request.page_token = page.next_page_token
    rest = await office.reviews.ListReviews(request, me)
    assert (len(page.reviews), len(rest.reviews), rest.next_page_token) == (2, 1, "")
    with pytest.raises(PageTokenInvalid):
        await office.reviews.ListReviews(request, other)
    request.overdue = True
    with pytest.raises(PageTokenInvalid):
        await office.reviews.ListReviews(request, me)
    with pytest.raises(FieldInvalid):
        await office.reviews.ListReviews(pb.ListReviewsRequest(state=99), me)  # type: ignore[arg-type]


async def test_the_dictionary_is_edited_by_operators_and_read_by_reviewers(office: Office) -> None:
    """R-ADM-22: CRUD over the API."""
    me, operator = await office.session(Role.PLATFORM_REVIEWER), await office.session(Role.OPERATOR)
    kind = pb.REVIEW_KIND_IDENTITY
    add = reason_pb.AddReviewReasonRequest(
        request_id=request_id(), kind=kind, code="glare", text_zh="反光", text_en="It reflects"
    )
    for _ in range(2):
        assert (await office.reasons.AddReviewReason(add, operator)).reason.version == 1
    change = reason_pb.ChangeReviewReasonRequest(request_id=request_id(), kind=kind, code="glare", version=1)
    change.text_zh = "有反光"
    with pytest.raises(FieldInvalid):
        await office.reasons.ChangeReviewReason(change, operator)
    change.ClearField("text_zh")
    change.retired = True
    assert (await office.reasons.ChangeReviewReason(change, operator)).reason.version == 2

    async def codes(who: Context, *, retired: bool) -> set[str]:
        request = reason_pb.ListReviewReasonsRequest(kind=kind, with_retired=retired)
        return {one.code for one in (await office.reasons.ListReviewReasons(request, who)).reasons}

    assert "glare" not in await codes(me, retired=False)
    assert "glare" in await codes(operator, retired=True)
    delete = reason_pb.DeleteReviewReasonRequest(request_id=request_id(), kind=kind, code="glare")
    await office.reasons.DeleteReviewReason(delete, operator)
    assert "glare" not in await codes(me, retired=True)


async def test_reviews_of_another_brand_are_not_there(office: Office) -> None:
    """R-ADM-01, R-ADM-21: neither in the queue, nor shown, claimed, decided, unmasked or given; recorded."""
    item, own = office.desk.hand_in(brand="sxq"), office.desk.hand_in("idv_2", brand="zb")
    me = await office.session(Role.PLATFORM_REVIEWER, brands=frozenset({"zb", "net"}))
    senior = await office.session(Role.SENIOR_REVIEWER)
    other = await office.staff.member("other", Role.PLATFORM_REVIEWER, brands=frozenset({"zb"}))
    listed = (await office.reviews.ListReviews(pb.ListReviewsRequest(), me)).reviews
    assert [one.review_id for one in listed] == [own.review_id]
    assert not (await office.reviews.ListReviews(pb.ListReviewsRequest(brand="sxq"), me)).reviews
    named: dict[str, Any] = {"request_id": request_id(), "review_id": item.review_id, "version": item.version}
    for call in (
        lambda: office.reviews.GetReview(pb.GetReviewRequest(review_id=item.review_id), me),
        lambda: office.reviews.ClaimReview(pb.ClaimReviewRequest(**named), me),
        lambda: office.reviews.ReleaseReview(pb.ReleaseReviewRequest(**named), me),
        lambda: office.reviews.DecideReview(pb.DecideReviewRequest(**named, verdict=pb.REVIEW_VERDICT_APPROVE), me),
        lambda: office.reviews.UnmaskReviewField(
            pb.UnmaskReviewFieldRequest(review_id=item.review_id, name="name"), me
        ),
        lambda: office.reviews.OpenReviewFile(pb.OpenReviewFileRequest(review_id=item.review_id, name="portrait"), me),
    ):
        with pytest.raises(ResourceNotFound):
            await call()
    refused = [row for row in office.staff.rows() if row.event is AuditEvent.STAFF_REFUSED]
    assert [(row.key_id, row.outcome) for row in refused] == [(item.review_id, "RESOURCE_NOT_FOUND")] * 6
    with pytest.raises(ResourceNotFound):
        await office.reviews.ReassignReview(pb.ReassignReviewRequest(**named, staff_id=other.staff_id), senior)
    claimed = await office.reviews.ClaimReview(
        pb.ClaimReviewRequest(request_id=request_id(), review_id=own.review_id, version=own.version), me
    )
    assert claimed.review.state == pb.REVIEW_STATE_CLAIMED


async def test_the_dictionary_belongs_to_all_brands(office: Office) -> None:
    """R-ADM-21, R-ADM-22: who works for some brands only reads it."""
    operator = await office.session(Role.OPERATOR, brands=frozenset({"zb"}))
    kind = pb.REVIEW_KIND_IDENTITY
    request = reason_pb.ListReviewReasonsRequest(kind=kind)
    assert (await office.reasons.ListReviewReasons(request, operator)).reasons
    with pytest.raises(NotAuthorised):
        await office.reasons.AddReviewReason(
            reason_pb.AddReviewReasonRequest(request_id=request_id(), kind=kind, code="x1", text_zh="无", text_en="No"),
            operator,
        )
