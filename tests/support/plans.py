"""Query plans on PostgreSQL: what runs inside `explained` is explained too, and must find its rows by an index.

    with explained(engine) as plans:
        ...                                  # call every query of the area
    plans.check({"brand_policy", "consent"}) # these tables were read, and never from end to end

Plans are made with sequential scans disabled: one that still has a sequential scan has no index to use, and tables
need not be filled for that. An index that is read without a condition counts as a scan as well, unless a LIMIT ends it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, event

_EXPLAINED: Final = ("SELECT", "UPDATE", "DELETE", "WITH")
_INDEX_SCANS: Final = frozenset({"Index Scan", "Index Only Scan", "Bitmap Index Scan"})


@dataclass(slots=True)
class Plans:
    """The statements seen so far, each with the plan it had when it was first seen."""

    plans: dict[str, dict[str, Any]] = field(default_factory=dict)

    def check(self, tables: set[str]) -> None:
        """Asserts that every one of `tables` was read and that no statement reads a table or index from end to end."""
        found = {node["Relation Name"] for plan in self.plans.values() for node in nodes_of(plan) if _names(node)}
        assert tables <= found, f"never read: {sorted(tables - found)}"
        bad = {statement: scans for statement, plan in self.plans.items() if (scans := full_scans(plan))}
        assert not bad, "\n".join(f"{', '.join(scans)}: {statement}" for statement, scans in bad.items())


@contextmanager
def explained(engine: Engine) -> Iterator[Plans]:
    """Explains every statement that SQLAlchemy runs on `engine`, in its own transaction, before it runs."""
    seen = Plans()

    def explain(
        connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: Any
    ) -> None:
        if many or statement in seen.plans or not statement.lstrip().upper().startswith(_EXPLAINED):
            return
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        raw.execute("SET LOCAL enable_seqscan = off")
        # Explained without being run: the statement changes nothing here.
        row = raw.execute(b"EXPLAIN (FORMAT JSON) " + statement.encode(), parameters).fetchone()
        raw.execute("SET LOCAL enable_seqscan = on")
        assert row is not None
        seen.plans[statement] = row[0][0]["Plan"]

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan and everything below it."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes_of(inner)


def full_scans(plan: dict[str, Any], *, limited: bool = False) -> list[str]:
    """What a plan reads from end to end."""
    kind = plan["Node Type"]
    found = []
    if kind == "Seq Scan":
        found.append(f"scan of {plan['Relation Name']}")
    if kind in _INDEX_SCANS and "Index Cond" not in plan and not limited:
        found.append(f"scan of index {plan['Index Name']}")
    for inner in plan.get("Plans", []):
        # A sort or an aggregate takes all its rows, whatever stands above it.
        passes = kind == "Limit" or (limited and kind in {"Result", "LockRows", "Subquery Scan"})
        found += full_scans(inner, limited=passes)
    return found


def _names(node: dict[str, Any]) -> bool:
    return "Relation Name" in node and node["Node Type"] != "ModifyTable"
