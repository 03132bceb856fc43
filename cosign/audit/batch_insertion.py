"""PostgreSQL: the one statement that appends the audit rows of a micro-batch."""
# ruff: noqa: S608 - the text is put together from names of columns and numbers; values are always bound

from collections.abc import Sequence
from functools import lru_cache

from cosign.audit.model import AuditEntry
from cosign.audit.repository import COLUMNS, chained_rows
from cosign.store.wire import Statement, values_list


def batch_insertion(
    segment: str, head: tuple[int, bytes], entries: Sequence[AuditEntry]
) -> tuple[tuple[Statement, list[object]], tuple[int, bytes]]:
    """The statement that appends `entries` after `head` with its values, and the head after it.

    It fails (a NULL in the primary key) unless `head` is the newest row of the segment.
    """
    rows, after = chained_rows(segment, head, entries)
    values: list[object] = [segment, head[1], head[0]]
    for row in rows:
        values += row
    return (_guarded(len(rows)), values), after


@lru_cache(maxsize=128)
def _guarded(count: int) -> Statement:
    newest = "SELECT row_hash FROM audit_row WHERE segment = $1 ORDER BY seq DESC LIMIT 1"
    guard = f"coalesce(({newest}) = $2, $3 = 0)"
    chosen = ", ".join(f"CASE WHEN {guard} THEN v.seq END" if name == "seq" else f"v.{name}" for name in COLUMNS)
    return Statement(
        f"INSERT INTO audit_row ({', '.join(COLUMNS)}) SELECT {chosen} "
        f"FROM (VALUES {values_list(len(COLUMNS), count, first=4)}) AS v ({', '.join(COLUMNS)})"
    )
