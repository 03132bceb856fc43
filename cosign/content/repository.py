"""Documents, articles and consents in the database. The only user of `tables.py`."""

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from cosign.audit.model import AuditEntry
from cosign.audit.trail import AuditTrail
from cosign.brands.model import Text
from cosign.brands.words import DocumentKind
from cosign.content.model import (
    Article,
    ArticleKind,
    Attachment,
    Consent,
    ContentState,
    Document,
    DocumentRef,
)
from cosign.content.ports import PageOfArticles, PageOfConsents, PageOfDocuments
from cosign.content.tables import consent as consent_table
from cosign.content.tables import content_article, content_document
from cosign.errors import ConcurrentOperation

_LISTED_DOCUMENT: Final = [column for column in content_document.c if not column.name.startswith("body_")]
_LISTED_ARTICLE: Final = [column for column in content_article.c if not column.name.startswith("body_")]
"""Lists carry no bodies."""


class SqlContentUnit:
    """`ContentUnit` on one connection, inside the caller's transaction."""

    def __init__(self, connection: Connection, *, trail: AuditTrail) -> None:
        self._connection = connection
        self._trail = trail

    # --- documents ---

    def add_document(self, document: Document) -> None:
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(content_document).values(_document_values(document)))
        except IntegrityError:
            raise ConcurrentOperation("another version was made meanwhile", retry_after_ms=100) from None

    def document(self, document_id: str) -> Document | None:
        found = self.documents([document_id])
        return found[0] if found else None

    def documents(self, document_ids: Collection[str]) -> Sequence[Document]:
        query = select(content_document).where(content_document.c.document_id.in_(list(document_ids)))
        return [_as_document(row) for row in self._connection.execute(query).mappings()]

    def version(self, brand: str, kind: DocumentKind, version: int) -> Document | None:
        query = select(content_document).where(*_of_kind(brand, kind), content_document.c.version == version)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_document(row)

    def newest_version(self, brand: str, kind: DocumentKind) -> int:
        query = select(func.max(content_document.c.version)).where(*_of_kind(brand, kind))
        return int(self._connection.execute(query).scalar_one() or 0)

    def current(self, brand: str, kinds: Collection[DocumentKind], now: dt.datetime) -> Mapping[DocumentKind, Document]:
        found: dict[DocumentKind, Document] = {}
        for kind in kinds:  # a few; each is one step of the index
            query = (
                select(*_LISTED_DOCUMENT)
                .where(
                    *_of_kind(brand, kind),
                    content_document.c.state == ContentState.PUBLISHED.value,
                    content_document.c.effective_at <= now,
                )
                .order_by(content_document.c.effective_at.desc(), content_document.c.version.desc())
                .limit(1)
            )
            row = self._connection.execute(query).mappings().one_or_none()
            if row is not None:
                found[kind] = _as_document(row)
        return found

    def versions(
        self, brand: str, kind: DocumentKind, *, state: ContentState | None, below: int, limit: int
    ) -> PageOfDocuments:
        query = select(*_LISTED_DOCUMENT).where(*_of_kind(brand, kind))
        if state is not None:
            query = query.where(content_document.c.state == state.value)
        if below:
            query = query.where(content_document.c.version < below)
        rows = self._connection.execute(query.order_by(content_document.c.version.desc()).limit(limit + 1)).mappings()
        found = [_as_document(row) for row in rows]
        more = len(found) > limit
        return PageOfDocuments(found[:limit], str(found[limit - 1].version) if more else "")

    def change_document(self, document: Document, expected: ContentState) -> None:
        changed = self._connection.execute(
            update(content_document)
            .where(content_document.c.document_id == document.document_id, content_document.c.state == expected.value)
            .values(_document_values(document))
        )
        if changed.rowcount != 1:
            raise ConcurrentOperation("the document changed meanwhile")

    # --- articles ---

    def add_article(self, article: Article) -> None:
        self._connection.execute(insert(content_article).values(_article_values(article)))

    def article(self, article_id: str) -> Article | None:
        query = select(content_article).where(content_article.c.article_id == article_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_article(row)

    def articles(
        self, brand: str, kind: ArticleKind, *, state: ContentState | None, keyword: str, before: str, limit: int
    ) -> PageOfArticles:
        table = content_article.c
        query = select(*_LISTED_ARTICLE).where(table.brand == brand, table.kind == kind.value)
        if state is not None:
            query = query.where(table.state == state.value)
        if keyword:
            query = query.where(
                or_(
                    table.title_zh.icontains(keyword, autoescape=True),
                    table.title_en.icontains(keyword, autoescape=True),
                )
            )
        if before:
            query = query.where(table.article_id < before)
        rows = self._connection.execute(query.order_by(table.article_id.desc()).limit(limit + 1)).mappings()
        found = [_as_article(row) for row in rows]
        more = len(found) > limit
        return PageOfArticles(found[:limit], found[limit - 1].article_id if more else "")

    def change_article(self, article: Article, expected: ContentState) -> None:
        changed = self._connection.execute(
            update(content_article)
            .where(content_article.c.article_id == article.article_id, content_article.c.state == expected.value)
            .values(_article_values(article))
        )
        if changed.rowcount != 1:
            raise ConcurrentOperation("the article changed meanwhile")

    # --- consents ---

    def accepted(self, account_id: str, document_ids: Collection[str]) -> Collection[str]:
        query = select(consent_table.c.document_id).where(
            consent_table.c.account_id == account_id, consent_table.c.document_id.in_(list(document_ids))
        )
        return {str(row.document_id) for row in self._connection.execute(query)}

    def add_consent(self, consent: Consent) -> bool:
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(consent_table).values(
                        account_id=consent.account_id,
                        document_id=consent.document.document_id,
                        device_id=consent.device_id,
                        brand=consent.brand,
                        kind=consent.document.kind.value,
                        version=consent.document.version,
                        text_hash=consent.text_hash,
                        accepted_at=consent.accepted_at,
                    )
                )
        except IntegrityError:
            return False
        return True

    def consents(self, account_id: str, *, before: str, limit: int) -> PageOfConsents:
        """`before` is a document id and a device id, separated by a slash."""
        table = consent_table.c
        query = select(consent_table).where(table.account_id == account_id)
        if before:
            document_id, _, device_id = before.partition("/")
            query = query.where(tuple_(table.document_id, table.device_id) < (document_id, device_id))
        query = query.order_by(table.document_id.desc(), table.device_id.desc()).limit(limit + 1)
        found = [_as_consent(row) for row in self._connection.execute(query).mappings()]
        last = found[limit - 1] if len(found) > limit else None
        return PageOfConsents(found[:limit], f"{last.document.document_id}/{last.device_id}" if last else "")

    def record(self, entry: AuditEntry) -> None:
        self._trail.append(self._connection, [entry])


