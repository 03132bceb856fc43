"""Which reviewer a member of staff is: permissions to stages and duties."""

from collections.abc import Iterable, Mapping
from typing import Final

from cosign.brands.words import ReviewStage
from cosign.reviews.model import ReviewKind
from cosign.reviews.ports import Duty, Reviewer
from cosign.staff import BrandScope, Permission, Role, permissions_of

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


def reviewer_of(staff_id: str, roles: Iterable[Role], brands: BrandScope = None) -> Reviewer:
    """The reviewer that a member with these roles is for these brands.

    One without `review_view` sees no review at all. The dictionary of reasons serves every brand: who works for some
    brands only does not edit it.
    """
    permissions = permissions_of(roles)
    if brands is not None:
        permissions -= {Permission.REJECT_TYPES_EDIT}
    return Reviewer(
        staff_id=staff_id,
        kinds=frozenset(ReviewKind) if Permission.REVIEW_VIEW in permissions else frozenset(),
        stages=frozenset(stage for stage, needed in STAGES.items() if needed in permissions),
        brands=brands,
        duties=frozenset(duty for duty, needed in DUTIES.items() if needed in permissions),
    )
