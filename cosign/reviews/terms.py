"""What the policy of a brand says about each kind of review."""

from typing import Final

from cosign.brands import BrandPolicy
from cosign.reviews.model import ReviewKind
from cosign.reviews.ports import Terms

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS


def terms(kind: ReviewKind, policy: BrandPolicy) -> Terms:
    """Stages and times of a kind."""
    reviews = policy.reviews
    match kind:
        case ReviewKind.IDENTITY:
            path, hours = reviews.identity_stages, policy.identity.manual_hours
        case ReviewKind.ACCOUNT_APPEAL:
            path, hours = reviews.appeal_stages, reviews.appeal_hours
        case ReviewKind.NUMBER_CHANGE:
            path, hours = reviews.number_change_stages, reviews.number_change_hours
    return Terms(
        path=path,
        due_ms=hours * _HOUR_MS,
        claim_ms=reviews.claim_minutes * _MINUTE_MS,
        correct_ms=reviews.correction_days * _DAY_MS,
    )