def _of_kind(brand: str, kind: DocumentKind) -> tuple[Any, Any]:
    return content_document.c.brand == brand, content_document.c.kind == kind.value


def _document_values(document: Document) -> dict[str, Any]:
    return {
        "document_id": document.document_id,
        "brand": document.brand,
        "kind": document.kind.value,
        "version": document.version,
        **_texts(document.title, document.body),
        "state": document.state.value,
        "updated_at": document.updated_at,
        "effective_at": document.effective_at,
        "published_at": document.published_at,
        "withdrawn_at": document.withdrawn_at,
    }


def _article_values(article: Article) -> dict[str, Any]:
    attachments = [{"name": one.name, "url": one.url} for one in article.attachments]
    return {
        "article_id": article.article_id,
        "brand": article.brand,
        "kind": article.kind.value,
        **_texts(article.title, article.body),
        "video_url": article.video_url,
        "attachments": json.dumps(attachments, ensure_ascii=False),
        "state": article.state.value,
        "updated_at": article.updated_at,
        "published_at": article.published_at,
        "withdrawn_at": article.withdrawn_at,
    }


def _texts(title: Text, body: Text) -> dict[str, str]:
    return {"title_zh": title.zh, "title_en": title.en, "body_zh": body.zh, "body_en": body.en}


def _as_document(row: RowMapping) -> Document:
    return Document(
        document_id=row["document_id"],
        brand=row["brand"],
        kind=DocumentKind(row["kind"]),
        version=row["version"],
        title=Text(zh=row["title_zh"], en=row["title_en"]),
        body=_body(row),
        state=ContentState(row["state"]),
        updated_at=row["updated_at"],
        effective_at=row["effective_at"],
        published_at=row["published_at"],
        withdrawn_at=row["withdrawn_at"],
    )


def _body(row: RowMapping) -> Text:
    return Text(zh=row["body_zh"], en=row["body_en"]) if "body_zh" in row else Text()


def _as_article(row: RowMapping) -> Article:
    return Article(
        article_id=row["article_id"],
        brand=row["brand"],
        kind=ArticleKind(row["kind"]),
        title=Text(zh=row["title_zh"], en=row["title_en"]),
        body=_body(row),
        video_url=row["video_url"],
        attachments=tuple(Attachment(name=one["name"], url=one["url"]) for one in json.loads(row["attachments"])),
        state=ContentState(row["state"]),
        updated_at=row["updated_at"],
        published_at=row["published_at"],
        withdrawn_at=row["withdrawn_at"],
    )


def _as_consent(row: RowMapping) -> Consent:
    return Consent(
        account_id=row["account_id"],
        document=DocumentRef(row["document_id"], DocumentKind(row["kind"]), row["version"]),
        brand=row["brand"],
        device_id=row["device_id"],
        accepted_at=row["accepted_at"],
        text_hash=row["text_hash"],
    )
