"""`cosignctl outbox` and `cosignctl sandbox`."""

from typing import Annotated

import typer

from cosign.audit.model import AuditEvent
from cosign.cli.cosignctl_output import emit, emit_rows, english, load_config, new_app, note, reporting
from cosign.clock import from_ms
from cosign.errors import FieldInvalid
from cosign.messages.adapters.sandbox import FILE, SandboxMessage, read
from cosign.messages.delivery_rows import deliveries
from cosign.messages.model import Delivery, DeliveryState
from cosign.server import operator_wiring
from cosign.server.database_wiring import open_database
from cosign.store import outbox_admin
from cosign.store.outbox import OutboxState
from cosign.store.outbox_admin import OutboxRow
from cosign.store.unit_of_work import reading, writing

outbox = new_app("Look at deliveries, and decide about dead letters.")
sandbox = new_app("What the sandbox took instead of sending it.")

_COLUMNS = ("row_id", "kind", "state", "attempts", "reason", "created_at", "reference")


@outbox.callback()
def outbox_group() -> None:
    """Look at deliveries, and decide about dead letters."""


@outbox.command("list")
def list_rows(
    state: Annotated[str, typer.Option(help="waiting, sent, dead, expired, dropped; empty: all.")] = "dead",
    limit: Annotated[int, typer.Option(help="Most rows, 1 to 1000.", min=1, max=1000)] = 100,
) -> None:
    """List deliveries, newest first. Addresses and texts are sealed and never shown."""
    with reporting():
        wanted = _state(state)
        engine = open_database(load_config())
        try:
            with reading(engine) as connection:
                found = outbox_admin.rows(connection, state=wanted, before=0, limit=limit)
        finally:
            engine.dispose()
    emit_rows([_as_row(row) for row in found], _COLUMNS)


@outbox.command("deliveries")
def list_deliveries(
    state: Annotated[str, typer.Option(help="sent, delivered, failed; empty: all.")] = "failed",
    limit: Annotated[int, typer.Option(help="Most deliveries, 1 to 1000.", min=1, max=1000)] = 100,
) -> None:
    """List what providers took and what they reported of it, newest first."""
    with reporting():
        wanted = _delivery_state(state)
        engine = open_database(load_config())
        try:
            with reading(engine) as connection:
                found = deliveries(connection, state=wanted, limit=limit)
        finally:
            engine.dispose()
    emit_rows([_as_delivery(one) for one in found], ("key", "channel", "provider", "state", "reason", "sent_at"))


@outbox.command("retry")
def retry(row_id: Annotated[int, typer.Argument(help="The dead letter.", min=1)]) -> None:
    """Give a dead letter all its attempts again. One that has expired is not sent any more."""
    with reporting(), operator_wiring.operator(load_config()) as operator, writing(operator.engine) as connection:
        outbox_admin.revive(connection, row_id, operator.clock)
        operator.record(connection, AuditEvent.OUTBOX_RETRIED)
    emit({"row_id": row_id, "state": OutboxState.WAITING.value}, lambda: f"{row_id} waiting")


@outbox.command("drop")
def drop(row_id: Annotated[int, typer.Argument(help="A delivery that waits or is dead.", min=1)]) -> None:
    """Take a delivery out for good."""
    with reporting(), operator_wiring.operator(load_config()) as operator, writing(operator.engine) as connection:
        outbox_admin.drop(connection, row_id, operator.clock)
        operator.record(connection, AuditEvent.OUTBOX_DROPPED)
    emit({"row_id": row_id, "state": OutboxState.DROPPED.value}, lambda: f"{row_id} dropped")


@sandbox.callback()
def sandbox_group() -> None:
    """What the sandbox took instead of sending it."""


@sandbox.command("messages")
def messages(
    to: Annotated[str, typer.Option(help="Only to this number, address or push token.")] = "",
    last: Annotated[int, typer.Option(help="Only the newest so many.", min=1, max=1000)] = 20,
) -> None:
    """Show SMS, e-mail and push notices of the sandbox, oldest first, with codes in the clear."""
    with reporting():
        path = load_config().server.state_dir / FILE
        found = [message for message in read(path) if not to or message.address == to][-last:]
    if not found:
        note("nothing was sent" if english() else "没有已发送的消息")
    emit_rows([_as_message(message) for message in found], ("time", "channel", "address", "template", "text"))


def _state(word: str) -> OutboxState | None:
    if not word:
        return None
    try:
        return OutboxState(word)
    except ValueError:
        raise FieldInvalid("state", f"must be one of {', '.join(OutboxState)}") from None


def _delivery_state(word: str) -> DeliveryState | None:
    if not word:
        return None
    try:
        return DeliveryState(word)
    except ValueError:
        raise FieldInvalid("state", f"must be one of {', '.join(DeliveryState)}") from None


def _as_delivery(delivery: Delivery) -> dict[str, object]:
    return {
        "key": delivery.key,
        "channel": delivery.channel.value,
        "provider": delivery.provider,
        "reference": delivery.reference,
        "state": delivery.state.value,
        "reason": delivery.reason,
        "sent_at": from_ms(delivery.sent_ms).isoformat(timespec="seconds"),
        "ended_at": from_ms(delivery.ended_ms).isoformat(timespec="seconds") if delivery.ended_ms else "",
    }


def _as_row(row: OutboxRow) -> dict[str, object]:
    return {
        "row_id": row.row_id,
        "kind": row.kind,
        "key": row.key,
        "state": row.state.value,
        "attempts": row.attempts,
        "reason": row.reason,
        "created_at": from_ms(row.created_ms).isoformat(timespec="seconds"),
        "expires_at": from_ms(row.expires_ms).isoformat(timespec="seconds") if row.expires_ms else "",
        "reference": row.reference,
    }


def _as_message(message: SandboxMessage) -> dict[str, object]:
    return {
        "time": from_ms(message.time_ms).isoformat(timespec="seconds"),
        "channel": message.channel,
        "address": message.address,
        "template": message.template,
        "text": message.text,
    }
