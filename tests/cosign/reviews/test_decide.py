"""Decisions: stages, four eyes, races, corrections (R-ADM-01)."""

import threading

import pytest

from cosign.audit.model import AuditEvent
from cosign.brands import ReviewStage
from cosign.errors import ConcurrentOperation, FieldInvalid, NotAuthorised, ResourceNotFound
from cosign.personal.readers import Purpose
from cosign.reviews import ReviewState, Verdict
from cosign.reviews.faults import (
    ReviewChanged,
    ReviewFourEyes,
    ReviewNotClaimed,
    ReviewOwn,
    ReviewStateRefused,
    ReviewVerdictRefused,
)
from cosign.reviews.model import ReviewAction
from cosign.reviews.ports import Duty, Reviewer
from cosign.reviews.usecases import claims, show
from tests.cosign.reviews.conftest import SECRET, SUPERVISOR, Desk, reviewer
from tests.support.clear_text import assert_absent, dump

ONE, TWO = reviewer(1), reviewer(2)
NOTE = "请重新拍摄证件正面"


def test_a_return_names_its_reason_and_is_told_to_the_subject(desk: Desk) -> None:
    """R-ADM-01: return with a reject type and a text; the effect is in the same transaction; the note is sealed."""
    item = desk.hand_in()
    desk.claim(item)
    for code, note in (("", ""), ("made_up", ""), ("data_mismatch", "x" * 501)):
        with pytest.raises(FieldInvalid):
            desk.decide(item, Verdict.RETURN, reason_code=code, note=note)
    with pytest.raises(FieldInvalid):
        desk.decide(item, Verdict.APPROVE, reason_code="data_mismatch")
    returned = desk.decide(item, Verdict.RETURN, reason_code="data_mismatch", note=NOTE)
    assert (returned.state, returned.claimed_by) == (ReviewState.RETURNED, "")
    (decision,) = desk.subject.decisions
    assert (decision.verdict, decision.reason_code, decision.note) == (Verdict.RETURN, "data_mismatch", NOTE)
    assert "填写信息与证件不一致" in decision.reason
    last = desk.do(lambda unit: unit.history(item.review_id))[-1]
    assert (last.actor, last.reason_code, last.reason_version, last.note) == ("stf_1", "data_mismatch", 1, NOTE)
    assert_absent(dump(desk.engine), NOTE)
    entries = desk.audited(AuditEvent.REVIEW)
    assert [entry.outcome for entry in entries] == ["opened", "claimed", "returned"]
    assert {(entry.key_id, entry.device_id) for entry in entries} == {(item.review_id, "acc_1")}


def test_what_the_subject_refuses_is_not_decided(desk: Desk) -> None:
    """R-ADM-01: decision and effect are one transaction; the item stays with its reviewer."""
    item = desk.hand_in()
    claimed = desk.claim(item)
    desk.subject.refuses = True
    with pytest.raises(ReviewStateRefused):
        desk.decide(item, Verdict.APPROVE)
    assert desk.item(item.review_id) == claimed
    with pytest.raises(ReviewVerdictRefused) as refused:
        desk.decide(item, Verdict.REFUSE, reason_code="data_mismatch")
    assert refused.value.metadata == {"verdicts": "approve,return"}


def test_two_stages_need_two_reviewers(desk: Desk) -> None:
    """R-ADM-01: four eyes. The second stage belongs to another reviewer, also by way of a supervisor."""
    desk.brands.stages(ReviewStage.PLATFORM, ReviewStage.RECHECK)
    item = desk.hand_in()
    with pytest.raises(NotAuthorised):
        desk.claim(item, reviewer(3, stages=frozenset({ReviewStage.RECHECK})))
    desk.claim(item, ONE)
    passed = desk.decide(item, Verdict.APPROVE, ONE)
    assert (passed.state, passed.stage, desk.subject.decisions) == (ReviewState.WAITING, 2, [])
    with pytest.raises(ReviewFourEyes):
        desk.claim(item, ONE)
    with pytest.raises(ReviewFourEyes):
        desk.do(
            lambda unit: claims.reassign(
                unit,
                review_id=item.review_id,
                supervisor=SUPERVISOR,
                to=ONE,
                version=passed.version,
                clock=desk.clock,
            )
        )
    with pytest.raises(NotAuthorised):
        desk.claim(item, reviewer(3, stages=frozenset({ReviewStage.PLATFORM})))
    desk.claim(item, TWO)
    assert desk.decide(item, Verdict.APPROVE, TWO).state is ReviewState.APPROVED
    assert [decision.reviewer for decision in desk.subject.decisions] == [TWO.staff_id]
    actions = [(event.action, event.stage) for event in desk.do(lambda unit: unit.history(item.review_id))]
    assert actions[2:] == [(ReviewAction.STAGE_APPROVED, 1), (ReviewAction.CLAIMED, 2), (ReviewAction.APPROVED, 2)]


def test_a_correction_begins_anew(desk: Desk) -> None:
    """R-ADM-01: returned, corrected, reviewed again from the first stage; also by who approved it before."""
    desk.brands.stages(ReviewStage.PLATFORM, ReviewStage.RECHECK)
    item = desk.hand_in()
    desk.claim(item, ONE)
    desk.decide(item, Verdict.APPROVE, ONE)
    desk.claim(item, TWO)
    desk.decide(item, Verdict.RETURN, TWO, reason_code="picture_unclear")
    again = desk.hand_in()
    assert (again.review_id, again.stage, again.round) == (item.review_id, 1, 2)
    desk.claim(item, TWO)
    desk.decide(item, Verdict.APPROVE, TWO)
    desk.claim(item, ONE)
    assert desk.decide(item, Verdict.APPROVE, ONE).state is ReviewState.APPROVED


