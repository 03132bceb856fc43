"""Queries of the queue. Each walks an index in the order of the queue and stops at the end of the page.

A walk is for one kind, and for one brand where brands are chosen: several values of a leading column would make the
database sort all their rows. Several walks are merged as they go, so that a page of them reads little more than a page.
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, RowMapping, Select, bindparam, select, tuple_, union_all

from cosign.reviews.model import OPEN, ReviewPriority, ReviewState
from cosign.reviews.ports import QueueFilter
from cosign.reviews.tables import review_item

IS_OPEN: Final = review_item.c.state.in_(
    bindparam("open_states", sorted(state.value for state in OPEN), expanding=True, literal_execute=True)
)
"""Written into the statement, so that the database knows that its partial indexes serve it."""
_NOBODY: Final[ColumnElement[str]] = bindparam("nobody", "", literal_execute=True)
_KEPT: Final = 256
"""Queries that are kept: to put the walks of many brands together costs more than to run them."""
_ORDER: Final = (review_item.c.priority, review_item.c.due_ms, review_item.c.review_id)

Position = tuple[int, int, str]
"""Priority, due time and id of an item: where it stands in the queue."""
START: Final[Position] = (-1, 0, "")
"""Before every item."""


def queue_rows(connection: Connection, wanted: QueueFilter, after: Position, limit: int) -> Iterator[RowMapping]:
    """At least the first `limit` items after a position, in the order of the queue; perhaps more than these."""
    if not _possible(wanted):
        return
    query = queue_query(dataclasses.replace(wanted, due_before_ms=0), limit)
    if not wanted.due_before_ms:
        yield from connection.execute(query, _named(after)).mappings()
        return
    # What is overdue comes first within its priority.
    for priority in ReviewPriority:
        begin = max(after, (priority.value, 0, ""))
        for row in connection.execute(query, _named(begin)).mappings():
            if row["priority"] != priority.value or row["due_ms"] >= wanted.due_before_ms:
                break
            yield row


@functools.lru_cache(maxsize=_KEPT)
def queue_query(wanted: QueueFilter, limit: int) -> Select[Any]:
    """The walks of every kind and chosen brand, merged; from the start unless it is given a position.

    The limit is written into the statement: of an unknown one the database supposes that it is a tenth of the rows.
    """
    item = review_item.c
    begin = [bindparam(f"after_{c.name}", value, c.type) for c, value in zip(_ORDER, START, strict=True)]
    position = tuple_(*begin)
    end = bindparam("page_limit", limit, Integer, literal_execute=True)
    brands = [None] if wanted.brands is None else sorted(wanted.brands)
    scopes = list(itertools.product(sorted(kind.value for kind in wanted.kinds), brands))
    alone = len(scopes) == 1
    walks = []
    for kind, brand in scopes:
        walk = select(*([review_item] if alone else _ORDER)).where(item.kind == kind, *_chosen(wanted))
        walk = walk if brand is None else walk.where(item.brand == brand)
        walks.append(walk.where(tuple_(*_ORDER) > position).order_by(*_ORDER).limit(end))
    if alone:
        return walks[0]
    # Each walk has its own order and limit, or PostgreSQL reads all its rows and sorts them.
    merged = union_all(*(select(walk.subquery()) for walk in walks)).subquery("merged")
    page = (
        select(merged.c.review_id).order_by(*(merged.c[column.name] for column in _ORDER)).limit(end).subquery("page")
    )
    return select(review_item).join(page, item.review_id == page.c.review_id).order_by(*_ORDER)


def _named(position: Position) -> dict[str, object]:
    return {f"after_{column.name}": value for column, value in zip(_ORDER, position, strict=True)}


def _possible(wanted: QueueFilter) -> bool:
    """Whether items in this state can be claimed and overdue, where that is asked for."""
    if wanted.claimed_by:
        return wanted.state in {None, ReviewState.CLAIMED}
    return not wanted.due_before_ms or wanted.state is None or wanted.state in OPEN


def _chosen(wanted: QueueFilter) -> tuple[ColumnElement[bool], ...]:
    """Which items, beside their kind and brand. Who has claimed an item says that it is claimed."""
    item = review_item.c
    if wanted.claimed_by:
        return item.claimed_by == wanted.claimed_by, item.claimed_by != _NOBODY
    return (IS_OPEN if wanted.state is None else item.state == wanted.state.value,)
