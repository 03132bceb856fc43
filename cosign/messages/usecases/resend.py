"""Sends a stored message again, by the channels it was sent by (R-ADM-24)."""

from cosign import ids
from cosign.errors import ResourceNotFound
from cosign.messages.catalogue import CATALOGUE
from cosign.messages.faults import MessageStateRefused
from cosign.messages.model import TRANSITIONS, Channel, Message
from cosign.messages.ports import InboxUnit


def resend(unit: InboxUnit, *, account_id: str, message_id: str) -> tuple[Message, tuple[Channel, ...]]:
    """Puts notices of a message into the outbox once more; the inbox keeps the one message.

    Addresses and words are those of the moment in which a notice leaves, as at the first time.

    Returns:
        The message, and the first channel of each chain of its event.

    Raises:
        ResourceNotFound: The account has no such message.
        MessageStateRefused: It is settled, or its event has no channel but the inbox.
    """
    message = unit.message(account_id, message_id)
    if message is None:
        raise ResourceNotFound("no such message")
    if not TRANSITIONS[message.state]:
        raise MessageStateRefused("what it asked for is settled")
    chains = CATALOGUE[message.kind].channels
    if not chains:
        raise MessageStateRefused("it is shown in the inbox only")
    sending = ids.new_id(ids.SENDING, unit.now_ms())
    for chain in chains:
        unit.send(message, chain, sending=sending)
    return message, tuple(chain[0] for chain in chains)
