"""Tells a user of an event."""

from collections.abc import Mapping

from cosign import ids
from cosign.messages.catalogue import CATALOGUE
from cosign.messages.model import MAX_ARGUMENT, Message, MessageKind
from cosign.messages.ports import MessageUnit


def notify(
    unit: MessageUnit, *, account_id: str, kind: MessageKind, args: Mapping[str, str], target: str = ""
) -> Message:
    """Puts a message into the inbox of an account and notices into the outbox, in the transaction of `unit`.

    Args:
        unit: The caller's transaction.
        account_id: Who is told.
        kind: The event; `cosign.messages.catalogue` names its channels, its texts and the arguments they take.
        args: Exactly the arguments of the event, each at most 200 characters. Personal data is masked by the caller.
        target: Id of what the message leads to; its kind stands in the catalogue.

    Raises:
        ValueError: An argument is missing, unknown or too long: an error of the caller's code.
    """
    event = CATALOGUE[kind]
    if set(args) != event.args:
        raise ValueError(f"{kind.value} takes the arguments {', '.join(sorted(event.args)) or 'none'}")
    if any(len(value) > MAX_ARGUMENT for value in args.values()):
        raise ValueError(f"an argument of {kind.value} is too long")
    now_ms = unit.now_ms()
    message = Message(
        message_id=ids.new_id(ids.MESSAGE, now_ms),
        account_id=account_id,
        kind=kind,
        category=event.category,
        target_kind=event.target,
        target_id=target,
        args=dict(args),
        created_ms=now_ms,
    )
    unit.add(message)
    for chain in event.channels:
        unit.send(message, chain)
    return message
