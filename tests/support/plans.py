"""Query plans on PostgreSQL: what runs inside `explained` is explained too, and must find its rows by an index.

    with explained(engine) as plans:
        ...                                  # call every query of the area
    plans.check({"brand_policy", "consent"}) # these tables were read, and never from end to end

Statements of both ways to the database are seen: SQLAlchemy's, and those that `cosign.store.prepared` and the hot path
send themselves. Plans are made with sequential scans disabled: one that still has a sequential scan has no index to
use, and tables need not be filled for that. An index that is read without a condition counts as a scan as well, unless
a LIMIT ends it. `test_every_table_is_checked` finds tables that no area's test names.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import pq
from sqlalchemy import Connection, Engine, event

from cosign.store.wire import Statement, Wire

_EXPLAINED: Final = ("SELECT", "UPDATE", "DELETE", "WITH")
_INDEX_SCANS: Final = frozenset({"Index Scan", "Index Only Scan", "Bitmap Index Scan"})


@dataclass(slots=True)
class Plans:
    """The statements seen so far, each with the plan it had when it was first seen."""

    plans: dict[str, dict[str, Any]] = field(default_factory=dict)

    def wants(self, statement: str) -> bool:
        """Whether it reads rows and has not been seen."""
        return statement not in self.plans and statement.lstrip().upper().startswith(_EXPLAINED)

    def check(self, tables: set[str]) -> None:
        """Asserts that every one of `tables` was read and that no statement reads a table or index from end to end."""
        found = {node["Relation Name"] for plan in self.plans.values() for node in nodes_of(plan) if _names(node)}
        assert tables <= found, f"never read: {sorted(tables - found)}"
        bad = {statement: scans for statement, plan in self.plans.items() if (scans := full_scans(plan))}
        assert not bad, "\n".join(f"{', '.join(scans)}: {statement}" for statement, scans in bad.items())


@contextmanager
def explained(engine: Engine) -> Iterator[Plans]:
    """Explains every statement that runs on the database of `engine`, on its own connection, before it runs."""
    seen = Plans()

    def explain(
        connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: Any
    ) -> None:
        if many or not seen.wants(statement):
            return
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        raw.execute("SET LOCAL enable_seqscan = off")
        # Explained without being run: the statement changes nothing here.
        row = raw.execute(b"EXPLAIN (FORMAT JSON) " + statement.encode(), parameters).fetchone()
        raw.execute("SET LOCAL enable_seqscan = on")
        assert row is not None
        seen.plans[statement] = row[0][0]["Plan"]

    encoded = Wire._encoded

    def explain_encoded(wire: Wire, statement: Statement, values: Sequence[object]) -> list[bytes]:
        parameters = encoded(wire, statement, values)
        if wire.raw.info.dbname == engine.url.database and seen.wants(statement.sql):
            seen.plans[statement.sql] = _plan_on_wire(wire, statement, parameters)
        return parameters

    event.listen(engine, "before_cursor_execute", explain)
    Wire._encoded = explain_encoded  # type: ignore[method-assign, assignment]  # nothing else sees all of them
    try:
        yield seen
    finally:
        Wire._encoded = encoded  # type: ignore[method-assign]
        event.remove(engine, "before_cursor_execute", explain)


def _plan_on_wire(wire: Wire, statement: Statement, parameters: list[bytes]) -> dict[str, Any]:
    connection = wire.raw.pgconn
    alone = connection.transaction_status == pq.TransactionStatus.IDLE
    for command in [b"BEGIN"] * alone + [b"SET LOCAL enable_seqscan = off"]:
        connection.exec_(command)
    explain = b"EXPLAIN (FORMAT JSON) " + statement.sql.encode()
    answer = connection.exec_params(explain, parameters, statement.oids, statement.formats)
    connection.exec_(b"ROLLBACK" if alone else b"SET LOCAL enable_seqscan = on")
    told = answer.get_value(0, 0)
    assert told is not None, answer.error_message
    plan: dict[str, Any] = json.loads(told)[0]["Plan"]
    return plan


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
