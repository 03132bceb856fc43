"""Faults of messages, one class per reason (`cosign.errors` has the base classes)."""

from cosign.errors import StateFault


class MessageStateRefused(StateFault):
    """What the message asked for is settled, or it never left the inbox: it is not sent again."""

    reason = "MESSAGE_STATE"
