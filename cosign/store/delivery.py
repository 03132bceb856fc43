"""What delivers the rows of the outbox, and what may become of an attempt."""

from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection

from cosign.store.outbox import OutboxItem

MAX_REASON: Final = 32
"""Characters."""
OUTCOMES: Final = ("sent", "delayed", "dead", "dropped", "expired", "late")
"""`late`: the lease had ended and another attempt decides."""


class DeliveryFault(Exception):
    """An attempt failed."""

    def __init__(self, reason: str) -> None:
        """`reason` is a short word, at most 32 characters; it is stored and shown to operators."""
        super().__init__(reason)
        self.reason = reason[:MAX_REASON]


class DeliveryRefused(DeliveryFault):
    """For good: another attempt would end the same way."""


class NothingToDeliver(DeliveryFault):
    """There is nobody to deliver to, and no operator can change that: the row is dropped instead of kept as dead."""


class DeliveryDelayed(DeliveryFault):
    """For now: no connection, an overload, no answer."""

    def __init__(self, reason: str, *, retry_after_ms: int = 0) -> None:
        """`retry_after_ms`: what the provider asked for; 0 for nothing."""
        super().__init__(reason)
        self.retry_after_ms = retry_after_ms


class Handler(Protocol):
    """Delivers rows of one kind. Called from several threads at once."""

    def deliver(self, item: OutboxItem) -> str:
        """Hands one row to the outside, within a deadline of its own that is well below the lease.

        Returns:
            What the provider calls the delivery, at most 96 characters; may be empty.

        Raises:
            DeliveryRefused, NothingToDeliver, DeliveryDelayed: See there. Anything else counts as a fault of ours and
                is tried again.
        """
        ...

    def sent(self, connection: Connection, item: OutboxItem, reference: str) -> None:
        """In the transaction that records the delivery; `reference` is what `deliver` returned."""
        ...

    def gave_up(self, connection: Connection, item: OutboxItem, reason: str) -> None:
        """In the transaction that makes the row a dead letter or drops it: what is to happen instead, for example a row
        for another channel."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPolicy:
    """How a worker goes about it."""

    parallel: int = 8
    """Deliveries at once."""
    per_kind: int = 4
    """Of them of one kind: a slow provider must not hold up the others."""
    lease_seconds: float = 60.0
    """How long a row belongs to an attempt; then a killed process counts as gone."""
    attempts: int = 10
    """Then the row is a dead letter."""
    first_delay_seconds: float = 1.0
    """Before the second attempt; doubled each time, and cut by up to half at random."""
    longest_delay_seconds: float = 600.0
    """Most between two attempts."""
    poll_seconds: float = 5.0
    """How often the table is read when nothing is heard."""

    def delay_ms(self, attempt: int, chance: float) -> int:
        """Time before the next attempt, ms; `chance` is a random number in [0, 1)."""
        full = min(self.longest_delay_seconds, self.first_delay_seconds * 2.0 ** min(attempt - 1, 30))
        return round(full * (1.0 - chance / 2) * 1000)


class OutboxObserver(Protocol):
    """Told of what happens, after it was recorded."""

    def attempted(self, kind: str, outcome: str, seconds: float) -> None:
        """`outcome` is one of OUTCOMES."""
        ...

    def failed(self, fault: Exception) -> None:
        """Something of ours failed: the database, or a handler with an exception that says nothing of delivery."""
        ...
