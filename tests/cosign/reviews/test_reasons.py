"""R-ADM-22: the dictionary of reasons, one per kind; types in use are retired, never deleted."""

from typing import Any

import pytest

from cosign.audit.model import AuditEvent
from cosign.brands.model import Text
from cosign.errors import ConcurrentOperation, FieldInvalid, NotAuthorised, ResourceNotFound
from cosign.reviews import ReviewKind, Verdict
from cosign.reviews.faults import ReasonInUse, ReasonTaken
from cosign.reviews.model import ReviewReason
from cosign.reviews.ports import Reviewer
from cosign.reviews.usecases import reasons
from tests.cosign.reviews.conftest import SUPERVISOR, Desk, reviewer

KIND = ReviewKind.IDENTITY
TEXT = Text(zh="照片反光", en="The picture reflects light")


def add(desk: Desk, code: str = "glare", text: Text = TEXT, editor: Reviewer = SUPERVISOR) -> ReviewReason:
    found: ReviewReason = desk.do(
        lambda unit: reasons.add_reason(unit, kind=KIND, code=code, text=text, editor=editor, clock=desk.clock)
    )
    return found


def change(desk: Desk, version: int, **parts: Any) -> ReviewReason:
    found: ReviewReason = desk.do(
        lambda unit: reasons.change_reason(
            unit, kind=KIND, code="glare", version=version, editor=SUPERVISOR, clock=desk.clock, **parts
        )
    )
    return found


def codes(desk: Desk, *, retired: bool = False) -> set[str]:
    return {one.code for one in desk.do(lambda unit: reasons.list_reasons(unit, kind=KIND, retired=retired))}


def test_every_kind_begins_with_reasons_in_both_languages(desk: Desk) -> None:
    """R-ADM-22: type list per review kind."""
    for kind in ReviewKind:
        found = desk.do(lambda unit, kind=kind: reasons.list_reasons(unit, kind=kind))
        assert found
        assert all(one.text.zh and one.text.en and len(one.shown) <= 200 for one in found)


def test_a_reason_is_added_changed_retired_and_offered_again(desk: Desk) -> None:
    """R-ADM-22: CRUD; a decision keeps the version it named."""
    add(desk)
    with pytest.raises(ReasonTaken):
        add(desk)
    item = desk.hand_in()
    desk.claim(item)
    desk.decide(item, Verdict.RETURN, reason_code="glare")
    changed = change(desk, 1, text=Text(zh="照片过曝", en="The picture is too bright"))
    assert changed.version == 2
    with pytest.raises(ConcurrentOperation):
        change(desk, 1, retired=True)
    with pytest.raises(FieldInvalid):
        change(desk, 2, retired=False)
    event = desk.do(lambda unit: unit.history(item.review_id))[-1]
    meant = desk.do(lambda unit: unit.reasons.version(KIND, event.reason_code, event.reason_version))
    assert meant.text == TEXT
    change(desk, 2, retired=True)
    assert "glare" not in codes(desk)
    assert "glare" in codes(desk, retired=True)
    other = desk.hand_in("idv_2")
    desk.claim(other)
    with pytest.raises(FieldInvalid):
        desk.decide(other, Verdict.RETURN, reason_code="glare")
    with pytest.raises(ReasonInUse):
        desk.do(lambda unit: reasons.delete_reason(unit, kind=KIND, code="glare", editor=SUPERVISOR))
    assert not change(desk, 3, retired=False).retired
    outcomes = [(entry.outcome, entry.key_id) for entry in desk.audited(AuditEvent.REVIEW_REASON)]
    assert outcomes == [
        ("added", "identity/glare/1"),
        ("changed", "identity/glare/2"),
        ("retired", "identity/glare/3"),
        ("changed", "identity/glare/4"),
    ]


def test_an_unused_reason_is_deleted(desk: Desk) -> None:
    """R-ADM-22: only what no decision names."""
    add(desk)
    desk.do(lambda unit: reasons.delete_reason(unit, kind=KIND, code="glare", editor=SUPERVISOR))
    assert "glare" not in codes(desk, retired=True)
    with pytest.raises(ResourceNotFound):
        desk.do(lambda unit: reasons.delete_reason(unit, kind=KIND, code="glare", editor=SUPERVISOR))
    with pytest.raises(ResourceNotFound):
        change(desk, 1, retired=True)


@pytest.mark.parametrize(
    ("code", "text"),
    [("Glare", TEXT), ("g", TEXT), ("glare", Text(zh="", en="x")), ("glare", Text(zh="x" * 91, en="x"))],
)
def test_wrong_forms_are_refused(desk: Desk, code: str, text: Text) -> None:
    """R-ADM-22: codes and texts."""
    with pytest.raises(FieldInvalid):
        add(desk, code, text)


def test_only_editors_change_the_dictionary(desk: Desk) -> None:
    """R-ADM-22: the operator."""
    with pytest.raises(NotAuthorised):
        add(desk, editor=reviewer())
