"""R-MSG-10, R-ADM-20: versions of documents, draft, published, withdrawn."""

import datetime as dt
import itertools

import pytest
from sqlalchemy import Engine, select

from cosign.audit.tables import audit_row
from cosign.brands import DocumentKind
from cosign.brands.model import Text
from cosign.content.faults import ContentStateRefused
from cosign.content.model import MAX_BODY, MAX_TITLE, TRANSITIONS, ContentState, check_transition, text_hash
from cosign.content.usecases.documents import (
    draft_document,
    edit_document,
    publish_document,
    published_document,
    withdraw_document,
)
from cosign.errors import ConcurrentOperation, FieldInvalid, ResourceNotFound
from cosign.store.unit_of_work import reading
from tests.cosign.content.conftest import BODY, TITLE, Change, published
from tests.cosign.devices.fakes import MovableClock

KIND = DocumentKind.PRIVACY_POLICY
ALLOWED = {
    (ContentState.DRAFT, ContentState.PUBLISHED),
    (ContentState.DRAFT, ContentState.WITHDRAWN),
    (ContentState.PUBLISHED, ContentState.WITHDRAWN),
}


@pytest.mark.parametrize(("present", "wanted"), list(itertools.product(ContentState, repeat=2)))
def test_the_table_of_transitions(present: ContentState, wanted: ContentState) -> None:
    assert TRANSITIONS.keys() == set(ContentState)
    if (present, wanted) in ALLOWED:
        check_transition(present, wanted)
    else:
        with pytest.raises(ContentStateRefused, match=present.value):
            check_transition(present, wanted)


def test_versions_count_per_brand_and_kind(change: Change, clock: MovableClock) -> None:
    with change() as unit:
        made = [
            draft_document(unit, brand=brand, kind=kind, title=TITLE, body=BODY, clock=clock)
            for brand, kind in (("net", KIND), ("net", KIND), ("zb", KIND), ("net", DocumentKind.ABOUT))
        ]
    assert [one.version for one in made] == [1, 2, 1, 1]
    assert {one.state for one in made} == {ContentState.DRAFT}


def test_the_newest_effective_version_is_in_force(change: Change, clock: MovableClock) -> None:
    """A later version takes over when its time comes; the older one stays readable."""
    first = published(change, clock, KIND)
    with change() as unit:
        drafted = draft_document(unit, brand="net", kind=KIND, title=TITLE, body=BODY, clock=clock)
        second = publish_document(
            unit, document_id=drafted.document_id, clock=clock, effective_at=clock.now() + dt.timedelta(days=1)
        )
        assert unit.current("net", [KIND], clock.now())[KIND].ref == first.ref
        assert unit.current("zb", [KIND], clock.now()) == {}
    clock.forward(days=1)
    with change() as unit:
        assert unit.current("net", [KIND, DocumentKind.ABOUT], clock.now())[KIND].ref == second.ref
        assert published_document(unit, first.document_id).body == BODY


def test_withdrawing_brings_the_version_before_back(change: Change, clock: MovableClock) -> None:
    first = published(change, clock, KIND)
    clock.forward(seconds=1)
    second = published(change, clock, KIND)
    with change() as unit:
        withdraw_document(unit, document_id=second.document_id, clock=clock)
        assert unit.current("net", [KIND], clock.now())[KIND].ref == first.ref
        with pytest.raises(ResourceNotFound):
            published_document(unit, second.document_id)


def test_only_a_draft_can_be_edited(change: Change, clock: MovableClock) -> None:
    """What somebody accepted never changes."""
    with change() as unit:
        drafted = draft_document(unit, brand="net", kind=KIND, title=TITLE, body=BODY, clock=clock)
    clock.forward(hours=1)
    with change() as unit:
        edited = edit_document(unit, document_id=drafted.document_id, title=TITLE, body=Text(zh="新"), clock=clock)
        assert (edited.body.zh, edited.updated_at) == ("新", clock.now())
        with pytest.raises(ResourceNotFound):
            published_document(unit, drafted.document_id)
        publish_document(unit, document_id=drafted.document_id, clock=clock)
    with pytest.raises(ContentStateRefused), change() as unit:
        edit_document(unit, document_id=drafted.document_id, title=TITLE, body=BODY, clock=clock)
    with pytest.raises(ContentStateRefused), change() as unit:
        publish_document(unit, document_id=drafted.document_id, clock=clock)
    with change() as unit:
        withdraw_document(unit, document_id=drafted.document_id, clock=clock)
    with pytest.raises(ContentStateRefused), change() as unit:
        withdraw_document(unit, document_id=drafted.document_id, clock=clock)


