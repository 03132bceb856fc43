"""Change of the login number without the old one: values, the state machine and the ports (R-ACC-33). No I/O."""

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cosign.accounts.faults import NumberChangeStateRefused
from cosign.transitions import Transitions


class NumberChangeState(enum.StrEnum):
    """Life of a wish for another number."""

    IN_REVIEW = "in_review"
    """Reviewers decide."""
    WAITING = "waiting"
    """Proved; whoever holds the old number or a phone of the account may object."""
    DONE = "done"
    CANCELLED = "cancelled"
    """Somebody with a session objected."""
    REFUSED = "refused"
    """By a reviewer."""
    FAILED = "failed"
    """When its time came the number had an account, or this account was no longer in use."""


NUMBER_CHANGE_TRANSITIONS: Final = Transitions(
    "the change",
    NumberChangeState,
    {
        NumberChangeState.IN_REVIEW: {
            NumberChangeState.WAITING,
            NumberChangeState.REFUSED,
            NumberChangeState.CANCELLED,
        },
        NumberChangeState.WAITING: {NumberChangeState.DONE, NumberChangeState.CANCELLED, NumberChangeState.FAILED},
    },
)
"""Every transition there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChange:
    """One wish. The new number stands sealed in its row until the wish is over."""

    change_id: str
    """`nch_` and a ULID."""
    account_id: str
    brand: str
    state: NumberChangeState
    proof_id: str
    """The identity check; empty: reviewers decide."""
    device_id: str
    """The phone that asked."""
    requested_at: dt.datetime
    due_at: dt.datetime | None = None
    """When it is carried out; None while it is reviewed."""

    def check_becomes(self, target: NumberChangeState) -> None:
        """Raises NumberChangeStateRefused unless the wish may become `target`."""
        NUMBER_CHANGE_TRANSITIONS.check(self.state, target, NumberChangeStateRefused)


class NumberChanges(Protocol):
    """Wishes for another number."""

    def add(self, change: NumberChange, phone_number: str) -> None:
        """Stores a wish. Raises NumberChangeOpen when the account has one."""
        ...

    def get(self, change_id: str) -> NumberChange | None: ...

    def newest(self, account_id: str) -> NumberChange | None: ...

    def phone_number(self, change_id: str) -> str:
        """The new number; empty once the wish is over."""
        ...

    def become(
        self, change: NumberChange, target: NumberChangeState, *, now: dt.datetime, due_at: dt.datetime | None = None
    ) -> NumberChange:
        """Changes the state; forgets the number with the last one.

        Raises:
            NumberChangeStateRefused: No such transition.
            ConcurrentOperation: It changed meanwhile.
        """
        ...

    def due(self, now: dt.datetime, limit: int) -> Sequence[str]:
        """Ids of wishes whose time has come, the longest first."""
        ...


class IdentityProof(Protocol):
    """Asks the area of real-name checks, in the caller's transaction."""

    def check(self, *, account_id: str, device_id: str, proof_id: str, since: dt.datetime) -> None:
        """Raises IdentityProofRefused unless the person behind the account was recognised by face on this phone.

        Args:
            account_id: Of a verified user.
            device_id: The phone that asks.
            proof_id: Id of the check, which passed at or after `since`.
            since: How old it may be.
        """
        ...
