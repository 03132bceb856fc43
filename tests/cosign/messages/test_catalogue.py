"""R-MSG-04: the catalogue names every event, in both languages, with the same arguments."""

import pytest

from cosign.messages.catalogue import CATALOGUE
from cosign.messages.model import TRANSITIONS, Channel, MessageKind, MessageState, TargetKind, sources


def test_every_kind_has_an_event() -> None:
    assert set(CATALOGUE) == set(MessageKind)


@pytest.mark.parametrize("kind", MessageKind)
def test_both_languages_take_the_same_arguments_and_fit(kind: MessageKind) -> None:
    event = CATALOGUE[kind]
    assert set(event.en.args) == set(event.zh.args) == event.args
    longest = dict.fromkeys(event.args, "x" * 200)
    for language in ("en", "zh"):
        words = event.words(language, longest)
        assert 0 < len(words.title) <= 64
        assert 0 < len(words.text) <= 1_000
    assert event.words("zh", longest).title != event.words("en", longest).title


@pytest.mark.parametrize("kind", MessageKind)
def test_no_channel_is_taken_twice(kind: MessageKind) -> None:
    chains = CATALOGUE[kind].channels
    flat = [channel for chain in chains for channel in chain]
    assert all(chains) or not chains
    assert len(flat) == len(set(flat))
    assert set(flat) <= set(Channel)


def test_what_asks_for_something_leads_somewhere() -> None:
    assert all(event.target is not TargetKind.NONE for event in CATALOGUE.values() if event.asks)


def test_the_words_that_are_stored_fit_their_columns() -> None:
    assert all(len(kind.value) <= 32 for kind in MessageKind)
    assert all(len(state.value) <= 16 for state in (*MessageState, *TargetKind, *Channel))


def test_a_message_ends_acted_or_outdated() -> None:
    """R-MSG-03, section 3.14: UNREAD, READ, then ACTED or OUTDATED for good."""
    assert set(TRANSITIONS) == set(MessageState)
    assert sources(MessageState.READ) == {MessageState.UNREAD}
    assert sources(MessageState.ACTED) == sources(MessageState.OUTDATED) == {MessageState.UNREAD, MessageState.READ}
    assert sources(MessageState.UNREAD) == frozenset()
