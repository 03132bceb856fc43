"""R-ACC-15: what an operation needs, what a user accepts, and the evidence of it."""

import datetime as dt

import pytest
from sqlalchemy import Engine, select

from cosign.audit.tables import audit_row
from cosign.brands import DocumentKind, Operation
from cosign.brands.presets import PRESETS
from cosign.content import ConsentRequired, missing_consents, record_consents, require_consents
from cosign.content.model import DocumentRef, text_hash
from cosign.content.usecases.documents import draft_document, publish_document, withdraw_document
from cosign.errors import FieldInvalid
from cosign.store.unit_of_work import reading
from tests.cosign.content.conftest import BODY, TITLE, Change, published
from tests.cosign.devices.fakes import MovableClock

ACCOUNT, DEVICE = "acc_1", "dev_1"
NET = PRESETS["net"]


def missing(change: Change, clock: MovableClock, operation: Operation = Operation.LOGIN) -> list[DocumentRef]:
    with change() as unit:
        return missing_consents(unit, account_id=ACCOUNT, brand="net", policy=NET, operation=operation, clock=clock)


def accept(change: Change, clock: MovableClock, *document_ids: str, device: str = DEVICE) -> int:
    with change() as unit:
        new = record_consents(
            unit, account_id=ACCOUNT, device_id=device, brand="net", accepted=document_ids, clock=clock
        )
    return len(new)


def test_nothing_published_means_nothing_to_accept(change: Change, clock: MovableClock) -> None:
    assert missing(change, clock) == []


def test_an_operation_needs_its_own_documents(change: Change, clock: MovableClock) -> None:
    """In the order of the policy, whatever was published first."""
    privacy = published(change, clock, DocumentKind.PRIVACY_POLICY)
    terms = published(change, clock, DocumentKind.USER_AGREEMENT)
    notice = published(change, clock, DocumentKind.CANCELLATION)
    published(change, clock, DocumentKind.USER_AGREEMENT, brand="zb")
    assert missing(change, clock) == [terms.ref, privacy.ref]
    assert missing(change, clock, Operation.CANCEL_ACCOUNT) == [notice.ref]
    assert missing(change, clock, Operation.VERIFY_IDENTITY) == [privacy.ref]


def test_what_was_accepted_is_not_asked_again_until_a_new_version(change: Change, clock: MovableClock) -> None:
    first = published(change, clock, DocumentKind.USER_AGREEMENT)
    assert accept(change, clock, first.document_id) == 1
    assert missing(change, clock) == []
    clock.forward(seconds=1)
    second = published(change, clock, DocumentKind.USER_AGREEMENT)
    assert missing(change, clock) == [second.ref]


def test_a_version_is_asked_for_when_its_time_comes(change: Change, clock: MovableClock) -> None:
    with change() as unit:
        drafted = draft_document(
            unit, brand="net", kind=DocumentKind.USER_AGREEMENT, title=TITLE, body=BODY, clock=clock
        )
        tomorrow = clock.now() + dt.timedelta(days=1)
        made = publish_document(unit, document_id=drafted.document_id, clock=clock, effective_at=tomorrow)
    assert missing(change, clock) == []
    assert accept(change, clock, made.document_id) == 1  # may be accepted ahead of time
    clock.forward(days=1)
    assert missing(change, clock) == []


def test_each_device_gives_its_own_evidence_and_the_first_time_stays(
    change: Change, clock: MovableClock, engine: Engine
) -> None:
    document = published(change, clock)
    began = clock.now()
    assert accept(change, clock, document.document_id) == 1
    clock.forward(hours=1)
    assert accept(change, clock, document.document_id) == 0
    assert accept(change, clock, document.document_id, device="dev_2") == 1
    with change() as unit:
        first = unit.consents(ACCOUNT, before="", limit=1)
        rest = unit.consents(ACCOUNT, before=first.cursor, limit=1)
    found = [*first.consents, *rest.consents]
    assert [one.device_id for one in found] == ["dev_2", "dev_1"]
    assert found[1].accepted_at == began
    assert {one.text_hash for one in found} == {text_hash(TITLE, BODY)}
    assert rest.cursor == ""
    with reading(engine) as connection:
        query = select(audit_row.c.outcome, audit_row.c.device_id).where(audit_row.c.event == "consent_recorded")
        rows = [tuple(row) for row in connection.execute(query.order_by(audit_row.c.seq))]
    assert rows == [(document.document_id, "dev_1"), (document.document_id, "dev_2")]


def test_only_published_documents_of_the_brand_can_be_accepted(change: Change, clock: MovableClock) -> None:
    """IDOR: a draft, a withdrawn text, another brand's and an invented one get the same answer."""
    other = published(change, clock, brand="zb")
    gone = published(change, clock, DocumentKind.ABOUT)
    with change() as unit:
        withdraw_document(unit, document_id=gone.document_id, clock=clock)
        draft = draft_document(unit, brand="net", kind=DocumentKind.CA_SERVICE, title=TITLE, body=BODY, clock=clock)
    texts = set()
    for wrong in (other.document_id, gone.document_id, draft.document_id, "doc_" + "0" * 26, "", "x" * 100):
        with pytest.raises(FieldInvalid) as caught:
            accept(change, clock, wrong)
        texts.add(str(caught.value))
    assert len(texts) == 1
    with pytest.raises(FieldInvalid, match="at most 20"):
        accept(change, clock, *(f"doc_{number}" for number in range(21)))
    assert accept(change, clock) == 0


def test_a_call_carries_its_consents(change: Change, clock: MovableClock) -> None:
    terms = published(change, clock, DocumentKind.USER_AGREEMENT)
    privacy = published(change, clock, DocumentKind.PRIVACY_POLICY)

    def log_in(*accepted: str) -> int:
        with change() as unit:
            new = require_consents(
                unit,
                account_id=ACCOUNT,
                device_id=DEVICE,
                brand="net",
                policy=NET,
                operation=Operation.LOGIN,
                accepted=accepted,
                clock=clock,
            )
        return len(new)

    with pytest.raises(ConsentRequired) as caught:
        log_in(terms.document_id)
    assert caught.value.metadata == {"documents": privacy.document_id, "kinds": "privacy_policy"}
    with change() as unit:
        assert list(unit.consents(ACCOUNT, before="", limit=9).consents) == []  # rolled back with the call
    assert log_in(terms.document_id, privacy.document_id, terms.document_id) == 2
    assert log_in() == 0


def test_a_guest_has_accepted_nothing(change: Change, clock: MovableClock) -> None:
    terms = published(change, clock)
    with change() as unit:
        found = missing_consents(
            unit, account_id="", brand="net", policy=NET, operation=Operation.REGISTER, clock=clock
        )
    assert found == [terms.ref]
