"""What the use cases of this area need from outside: one transaction, seen through these methods."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.audit.model import AuditEntry
from cosign.brands.words import DocumentKind
from cosign.content.model import Article, ArticleKind, Consent, ContentState, Document


@dataclass(frozen=True, slots=True)
class PageOfDocuments:
    """Versions of documents, newest first, and where the next page starts (empty: nowhere)."""

    documents: Sequence[Document]
    cursor: str


@dataclass(frozen=True, slots=True)
class PageOfArticles:
    """Articles, newest first, and where the next page starts (empty: nowhere)."""

    articles: Sequence[Article]
    cursor: str


@dataclass(frozen=True, slots=True)
class PageOfConsents:
    """Consents, newest document first, and where the next page starts (empty: nowhere)."""

    consents: Sequence[Consent]
    cursor: str


class ContentUnit(Protocol):
    """One transaction on documents, consents, articles and the audit trail."""

    def add_document(self, document: Document) -> None:
        """Stores a new version. Raises ConcurrentOperation if another one took its number."""
        ...

    def document(self, document_id: str) -> Document | None:
        """One version, with its text."""
        ...

    def documents(self, document_ids: Collection[str]) -> Sequence[Document]:
        """Those of the versions that exist, without order."""
        ...

    def version(self, brand: str, kind: DocumentKind, version: int) -> Document | None:
        """One version by its number."""
        ...

    def newest_version(self, brand: str, kind: DocumentKind) -> int:
        """Highest number given so far, 0 if there is none."""
        ...

    def current(self, brand: str, kinds: Collection[DocumentKind], now: dt.datetime) -> Mapping[DocumentKind, Document]:
        """Per kind the published version with the latest effective time that has come, without its body."""
        ...

    def versions(
        self, brand: str, kind: DocumentKind, *, state: ContentState | None, below: int, limit: int
    ) -> PageOfDocuments:
        """Versions smaller than `below` (all if 0), newest first, without bodies."""
        ...

    def change_document(self, document: Document, expected: ContentState) -> None:
        """Writes a document that was in state `expected`. Raises ConcurrentOperation."""
        ...

    def add_article(self, article: Article) -> None:
        """Stores an article."""
        ...

    def article(self, article_id: str) -> Article | None:
        """One article."""
        ...

    def articles(
        self, brand: str, kind: ArticleKind, *, state: ContentState | None, keyword: str, before: str, limit: int
    ) -> PageOfArticles:
        """Articles with ids below `before` (all if empty) whose title holds `keyword` (any if empty), newest first.

        Without bodies.
        """
        ...

    def change_article(self, article: Article, expected: ContentState) -> None:
        """Writes an article that was in state `expected`. Raises ConcurrentOperation."""
        ...

    def accepted(self, account_id: str, document_ids: Collection[str]) -> Collection[str]:
        """Those of the documents that the account has accepted, on whatever device."""
        ...

    def add_consent(self, consent: Consent) -> bool:
        """Stores a consent; False if the same one, on the same device, is there already."""
        ...

    def consents(self, account_id: str, *, before: str, limit: int) -> PageOfConsents:
        """Consents of an account, by document and device, latest document first."""
        ...

    def record(self, entry: AuditEntry) -> None:
        """Appends an audit row in the same transaction."""
        ...
