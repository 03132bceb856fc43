"""Writes the table of events in docs/messages.md from the catalogue of messages."""

from cosign.messages.catalogue import CATALOGUE
from cosign.messages.events import Event
from cosign.messages.model import MessageKind


def render() -> str:
    """Returns a Markdown table: event, who is told, channels, target, Chinese and English text."""
    rows = ["| Event | Told | Channels | Leads to | Asks | Chinese | English |", "|---|---|---|---|---|---|---|"]
    rows += [_row(kind, CATALOGUE[kind]) for kind in MessageKind]
    return "\n".join(rows) + "\n"


def _row(kind: MessageKind, event: Event) -> str:
    channels = ", ".join(" else ".join(chain) for chain in event.channels) or "inbox only"
    texts = (f"**{words.title}** {words.text}" for words in (event.zh, event.en))
    cells = (f"`{kind.value}`", event.role, channels, event.target, "yes" if event.asks else "", *texts)
    return "| " + " | ".join(cells) + " |"