def test_what_nobody_corrects_expires(desk: Desk) -> None:
    """R-ADM-01: a returned item that is not corrected in time cannot come back."""
    item = desk.hand_in()
    desk.claim(item)
    desk.decide(item, Verdict.RETURN, reason_code="picture_unclear")
    desk.clock.forward(days=29)
    assert desk.do(lambda unit: claims.end_corrections(unit, clock=desk.clock, limit=5)) == 0
    desk.clock.forward(days=2)
    assert desk.do(lambda unit: claims.end_corrections(unit, clock=desk.clock, limit=5)) == 1
    with pytest.raises(ReviewStateRefused) as refused:
        desk.hand_in()
    assert refused.value.metadata == {"state": "expired"}


def test_nobody_decides_what_he_asked_for(desk: Desk) -> None:
    """R-ADM-01: separation of duties, for staff who opened an item and for staff who are users."""
    opened = desk.hand_in(opened_by=ONE.staff_id)
    with pytest.raises(ReviewOwn):
        desk.claim(opened, ONE)
    own = desk.hand_in("idv_2", account_id="acc_7")
    with pytest.raises(ReviewOwn):
        desk.claim(own, reviewer(3, account_id="acc_7"))
    desk.claim(own, ONE)


def test_of_two_decisions_at_once_one_counts(desk: Desk) -> None:
    """R-ADM-01: already decided. The other one is told so precisely, and nothing happens twice."""
    item = desk.hand_in()
    claimed = desk.claim(item)
    ready, faults = threading.Barrier(2), list[Exception]()

    def act(verdict: Verdict, reason_code: str) -> None:
        ready.wait()
        try:
            desk.decide(item, verdict, version=claimed.version, reason_code=reason_code)
        except (ReviewChanged, ConcurrentOperation) as fault:
            faults.append(fault)

    both = [
        threading.Thread(target=act, args=(Verdict.APPROVE, "")),
        threading.Thread(target=act, args=(Verdict.RETURN, "data_mismatch")),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(faults) == 1
    assert desk.item(item.review_id).state in (ReviewState.APPROVED, ReviewState.RETURNED)
    with pytest.raises(ReviewChanged) as late:
        desk.decide(item, Verdict.APPROVE, version=claimed.version)
    assert late.value.metadata["state"] == desk.item(item.review_id).state.value


def test_items_of_other_brands_and_kinds_are_not_there(desk: Desk) -> None:
    """R-ADM-01: no permission. Guessing ids shows nothing (IDOR): reading, claiming, deciding, unmasking, files."""
    item = desk.hand_in()
    desk.claim(item, ONE)
    for stranger in (reviewer(5, brands=frozenset({"zb"})), reviewer(5, kinds=frozenset())):
        for attempt in (
            lambda who=stranger: desk.do(lambda unit: show.show(unit, review_id=item.review_id, reviewer=who)),
            lambda who=stranger: desk.claim(item, who),
            lambda who=stranger: desk.decide(item, Verdict.APPROVE, who),
            lambda who=stranger: desk.do(
                lambda unit: show.unmask(unit, review_id=item.review_id, name="name", reviewer=who, clock=desk.clock)
            ),
            lambda who=stranger: desk.do(
                lambda unit: show.open_file(
                    unit, review_id=item.review_id, name="portrait", reviewer=who, clock=desk.clock
                )
            ),
        ):
            with pytest.raises(ResourceNotFound):
                attempt()
        assert desk.do(lambda unit, who=stranger: show.queue(unit, reviewer=who, clock=desk.clock, limit=5)).items == []


def test_reading_under_the_mask_is_recorded(desk: Desk) -> None:
    """R-ADM-03, R-AUD-09: masked for everybody; in clear, and files, only for who works on it, with a record."""
    item = desk.hand_in()
    shown = desk.do(lambda unit: show.show(unit, review_id=item.review_id, reviewer=ONE))
    assert [field.text for field in shown.subject.fields] == ["*某某", "manual_review"]

    def unmask(who: Reviewer, name: str = "name") -> str:
        found: str = desk.do(
            lambda unit: show.unmask(unit, review_id=item.review_id, name=name, reviewer=who, clock=desk.clock)
        )
        return found

    def open_file(name: str) -> str:
        found: str = desk.do(
            lambda unit: show.open_file(unit, review_id=item.review_id, name=name, reviewer=ONE, clock=desk.clock)
        )
        return found

    with pytest.raises(ReviewNotClaimed):
        unmask(ONE)
    desk.claim(item, ONE)
    with pytest.raises(NotAuthorised):
        unmask(reviewer(1, duties=frozenset({Duty.SUPERVISE})))
    with pytest.raises(ReviewNotClaimed):
        unmask(TWO)
    assert unmask(ONE) == SECRET
    assert open_file("portrait") == "upl_1"
    with pytest.raises(ResourceNotFound):
        unmask(ONE, "state")
    with pytest.raises(ResourceNotFound):
        open_file("made_up")
    read = [(entry.actor, entry.outcome, entry.key_id) for entry in desk.audited(AuditEvent.PERSONAL_DATA_READ)]
    purpose = Purpose.IDENTITY_REVIEW.value
    assert read == [("stf_1", purpose, "name"), ("stf_1", purpose, "portrait")]


def test_the_history_outlives_its_subject(desk: Desk) -> None:
    """R-ADM-01: a subject that was erased leaves an item that can still be looked at."""
    item = desk.hand_in("gone")
    shown = desk.do(lambda unit: show.show(unit, review_id=item.review_id, reviewer=ONE))
    assert (list(shown.subject.fields), len(shown.history)) == ([], 1)
