"""Which reviewer a member of staff is: permissions to stages and duties."""

from collections.abc import Iterable, Mapping
from typing import Final

from cosign.brands.words import ReviewStage
from cosign.reviews.model import ReviewKind
from cosign.reviews.ports import Duty, Reviewer
from cosign.staff import Permission, Role, permissions_of

STAGES: Final[Mapping[ReviewStage, Permission]] = {
    ReviewStage.PLATFORM: Permission.REVIEW_FIRST,
    ReviewStage.RECHECK: Permission.REVIEW_SECOND,
    ReviewStage.CA: Permission.REVIEW_CA,
}
"""What deciding a stage needs."""
DUTIES: Final[Mapping[Duty, Permission]] = {
    Duty.SUPERVISE: Permission.REVIEW_SUPERVISE,
    Duty.UNMASK: Permission.UNMASK,
    Duty.REASONS: Permission.REJECT_TYPES_EDIT,
}
"""What a duty needs."""


def reviewer_of(staff_id: str, roles: Iterable[Role]) -> Reviewer:
    """The reviewer that a member with these roles is; one without `review_view` sees no review at all."""
    permissions = permissions_of(roles)
    return Reviewer(
        staff_id=staff_id,
        kinds=frozenset(ReviewKind) if Permission.REVIEW_VIEW in permissions else frozenset(),
        stages=frozenset(stage for stage, needed in STAGES.items() if needed in permissions),
        duties=frozenset(duty for duty, needed in DUTIES.items() if needed in permissions),
    )
