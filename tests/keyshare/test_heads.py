"""RS-3: what the head log says about a database, after a crash and after a restore."""

import pytest

from keyshare.heads import Head, HeadEntry, HeadEvent, Verdict, compare, replay

PLACE = ("key_a", "dev_a")
OLD, NEW = b"o" * 16, b"n" * 16


def announce(share_id: bytes, previous: bytes = b"") -> HeadEntry:
    return HeadEntry(HeadEvent.ANNOUNCE, *PLACE, share_id, previous)


def settle(share_id: bytes) -> HeadEntry:
    return HeadEntry(HeadEvent.SETTLE, *PLACE, share_id)


ENDED = HeadEntry(HeadEvent.ENDED, *PLACE)


@pytest.mark.parametrize(
    ("entries", "head"),
    [
        ([announce(OLD)], Head(b"", OLD)),
        ([announce(OLD), settle(OLD)], Head(OLD)),
        ([announce(OLD), settle(OLD), announce(NEW, OLD)], Head(OLD, NEW)),
        ([announce(OLD), settle(OLD), announce(NEW, OLD), settle(NEW)], Head(NEW)),
        ([announce(OLD), settle(OLD), ENDED], Head(OLD, ended=True)),
    ],
)
def test_replay(entries: list[HeadEntry], head: Head) -> None:
    assert replay(entries) == {PLACE: head}


@pytest.mark.parametrize(
    ("head", "current", "verdict"),
    [
        (Head(OLD), OLD, None),
        (Head(NEW), OLD, Verdict.OUTDATED),
        (Head(OLD, NEW), NEW, None),
        (Head(OLD, NEW), OLD, Verdict.OUTDATED),
        (Head(b"", OLD), OLD, None),
        (Head(OLD, ended=True), OLD, Verdict.REVOKED),
        (None, OLD, Verdict.OUTDATED),
    ],
)
def test_62_a_share_that_is_not_the_head_is_never_used_again(
    head: Head | None, current: bytes, verdict: Verdict | None
) -> None:
    verdicts = compare({PLACE: current}, {PLACE: head} if head else {})

    assert verdicts == ({PLACE: verdict} if verdict else {})
