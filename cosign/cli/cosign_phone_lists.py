"""The list commands of `cosign-phone`: one line for each item, or one JSON object with all of them."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from cosign.cli.cosign_phone_options import Setting
from cosign.client.phone import Phone

T = TypeVar("T")
Row = Mapping[str, str | int | bool | None]
"""What machines get of one item."""


def print_list(
    setting: Setting,
    name: str,
    fetch: Callable[[Phone], Iterable[T]],
    *,
    row: Callable[[T], Row],
    line: Callable[[T], str],
    limit: int | None = None,
) -> None:
    """Opens the phone, fetches and prints a list. A fault ends the program with exit status 1.

    Args:
        setting: Common options of the command.
        name: Field of the JSON object that holds the items.
        fetch: Gives the items; further pages are fetched as they are needed.
        row: The item for machines.
        line: The item for people.
        limit: Most items; None: all.
    """
    with setting.phone() as phone:
        items = list(itertools.islice(fetch(phone), limit))
        lines = [line(item).rstrip() for item in items]
        setting.console.result("\n".join(lines) or "Nothing found.", **{name: [row(item) for item in items]})
