"""PostgreSQL: every query of the area finds its rows by an index."""

import pytest
from sqlalchemy import Engine

from cosign.brands import DocumentKind, Operation
from cosign.brands.presets import PRESETS
from cosign.content import missing_consents, record_consents
from cosign.content.model import ArticleKind, ContentState
from cosign.content.usecases.articles import withdraw_article
from cosign.content.usecases.documents import withdraw_document
from tests.cosign.content.conftest import Change, published
from tests.cosign.content.test_articles import add
from tests.cosign.devices.fakes import MovableClock
from tests.support.plans import explained


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


def test_no_query_reads_a_table_from_end_to_end(engine: Engine, change: Change, clock: MovableClock) -> None:
    with explained(engine) as plans:
        document = published(change, clock, DocumentKind.PRIVACY_POLICY)
        article = add(change, clock, "通知")
        with change() as unit:
            record_consents(
                unit,
                account_id="acc_1",
                device_id="dev_1",
                brand="net",
                accepted=[document.document_id],
                clock=clock,
            )
            missing_consents(
                unit,
                account_id="acc_1",
                brand="net",
                policy=PRESETS["net"],
                operation=Operation.LOGIN,
                clock=clock,
            )
            unit.consents("acc_1", before="", limit=5)
            unit.consents("acc_1", before=f"{document.document_id}/dev_1", limit=5)
            unit.version("net", DocumentKind.PRIVACY_POLICY, 1)
            for state in (None, ContentState.PUBLISHED):
                unit.versions("net", DocumentKind.PRIVACY_POLICY, state=state, below=9, limit=5)
                for keyword in ("", "通"):
                    unit.articles(
                        "zb", ArticleKind.ANNOUNCEMENT, state=state, keyword=keyword, before=article.article_id, limit=5
                    )
            withdraw_document(unit, document_id=document.document_id, clock=clock)
            withdraw_article(unit, article_id=article.article_id, clock=clock)
    plans.check({"content_document", "content_article", "consent"})
