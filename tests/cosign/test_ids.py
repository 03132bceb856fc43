"""Ids sort by age and have one form."""

from cosign import ids


def test_form_and_order() -> None:
    first = ids.new_id(ids.DEVICE, 1_700_000_000_000)
    later = ids.new_id(ids.DEVICE, 1_700_000_000_001)
    assert ids.is_id(first, ids.DEVICE)
    assert len(first) == 30
    assert first < later
    assert first.startswith("dev_01HF7YAT00")


def test_what_is_not_an_id() -> None:
    good = ids.new_id(ids.KEY, 0)
    assert not ids.is_id(good, ids.DEVICE)
    assert not ids.is_id(good[:-1], ids.KEY)
    assert not ids.is_id(good.lower(), ids.KEY)
    assert not ids.is_id("key_" + "8" + good[5:], ids.KEY)
    assert not ids.is_id(good + "\n", ids.KEY)
    assert not ids.is_id("", ids.KEY)


def test_ids_of_one_moment_differ() -> None:
    assert len({ids.new_id(ids.KEY, 1) for _ in range(1000)}) == 1000
