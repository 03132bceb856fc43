"""Messages to users: the inbox in the app, and push, SMS and e-mail through the outbox (R-MSG-01 to R-MSG-05).

Other areas hold a `MessageUnit` for the connection of their own transaction, which the wiring makes from
`cosign.messages.repository.SqlMessageUnit`, and call

    notify     tells a user of an event; the catalogue says by which channels and in which words
    settle     ends the messages that asked for a decision which has been made
    send_code  (method of the unit, port SmsSender) sends a code by SMS
    resend     sends a stored message again, with an `InboxUnit`

What they tell happens only if their transaction commits.
"""

from cosign.messages.model import Channel, Message, MessageKind, TargetKind
from cosign.messages.ports import AddressBook, Addresses, InboxUnit, MessageFilter, MessageUnit, SmsSender
from cosign.messages.usecases.notify import notify
from cosign.messages.usecases.resend import resend
from cosign.messages.usecases.settle import settle

__all__ = [
    "AddressBook",
    "Addresses",
    "Channel",
    "InboxUnit",
    "Message",
    "MessageFilter",
    "MessageKind",
    "MessageUnit",
    "SmsSender",
    "TargetKind",
    "notify",
    "resend",
    "settle",
]
