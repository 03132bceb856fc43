"""Asks providers for results that did not come by themselves (R-IDV-17).

An attempt is taken in one transaction, its provider is asked outside of any, and the result is applied in another one.
Taking an attempt says when it is asked for again, so other nodes leave it alone meanwhile, and the result of a node
that is killed is asked for at the next time.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.identity.ports import IdentityUnit
from cosign.identity.usecases.verification import Asked, Verification

_SHORTEST: Final = dt.timedelta(seconds=30)
"""Between two questions; one takes ten seconds at most."""
_LONGEST: Final = dt.timedelta(minutes=10)
_BEFORE_END: Final = dt.timedelta(seconds=30)
"""The last question comes so long before the time of the attempt is over."""


def take_due(unit: IdentityUnit, *, after: dt.timedelta, limit: int, clock: Clock) -> Sequence[str]:
    """Takes attempts whose provider is to be asked; whoever takes them asks.

    Args:
        unit: A write transaction.
        after: How long the result was waited for before the first question; the break after a question doubles.
        limit: At most so many.
        clock: Present time.

    Returns:
        Their ids, longest due first, without those that another node takes at this moment.
    """
    now = clock.now()
    due = unit.attempts.due_queries(now, limit)
    for one in due:
        at = next_query(now, queries=one.queries, after=after, expires_at=one.expires_at)
        unit.attempts.plan_query(one.attempt_id, queries=one.queries + 1, at=at)
    return [one.attempt_id for one in due]


def next_query(now: dt.datetime, *, queries: int, after: dt.timedelta, expires_at: dt.datetime) -> dt.datetime | None:
    """When an attempt is asked for again that was asked for `queries` times before now; None: never.

    Breaks double from `after`, within half a minute and ten minutes; the last question comes half a minute before
    the end of the attempt.
    """
    last = expires_at - _BEFORE_END
    if now >= last:
        return None
    doubled = after * (1 << min(queries, 10))
    return min(now + min(max(doubled, _SHORTEST), _LONGEST), last)


def ask_again(verification: Verification, attempt_id: str) -> tuple[str, Asked]:
    """Asks the provider of an attempt that `take_due` returned. Blocks.

    Returns:
        The word of the provider, and what became of the question.

    Raises:
        ResourceNotFound: The attempt was erased meanwhile.
        PersonalDataUnreadable, ConcurrentOperation, DatabaseUnavailable: It is asked for again later.
    """
    attempt, session = verification.units.read(
        lambda unit: (unit.attempts.get(attempt_id), unit.attempts.session(attempt_id))
    )
    if attempt is None:
        raise ResourceNotFound("no such attempt")
    return attempt.provider, verification.ask_provider(attempt, session)[1]
