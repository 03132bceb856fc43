"""What the rows of the outbox hold that belong to messages.

code                 a code by SMS: sealed as a whole, under the key of its row
push, sms, email     a notice of a message: its id and the channels that follow; no personal data
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cosign.clock import Clock
from cosign.messages.model import Channel
from cosign.store.outbox import enqueue

CODE: Final = "code"
"""Kind of the rows that hold codes; the kinds of the others are the words of `Channel`."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CodeContent:
    """A code on its way. Never logged, stored sealed only."""

    brand: str
    phone_number: str
    purpose: str
    code: str
    language: str

    def to_json(self) -> str:
        """The text to seal."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "CodeContent":
        """Back from the opened text."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice on its way."""

    message_id: str
    chain: tuple[Channel, ...]
    """The channel of this row and those that follow when it fails for good."""
    sending: str = ""
    """`snd_` and a ULID of what is sent again; empty the first time."""

    @classmethod
    def from_payload(cls, payload: bytes) -> "Notice":
        """Back from the row."""
        content = json.loads(payload)
        chain = tuple(Channel(word) for word in content["chain"])
        return cls(message_id=content["message_id"], chain=chain, sending=content.get("sending", ""))

    @property
    def key(self) -> str:
        """Of its row in the outbox: one for each channel of each sending, at most 69 characters."""
        parts = (self.message_id, self.chain[0].value, self.sending)
        return "/".join(part for part in parts if part)

    def followed_by(self, chain: Sequence[Channel]) -> "Notice":
        """The notice that follows when this one fails for good."""
        return dataclasses.replace(self, chain=tuple(chain))


def sending_of(key: str) -> str:
    """The sending that a key of `Notice` names; empty for the first one."""
    return "".join(key.split("/")[2:])


def enqueue_notice(connection: Connection, notice: Notice, clock: Clock) -> None:
    """Puts a notice into the outbox for the first channel of its chain; nothing for an empty one."""
    if not notice.chain:
        return
    content: dict[str, object] = {
        "message_id": notice.message_id,
        "chain": [channel.value for channel in notice.chain],
    }
    if notice.sending:
        content["sending"] = notice.sending
    enqueue(
        connection,
        kind=notice.chain[0].value,
        key=notice.key,
        payload=json.dumps(content, separators=(",", ":")).encode(),
        clock=clock,
    )
