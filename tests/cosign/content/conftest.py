"""The content area on both databases."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import Engine

from cosign.audit.trail import AuditTrail
from cosign.brands import DocumentKind
from cosign.brands.model import Text
from cosign.content.model import Document
from cosign.content.repository import SqlContentUnit
from cosign.content.usecases.documents import draft_document, publish_document
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.unit_of_work import writing
from tests.cosign.devices.fakes import MovableClock

Change = Callable[[], AbstractContextManager[SqlContentUnit]]

TITLE = Text(zh="用户协议", en="User agreement")
BODY = Text(zh="正文", en="Body")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    if made.dialect.name == "sqlite":
        migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def change(engine: Engine) -> Change:
    """`with change() as unit:` is one write transaction."""

    @contextmanager
    def begin() -> Iterator[SqlContentUnit]:
        with writing(engine) as connection:
            yield SqlContentUnit(connection, trail=AuditTrail("node-1"))

    return begin


def published(
    change: Change, clock: MovableClock, kind: DocumentKind = DocumentKind.USER_AGREEMENT, brand: str = "net"
) -> Document:
    """A document that was just published."""
    with change() as unit:
        drafted = draft_document(unit, brand=brand, kind=kind, title=TITLE, body=BODY, clock=clock)
        return publish_document(unit, document_id=drafted.document_id, clock=clock)
