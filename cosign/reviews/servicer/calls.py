"""What the servicers of this area share: transactions, the caller, and messages they have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from google.protobuf.message import Message
from sqlalchemy import Connection, Engine

from cosign.api.v1 import review_pb2 as pb
from cosign.blocking import BlockingPool
from cosign.clock import Clock
from cosign.errors import FieldInvalid, ResourceNotFound
from cosign.paging import Pager
from cosign.request_once import RequestOnce
from cosign.reviews.model import ReviewItem, ReviewKind, ReviewPriority, ReviewState, Verdict
from cosign.reviews.ports import Reviewer, ReviewUnit
from cosign.reviews.reviewers import reviewer_of
from cosign.staff import BrandScope, Permission, Role, StaffCallers, StaffContext
from cosign.store.unit_of_work import reading, writing
from cosign.timestamps import timestamp_ms
from cosign.uploads.links import Link

A = TypeVar("A", bound=Message)
T = TypeVar("T")

KINDS: Final = {
    ReviewKind.IDENTITY: pb.REVIEW_KIND_IDENTITY,
    ReviewKind.ACCOUNT_APPEAL: pb.REVIEW_KIND_ACCOUNT_APPEAL,
    ReviewKind.NUMBER_CHANGE: pb.REVIEW_KIND_NUMBER_CHANGE,
}
STATES: Final = {
    ReviewState.WAITING: pb.REVIEW_STATE_WAITING,
    ReviewState.CLAIMED: pb.REVIEW_STATE_CLAIMED,
    ReviewState.APPROVED: pb.REVIEW_STATE_APPROVED,
    ReviewState.RETURNED: pb.REVIEW_STATE_RETURNED,
    ReviewState.REFUSED: pb.REVIEW_STATE_REFUSED,
    ReviewState.WITHDRAWN: pb.REVIEW_STATE_WITHDRAWN,
    ReviewState.EXPIRED: pb.REVIEW_STATE_EXPIRED,
}
VERDICTS: Final = {
    Verdict.APPROVE: pb.REVIEW_VERDICT_APPROVE,
    Verdict.RETURN: pb.REVIEW_VERDICT_RETURN,
    Verdict.REFUSE: pb.REVIEW_VERDICT_REFUSE,
}
_KINDS_OF: Final = {word: kind for kind, word in KINDS.items()}
_STATES_OF: Final = {word: state for state, word in STATES.items()}
_VERDICTS_OF: Final = {word: verdict for verdict, word in VERDICTS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCalls:
    """The environment of the servicers."""

    engine: Engine
    unit: Callable[[Connection], ReviewUnit]
    callers: StaffCallers
    scope_of: Callable[[Connection, str], tuple[frozenset[Role], BrandScope]]
    """Roles and brands of a member who may log in now; no roles for everybody else."""
    clock: Clock
    blocking: BlockingPool
    pager: Pager
    once: RequestOnce
    link: Callable[[str], Link]
    """A signed link to an upload."""
    count_decision: Callable[[ReviewKind, Verdict], None]

    async def reviewer(self, context: StaffContext, *permissions: Permission) -> Reviewer:
        """The calling member, who has one of `permissions`.

        Raises:
            SessionEnded, PasswordChangeRequired, PermissionMissing, RateLimited.
        """
        first, *others = permissions
        principal = await self.callers.principal(context, None if others else first)
        if not principal.permissions.intersection(permissions):
            await self.callers.principal(context, first)  # refuses, and records it
        return reviewer_of(principal.staff_id, principal.roles, principal.brands)

    def reviewer_named(self, connection: Connection, staff_id: str) -> Reviewer:
        """Another member. Raises ResourceNotFound: no such member, or one who may not log in."""
        roles, brands = self.scope_of(connection, staff_id)
        if not roles:
            raise ResourceNotFound("no such member")
        return reviewer_of(staff_id, roles, brands)

    async def read(self, reviewer: Reviewer, work: Callable[[ReviewUnit], T]) -> T:
        """Runs `work` on a snapshot."""

        def run() -> T:
            with reading(self.engine) as connection:
                return work(self.unit(connection))

        return await self.callers.recorded(reviewer.staff_id, self.blocking.run(run))

    async def write(self, reviewer: Reviewer, work: Callable[[ReviewUnit], T]) -> T:
        """Runs `work` in a transaction."""

        def run() -> T:
            with writing(self.engine) as connection:
                return work(self.unit(connection))

        return await self.callers.recorded(reviewer.staff_id, self.blocking.run(run))

    async def change(
        self, reviewer: Reviewer, request: Message, answer: type[A], effect: Callable[[Connection], A]
    ) -> A:
        """Runs an effect once in a transaction."""
        done = self.once.run(request, answer, scope=reviewer.staff_id, effect=effect)
        return await self.callers.recorded(reviewer.staff_id, done)


def decode_kind(word: pb.ReviewKind) -> ReviewKind:
    """Raises FieldInvalid unless a kind is stated."""
    if word not in _KINDS_OF:
        raise FieldInvalid("kind", "must be stated")
    return _KINDS_OF[word]


def decode_filter(kind: pb.ReviewKind, state: pb.ReviewState) -> tuple[ReviewKind | None, ReviewState | None]:
    """None for what is not stated. Raises FieldInvalid for what is not known."""
    if kind not in (pb.REVIEW_KIND_UNSPECIFIED, *_KINDS_OF):
        raise FieldInvalid("kind", "is not known")
    if state not in (pb.REVIEW_STATE_UNSPECIFIED, *_STATES_OF):
        raise FieldInvalid("state", "is not known")
    return _KINDS_OF.get(kind), _STATES_OF.get(state)


def decode_verdict(word: pb.ReviewVerdict) -> Verdict:
    """Raises FieldInvalid unless a verdict is stated."""
    if word not in _VERDICTS_OF:
        raise FieldInvalid("verdict", "must be stated")
    return _VERDICTS_OF[word]


def encode_review(item: ReviewItem, now_ms: int) -> pb.Review:
    """The message of an item."""
    message = pb.Review(
        review_id=item.review_id,
        kind=KINDS[item.kind],
        subject_id=item.subject_id,
        brand=item.brand,
        state=STATES[item.state],
        stage=item.stage,
        stages=[stage.value for stage in item.path],
        round=item.round,
        urgent=item.priority is ReviewPriority.URGENT,
        opened_at=timestamp_ms(item.opened_ms),
        due_at=timestamp_ms(item.due_ms),
        overdue=item.is_overdue(now_ms),
        claimed_by=item.claimed_by,
        version=item.version,
    )
    if item.claim_until_ms:
        message.claim_until.CopyFrom(timestamp_ms(item.claim_until_ms))
    if item.finished_ms:
        message.finished_at.CopyFrom(timestamp_ms(item.finished_ms))
    return message
