"""PostgreSQL: every query of the area finds its rows by an index."""

import itertools
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Select, text
from sqlalchemy.dialects import postgresql

from cosign.brands import ReviewStage
from cosign.reviews import ReviewKind, ReviewState, Verdict
from cosign.reviews.personal import AREA
from cosign.reviews.ports import QueueFilter
from cosign.reviews.queue_rows import queue_query
from cosign.reviews.usecases import claims
from cosign.store.unit_of_work import writing
from tests.cosign.reviews.conftest import BRAND, Desk, reviewer
from tests.cosign.reviews.test_reasons import add, change
from tests.support.plans import explained, nodes_of


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


def test_no_query_reads_a_table_from_end_to_end(engine: Engine, desk: Desk) -> None:
    """R-ADM-01: queues of any length, history, dictionary, sweeps, retention."""
    desk.brands.stages(ReviewStage.PLATFORM, ReviewStage.RECHECK)
    with explained(engine) as plans:
        add(desk)
        change(desk, 1, retired=True)
        item = desk.hand_in()
        desk.claim(item)
        desk.decide(item, Verdict.APPROVE)
        desk.claim(item, reviewer(2))
        desk.decide(item, Verdict.RETURN, reviewer(2), reason_code="data_mismatch")
        desk.hand_in()
        now_ms = desk.clock.now_ms()
        kinds, some = frozenset(ReviewKind), frozenset({ReviewKind.IDENTITY})
        for wanted in (
            QueueFilter(kinds=kinds),
            QueueFilter(kinds=kinds, due_before_ms=now_ms),
            QueueFilter(kinds=kinds, claimed_by="stf_1"),
            QueueFilter(kinds=kinds, state=ReviewState.RETURNED),
            QueueFilter(kinds=some, brands=frozenset({BRAND})),
            QueueFilter(kinds=some, brands=frozenset({BRAND}), state=ReviewState.WAITING),
            QueueFilter(kinds=kinds, brands=frozenset({BRAND, "zb"}), due_before_ms=now_ms),
        ):
            for after in ("", "1/0/rev_1"):
                desk.do(lambda unit, wanted=wanted, after=after: unit.queue(wanted, after=after, limit=5))
        desk.do(lambda unit: unit.unfinished("acc_1"))
        desk.do(lambda unit: unit.returned(ReviewKind.IDENTITY, "acc_1"))
        desk.do(lambda unit: unit.history(item.review_id))
        desk.do(lambda unit: unit.depth(now_ms))
        desk.do(lambda unit: unit.reasons.all(ReviewKind.IDENTITY, retired=False))
        desk.do(lambda unit: unit.reasons.used(ReviewKind.IDENTITY, "glare"))
        desk.do(lambda unit: unit.reasons.version(ReviewKind.IDENTITY, "glare", 1))
        desk.do(lambda unit: unit.reasons.delete(ReviewKind.IDENTITY, "glare"))
        desk.do(lambda unit: claims.end_claims(unit, clock=desk.clock, limit=5))
        desk.do(lambda unit: claims.end_corrections(unit, clock=desk.clock, limit=5))
        assert AREA.export is not None
        assert AREA.erase is not None
        with writing(engine) as connection:
            AREA.export(connection, desk.personal, "acc_1")
            AREA.erase(connection, desk.personal, "acc_1", None)  # type: ignore[arg-type]  # keeps nothing
            (rule,) = AREA.retention
            rule.expire(connection, lambda column: column == "acc_1", desk.clock.now(), 5)
    plans.check({"review_item", "review_event", "review_reason"})


def test_the_queue_is_read_in_the_order_of_an_index(engine: Engine, desk: Desk) -> None:
    """R-ADM-01: a page of a long queue is read and nothing else, whatever is chosen: no sort, no row left out.

    R-ADM-21: for some brands and kinds the walks of an index are merged, and only the page is sorted.
    """
    rows = text(
        """
        INSERT INTO review_item (review_id, kind, subject_id, brand, account_id, opened_by, state, path, stage, round,
            priority, opened_ms, due_ms, claimed_by, claim_until_ms, correct_by_ms, finished_ms, version)
        SELECT 'rev_' || n, (ARRAY['identity', 'account_appeal'])[n % 2 + 1], 'idv_' || n, 'b' || n / 2 % 2, '', '',
            (ARRAY['waiting', 'claimed', 'approved'])[n % 3 + 1], 'platform', 1, 1, n % 7 % 2, n, n,
            CASE n % 3 WHEN 1 THEN 'stf_1' ELSE '' END, n, 0, 0, 1
        FROM generate_series(1, 20000) n
        """
    )
    kinds, brands = frozenset({ReviewKind.IDENTITY}), (None, frozenset({"b1"}))
    used: dict[str, str] = {}
    with engine.begin() as connection:
        connection.execute(rows)
        connection.exec_driver_sql("ANALYZE review_item")
        for brand, state, mine in itertools.product(brands, (None, ReviewState.CLAIMED), ("", "stf_1")):
            wanted = QueueFilter(kinds=kinds, brands=brand, state=state, claimed_by=mine)
            limit, scan = nodes_of(generic_plan(connection, queue_query(wanted, 51)))
            assert (limit["Node Type"], scan["Node Type"]) == ("Limit", "Index Scan")
            used[scan["Index Name"].removeprefix("ix_review_item_")] = scan.get("Filter", "")
        scope = QueueFilter(
            kinds=frozenset({ReviewKind.IDENTITY, ReviewKind.ACCOUNT_APPEAL}), brands=frozenset({"b0", "b1"})
        )
        top, *below = nodes_of(generic_plan(connection, queue_query(scope, 51)))
        order = (
            "SELECT review_id FROM review_item WHERE state <> 'approved' ORDER BY priority, due_ms, review_id LIMIT 120"
        )
        expected = list(connection.execute(text(order)).scalars())
    assert used == dict.fromkeys(("open", "open_brand", "mine", "mine_brand", "state", "brand"), "")
    assert [node["Node Type"] for node in (top, *below)].count("Sort") == 1
    assert top["Plan Rows"] == 51
    assert [node["Node Type"] for node in below].count("Merge Append") == 1
    walks = [node for node in below if node.get("Index Name") == "ix_review_item_open_brand"]
    assert len(walks) == 4
    assert not any("Filter" in node for node in walks)
    first = desk.do(lambda unit: unit.queue(scope, after="", limit=50))
    second = desk.do(lambda unit: unit.queue(scope, after=first.cursor, limit=70))
    assert [item.review_id for item in (*first.items, *second.items)] == expected


def generic_plan(connection: Connection, query: Select[Any]) -> dict[str, Any]:
    """The plan of a query whose parameters are not known, as the engine's settings demand."""
    dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # untyped there
    made = query.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    unknown = ", ".join("NULL" for _ in made.positiontup or ())
    connection.exec_driver_sql(f"PREPARE asked AS {made}")
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE asked ({unknown})").scalar_one()
    connection.exec_driver_sql("DEALLOCATE asked")
    found: dict[str, Any] = plan[0]["Plan"]
    return found
