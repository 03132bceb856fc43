"""What providers took, and what they report of it: late, repeated and early reports change nothing wrongly."""

from cosign.messages.model import DELIVERY_TRANSITIONS, Delivery, DeliveryState, Report, ReportOutcome
from cosign.messages.ports import DeliveryUnit


def record_sent(unit: DeliveryUnit, delivery: Delivery) -> None:
    """Records that a provider took a delivery, in the transaction that ends its row of the outbox.

    A report that came before this is applied at once.
    """
    unit.add(delivery)
    early = unit.take_early(delivery.provider, delivery.reference) if delivery.reference else None
    if early is not None:
        _apply(unit, delivery, early)


def take_report(unit: DeliveryUnit, report: Report) -> tuple[ReportOutcome, Delivery | None]:
    """Applies a report; returns what became of it and the delivery as it was before.

    A delivery that failed for good goes on by the channel that the catalogue names next (R-MSG-05).
    """
    delivery = unit.find(report)
    if delivery is None:
        unit.keep_early(report)
        return ReportOutcome.EARLY, None
    return _apply(unit, delivery, report), delivery


def apply_early(unit: DeliveryUnit) -> int:
    """Applies reports that were kept while the record of their delivery was being written; returns how many."""
    found = unit.early_of_known()
    for delivery, report in found:
        unit.take_early(report.provider, report.reference)
        _apply(unit, delivery, report)
    return len(found)


def _apply(unit: DeliveryUnit, delivery: Delivery, report: Report) -> ReportOutcome:
    state = DeliveryState.DELIVERED if report.delivered else DeliveryState.FAILED
    if state is delivery.state:
        return ReportOutcome.REPEATED
    if state not in DELIVERY_TRANSITIONS[delivery.state]:
        return ReportOutcome.LATE
    if not unit.move(delivery, state, report.reason):
        return ReportOutcome.REPEATED  # another report was faster
    if state is DeliveryState.FAILED:
        unit.follow(delivery)
    return ReportOutcome(state.value)
