"""PostgreSQL: every query of the area finds its rows by an index."""

import pytest
from sqlalchemy import Engine

from cosign.brands import ReviewStage
from cosign.reviews import ReviewKind, ReviewState, Verdict
from cosign.reviews.personal import AREA
from cosign.reviews.ports import QueueFilter
from cosign.reviews.usecases import claims
from cosign.store.unit_of_work import writing
from tests.cosign.reviews.conftest import BRAND, Desk, reviewer
from tests.cosign.reviews.test_reasons import add, change
from tests.support.plans import explained


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
        ):
            for after in ("", "1/0/rev_1"):
                desk.do(lambda unit, wanted=wanted, after=after: unit.queue(wanted, after=after, limit=5))
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
