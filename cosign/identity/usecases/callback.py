"""Callbacks of providers: whatever comes, a result counts once (R-IDV-17)."""

import enum

from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.identity.ports import Callback, IdentityUnit
from cosign.identity.usecases.outcome import Applied, apply_outcome


class Disposition(enum.StrEnum):
    """What became of a genuine callback; the words are stored."""

    APPLIED = "applied"
    PROGRESS = "progress"
    """It told of no result."""
    DUPLICATE = "duplicate"
    LATE = "late"
    """The attempt was decided or over."""
    UNKNOWN = "unknown"
    """Of no attempt that was made with this provider."""


def receive_callback(unit: IdentityUnit, *, provider: str, callback: Callback, clock: Clock) -> Disposition:
    """Applies a genuine callback.

    The attempt is locked before the event is noted, so of equal events that come at once one counts.
    """
    attempt = unit.attempts.of_provider(provider, callback.provider_ref)
    if attempt is not None:
        unit.attempts.locked(attempt.attempt_id)

    def note(disposition: Disposition) -> bool:
        return unit.callbacks.add(
            provider,
            callback.event_id,
            provider_ref=callback.provider_ref,
            disposition=disposition.value,
            now=clock.now(),
        )

    if attempt is None:
        disposition = Disposition.UNKNOWN if note(Disposition.UNKNOWN) else Disposition.DUPLICATE
    elif callback.outcome is None:
        disposition = Disposition.PROGRESS if note(Disposition.PROGRESS) else Disposition.DUPLICATE
    elif not note(Disposition.APPLIED):
        disposition = Disposition.DUPLICATE
    else:
        _, applied = apply_outcome(unit, attempt.attempt_id, callback.outcome, clock=clock)
        disposition = Disposition.LATE if applied is Applied.IGNORED else Disposition.APPLIED
    if disposition in (Disposition.LATE, Disposition.UNKNOWN):
        unit.accounts.audit(AuditEvent.IDENTITY_CALLBACK, outcome=disposition.value)
    return disposition
