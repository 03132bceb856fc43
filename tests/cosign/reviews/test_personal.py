"""R-AUD-08: what reviewers wrote is exported, erased and kept only as long as the policy says."""

import datetime as dt
from typing import Any, cast

from cosign.reviews import ReviewState, Verdict
from cosign.reviews.personal import AREA
from cosign.store.unit_of_work import writing
from tests.cosign.reviews.conftest import Desk

NOTE = "照片请勿遮挡"


def returned(desk: Desk) -> str:
    item = desk.hand_in()
    desk.claim(item)
    desk.decide(item, Verdict.RETURN, reason_code="picture_unclear", note=NOTE)
    return item.review_id


def exported(desk: Desk) -> list[dict[str, Any]]:
    assert AREA.export is not None
    with writing(desk.engine) as connection:
        return cast(list[dict[str, Any]], AREA.export(connection, desk.personal, "acc_1")["reviews"])


def erase(desk: Desk) -> int:
    assert AREA.erase is not None
    nothing: Any = None
    with writing(desk.engine) as connection:
        return AREA.erase(connection, desk.personal, "acc_1", nothing).erased


def test_a_user_gets_what_was_written_to_him(desk: Desk) -> None:
    """R-AUD-08: export."""
    returned(desk)
    (review,) = exported(desk)
    assert [(one["action"], one["note"]) for one in review["decisions"]][-1] == ("returned", NOTE)


def test_erasure_leaves_who_decided_what(desk: Desk) -> None:
    """R-AUD-08: notes go, open items leave the queue, evidence without a person stays; may be repeated."""
    review_id, other = returned(desk), desk.hand_in("idv_2")
    assert (erase(desk), erase(desk)) == (1, 0)
    assert desk.item(other.review_id).state is ReviewState.WITHDRAWN
    last = desk.do(lambda unit: unit.history(review_id))[-1]
    assert (last.actor, last.reason_code, last.note) == ("stf_1", "picture_unclear", "")


def test_old_decisions_go(desk: Desk) -> None:
    """R-AUD-08: as long as the attempts they were about; what is open stays."""
    review_id, other = returned(desk), desk.hand_in("idv_2")
    (rule,) = AREA.retention

    def expire(before: dt.datetime) -> int:
        with writing(desk.engine) as connection:
            return rule.expire(connection, lambda column: column == "acc_1", before, 5)

    assert expire(desk.clock.now()) == 0
    assert expire(desk.clock.now() + dt.timedelta(days=1)) == 1
    assert desk.do(lambda unit: unit.get(review_id)) is None
    assert desk.item(other.review_id).state is ReviewState.WAITING
