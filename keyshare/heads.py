"""RS-3: the log of head shares, kept outside the database, and what it says after a restore.

Before a commit that changes the head of a (key, device) the log says so (`announce`), after it it says that it
happened (`settle`). A crash between the two leaves an announcement open; then the database tells which of the two
shares is the head. A database restored to an earlier state contradicts a settled entry: the key stays FROZEN and the
old share is never silently used again.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace


class HeadEvent(enum.StrEnum):
    """Kind of one log line."""

    ANNOUNCE = "announce"
    SETTLE = "settle"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class HeadEntry:
    """One log line."""

    event: HeadEvent
    key_id: str
    device_id: str
    share_id: bytes = b""
    previous: bytes = b""


@dataclass(frozen=True, slots=True)
class Head:
    """What the log knows about one (key, device)."""

    share_id: bytes
    """Settled head, or b"" when nothing has been settled yet."""
    announced: bytes = b""
    """A head whose commit may or may not have happened."""
    ended: bool = False


class Verdict(enum.Enum):
    """Comparison of one key of the database with the log."""

    FITS = "fits"
    OUTDATED = "outdated"
    """The row names another share: FROZEN until the head matches (RS-3)."""
    REVOKED = "revoked"
    """The key was ended after the backup was made; it must be ended again."""


def replay(entries: Iterable[HeadEntry]) -> dict[tuple[str, str], Head]:
    """State of the log after `entries`, per (key, device)."""
    heads: dict[tuple[str, str], Head] = {}
    for entry in entries:
        place = (entry.key_id, entry.device_id)
        head = heads.get(place, Head(entry.previous))
        if entry.event is HeadEvent.ANNOUNCE:
            heads[place] = Head(entry.previous or head.share_id, entry.share_id, head.ended)
        elif entry.event is HeadEvent.SETTLE:
            heads[place] = Head(entry.share_id, b"", head.ended)
        else:
            heads[place] = replace(head, ended=True)
    return heads


def compare(
    current: Mapping[tuple[str, str], bytes], heads: Mapping[tuple[str, str], Head]
) -> dict[tuple[str, str], Verdict]:
    """Judges every CURRENT share of the database; run after a restore, before anything is used.

    Args:
        current: (key, device) to the CURRENT share_id of the database.
        heads: From `replay`.

    Returns:
        The places that do not fit. Keys the log has never heard of are OUTDATED too: nobody knows their head.
    """
    verdicts = {}
    for place, share_id in current.items():
        head = heads.get(place)
        if head is not None and head.ended:
            verdicts[place] = Verdict.REVOKED
        elif head is None or share_id not in (head.share_id, head.announced) or not share_id:
            verdicts[place] = Verdict.OUTDATED
        elif head.announced and share_id == head.share_id:
            # The commit of the announcement may be what the restore lost; nobody can tell, so the key stays frozen.
            verdicts[place] = Verdict.OUTDATED
    return verdicts


class NoHeadLog:
    """A head log that keeps nothing; a restore then freezes every key that cannot be proven to be current."""

    def announce(self, key_id: str, device_id: str, share_id: bytes, previous: bytes) -> None:
        """Keeps nothing."""

    def settle(self, key_id: str, device_id: str, share_id: bytes) -> None:
        """Keeps nothing."""

    def ended(self, key_id: str, device_id: str) -> None:
        """Keeps nothing."""


class CommitIsDurable:
    """Durability of a node whose database is backed by nothing else: the commit is all there is (RF-8)."""

    def covers(self, promoted_at_ms: int) -> bool:
        """Always."""
        return True