def test_a_change_that_lost_a_race_is_told(change: Change, clock: MovableClock) -> None:
    document = published(change, clock, KIND)
    with pytest.raises(ConcurrentOperation), change() as unit:
        unit.change_document(document, ContentState.DRAFT)
    with pytest.raises(ConcurrentOperation), change() as unit:
        unit.add_document(document)


def test_publishing_in_the_past_is_refused(change: Change, clock: MovableClock) -> None:
    with change() as unit:
        drafted = draft_document(unit, brand="net", kind=KIND, title=TITLE, body=BODY, clock=clock)
    past = clock.now() - dt.timedelta(seconds=1)
    with pytest.raises(FieldInvalid, match="effective_at"), change() as unit:
        publish_document(unit, document_id=drafted.document_id, clock=clock, effective_at=past)


@pytest.mark.parametrize(
    ("title", "body", "field"),
    [
        (Text(), BODY, "title"),
        (Text(zh=" \n"), BODY, "title"),
        (TITLE, Text(), "body"),
        (Text(en="x" * (MAX_TITLE + 1)), BODY, "title.en"),
        (TITLE, Text(zh="字" * (MAX_BODY + 1)), "body.zh"),
        (TITLE, Text(en="a\x00b"), "body.en"),
    ],
)
def test_texts_have_bounds(change: Change, clock: MovableClock, title: Text, body: Text, field: str) -> None:
    with pytest.raises(FieldInvalid) as caught, change() as unit:
        draft_document(unit, brand="net", kind=KIND, title=title, body=body, clock=clock)
    assert caught.value.field == field


def test_unknown_documents(change: Change, clock: MovableClock) -> None:
    unknown = "doc_" + "0" * 26
    with change() as unit:
        for act in (publish_document, withdraw_document):
            with pytest.raises(ResourceNotFound):
                act(unit, document_id=unknown, clock=clock)


def test_pages_newest_first_and_filtered_by_state(change: Change, clock: MovableClock) -> None:
    made = [published(change, clock, KIND) for _ in range(3)]
    with change() as unit:
        draft_document(unit, brand="net", kind=KIND, title=TITLE, body=BODY, clock=clock)
        every = unit.versions("net", KIND, state=None, below=0, limit=9)
        first = unit.versions("net", KIND, state=ContentState.PUBLISHED, below=0, limit=2)
        rest = unit.versions("net", KIND, state=ContentState.PUBLISHED, below=int(first.cursor), limit=2)
    assert [one.version for one in every.documents] == [4, 3, 2, 1]
    assert [one.ref for one in (*first.documents, *rest.documents)] == [one.ref for one in made[::-1]]
    assert rest.cursor == ""


def test_every_act_is_recorded_with_the_texts(change: Change, clock: MovableClock, engine: Engine) -> None:
    document = published(change, clock, KIND)
    with change() as unit:
        withdraw_document(unit, document_id=document.document_id, clock=clock)
    with reading(engine) as connection:
        query = select(audit_row.c.event, audit_row.c.outcome, audit_row.c.body_hash).order_by(audit_row.c.seq)
        rows = [tuple(row) for row in connection.execute(query)]
    binding = text_hash(TITLE, BODY)
    assert rows == [
        (event, document.document_id, binding)
        for event in ("content_drafted", "content_published", "content_withdrawn")
    ]


def test_the_hash_tells_texts_apart() -> None:
    hashes = {
        text_hash(title, body)
        for title, body in (
            (Text(zh="ab"), Text(zh="c")),
            (Text(zh="a"), Text(zh="bc")),
            (Text(zh="a", en="b"), Text(zh="c")),
            (Text(en="ab"), Text(zh="c")),
        )
    }
    assert len(hashes) == 4
