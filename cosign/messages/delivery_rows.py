"""What is known of deliveries, in the database."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, RowMapping, Select, and_, delete, insert, select, update

from cosign.clock import Clock
from cosign.messages.model import Channel, Delivery, DeliveryState, Report
from cosign.messages.payloads import Notice, enqueue_notice, sending_of
from cosign.messages.tables import delivery as table
from cosign.messages.tables import early_report

KEEP_MS: Final = 90 * 24 * 3_600_000
"""How long a delivery is kept."""
KEEP_EARLY_MS: Final = 3_600_000
"""How long a report waits for its delivery."""
SWEEP_ROWS: Final = 1_000


class SqlDeliveryUnit:
    """`DeliveryUnit` on one connection."""

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def add(self, delivery: Delivery) -> None:
        self._connection.execute(delete(table).where(table.c.key == delivery.key))
        self._connection.execute(
            insert(table).values(
                key=delivery.key,
                channel=delivery.channel.value,
                provider=delivery.provider,
                reference=delivery.reference,
                message_id=delivery.message_id,
                following=" ".join(channel.value for channel in delivery.following),
                state=delivery.state.value,
                reason=delivery.reason,
                sent_ms=delivery.sent_ms,
                ended_ms=delivery.ended_ms,
            )
        )

    def find(self, report: Report) -> Delivery | None:
        chosen = table.c.key == report.key if report.key else table.c.reference == report.reference
        if not report.key and not report.reference:
            return None
        query = select(table).where(table.c.provider == report.provider, chosen).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_delivery(row)

    def move(self, delivery: Delivery, state: DeliveryState, reason: str) -> bool:
        changed = self._connection.execute(
            update(table)
            .where(table.c.key == delivery.key, table.c.state == delivery.state.value)
            .values(
                state=state.value,
                reason=reason if state is DeliveryState.FAILED else "",
                ended_ms=self._clock.now_ms(),
            )
        )
        return changed.rowcount == 1

    def follow(self, delivery: Delivery) -> None:
        if delivery.message_id:
            notice = Notice(message_id=delivery.message_id, chain=delivery.following, sending=sending_of(delivery.key))
            enqueue_notice(self._connection, notice, self._clock)

    def keep_early(self, report: Report) -> None:
        if not report.reference:
            return
        self.take_early(report.provider, report.reference)
        self._connection.execute(
            insert(early_report).values(
                provider=report.provider,
                reference=report.reference,
                delivered=report.delivered,
                reason=report.reason,
                reported_ms=self._clock.now_ms(),
            )
        )

    def take_early(self, provider: str, reference: str) -> Report | None:
        same = and_(early_report.c.provider == provider, early_report.c.reference == reference)
        row = self._connection.execute(select(early_report).where(same)).mappings().one_or_none()
        if row is None:
            return None
        self._connection.execute(delete(early_report).where(same))
        return _as_report(row)

    def early_of_known(self) -> Sequence[tuple[Delivery, Report]]:
        same = and_(table.c.provider == early_report.c.provider, table.c.reference == early_report.c.reference)
        query = select(
            table,
            early_report.c.delivered.label("early_delivered"),
            early_report.c.reason.label("early_reason"),
        ).select_from(early_report.join(table, same))
        query = query.where(early_report.c.reported_ms > self._clock.now_ms() - KEEP_EARLY_MS)
        rows = self._connection.execute(query.order_by(early_report.c.reported_ms).limit(SWEEP_ROWS)).mappings()
        return [
            (
                _as_delivery(row),
                Report(
                    provider=row["provider"],
                    key="",
                    reference=row["reference"],
                    delivered=row["early_delivered"],
                    reason=row["early_reason"],
                ),
            )
            for row in rows
        ]


def list_query(state: DeliveryState | None, limit: int) -> Select[tuple[object, ...]]:
    """Deliveries, newest first, for operators."""
    query = select(table).order_by(table.c.sent_ms.desc()).limit(limit)
    return query if state is None else query.where(table.c.state == state.value)


def deliveries(connection: Connection, *, state: DeliveryState | None, limit: int) -> list[Delivery]:
    """Deliveries in one state or any, newest first."""
    return [_as_delivery(row) for row in connection.execute(list_query(state, limit)).mappings()]


def sweep(connection: Connection, now_ms: int) -> int:
    """Forgets deliveries and kept reports past their time; returns how many, at most SWEEP_ROWS of each."""
    old = select(table.c.key).where(table.c.sent_ms <= now_ms - KEEP_MS).order_by(table.c.sent_ms).limit(SWEEP_ROWS)
    keys = connection.execute(old).scalars().all()
    count = connection.execute(delete(table).where(table.c.key.in_(keys))).rowcount if keys else 0
    early = delete(early_report).where(early_report.c.reported_ms <= now_ms - KEEP_EARLY_MS)
    return count + connection.execute(early).rowcount


def _as_delivery(row: RowMapping) -> Delivery:
    return Delivery(
        key=row["key"],
        channel=Channel(row["channel"]),
        provider=row["provider"],
        reference=row["reference"],
        message_id=row["message_id"],
        following=tuple(Channel(word) for word in row["following"].split()),
        state=DeliveryState(row["state"]),
        reason=row["reason"],
        sent_ms=row["sent_ms"],
        ended_ms=row["ended_ms"],
    )


def _as_report(row: RowMapping) -> Report:
    return Report(
        provider=row["provider"],
        key="",
        reference=row["reference"],
        delivered=row["delivered"],
        reason=row["reason"],
    )
