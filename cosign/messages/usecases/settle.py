"""Ends messages that asked for a decision (R-MSG-03)."""

from cosign.messages.model import TargetKind
from cosign.messages.ports import MessageUnit


def settle(unit: MessageUnit, *, target_kind: TargetKind, target_id: str, acted_by: str, outcome: str) -> int:
    """Shows the outcome of a decision in every open message about its target; returns in how many.

    Called by the area that owns the target, in the transaction of the decision: the decision itself goes through the
    rules of that area, so that a message can never decide what the area would refuse.

    Args:
        unit: The caller's transaction.
        target_kind: What the target is.
        target_id: Its id.
        acted_by: Account that decided; its message becomes ACTED, those of others OUTDATED. Empty: nobody's.
        outcome: Word for the decision, 1 to 16 characters, for example `agreed`.

    Raises:
        ValueError: `outcome` is empty or too long.
    """
    if not 1 <= len(outcome) <= 16:
        raise ValueError("an outcome is a short word")
    return unit.settle(target_kind=target_kind, target_id=target_id, acted_by=acted_by, outcome=outcome)
