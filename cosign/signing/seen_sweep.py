"""Removes entries of `seen_request` whose time has ended, a few at a time.

Under full load there are several hundred thousand entries, a quarter of which end every minute. The sweep walks along
the primary key in short transactions and rests in between, so that no request waits for it longer than for another
request.
"""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, delete, select, tuple_

from cosign.signing.tables import seen_request
from cosign.store.unit_of_work import writing

STEP: Final = 1_000
"""Entries that one transaction looks at."""
REST_SECONDS: Final = 0.01
CLOCK_SLACK_MS: Final = 60_000
"""Entries stay this much longer than their requests could pass, in case the clock is set back."""

_PLACE: Final = tuple_(seen_request.c.device_id, seen_request.c.req_id)
_KEY: Final = select(seen_request.c.device_id, seen_request.c.req_id)


def sweep_seen(engine: Engine, before_ms: int, *, rest: Callable[[float], None] = time.sleep) -> int:
    """Deletes what ended before `before_ms`; returns how many.

    Safe on every node at once: entries that another transaction holds are skipped (SQLite has one writer and ignores
    that).
    """
    deleted = 0
    after: tuple[str, bytes] = ("", b"")
    while True:
        with writing(engine) as connection:
            last = _last_of_step(connection, after)
            deleted += _delete(connection, after, last, before_ms)
        if last is None:
            return deleted
        after = last
        rest(REST_SECONDS)


def _last_of_step(connection: Connection, after: tuple[str, bytes]) -> tuple[str, bytes] | None:
    """The entry at which this step ends; None when fewer than a step are left."""
    step = _KEY.where(after < _PLACE).order_by(*_PLACE.clauses).offset(STEP - 1).limit(1)
    row = connection.execute(step).one_or_none()
    return None if row is None else (row.device_id, row.req_id)


def _delete(connection: Connection, after: tuple[str, bytes], last: tuple[str, bytes] | None, before_ms: int) -> int:
    here = [after < _PLACE] if last is None else [after < _PLACE, last >= _PLACE]
    free = _KEY.where(*here, seen_request.c.expires_ms < before_ms).with_for_update(skip_locked=True)
    # The step is named once more outside, or PostgreSQL would look for `free` from end to end.
    return connection.execute(delete(seen_request).where(*here, _PLACE.in_(free))).rowcount
