"""Texts that operators publish and what users accept: values and the one state machine, without I/O."""

import datetime as dt
import enum
import hashlib
from dataclasses import dataclass
from typing import Final

from cosign.brands.model import Text
from cosign.brands.words import DocumentKind
from cosign.content.faults import ContentStateRefused
from cosign.errors import FieldInvalid
from cosign.transitions import Transitions

OPERATOR: Final = "operator"
"""Who acts when no member of staff does."""
MAX_TITLE: Final = 200
MAX_BODY: Final = 65_536
MAX_KEYWORD: Final = 50
MAX_ATTACHMENTS: Final = 10
MAX_URL: Final = 500


class ContentState(enum.StrEnum):
    """Life of a document or article (R-ADM-20)."""

    DRAFT = "draft"
    PUBLISHED = "published"
    """Its texts never change again."""
    WITHDRAWN = "withdrawn"
    """Final; nobody but operators sees it."""


TRANSITIONS: Final = Transitions(
    "it",
    ContentState,
    {
        ContentState.DRAFT: {ContentState.PUBLISHED, ContentState.WITHDRAWN},
        ContentState.PUBLISHED: {ContentState.WITHDRAWN},
    },
)


def check_transition(present: ContentState, wanted: ContentState) -> None:
    """Raises ContentStateRefused unless the table allows it."""
    TRANSITIONS.check(present, wanted, ContentStateRefused)


class ArticleKind(enum.StrEnum):
    """What an article is."""

    ANNOUNCEMENT = "announcement"
    """通知公告 (R-MSG-06)"""
    GUIDE = "guide"
    """操作指南 (R-MSG-07)"""
    VIDEO = "video"
    """Video tutorial (R-MSG-07)."""


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A version of a document, without its text."""

    document_id: str
    kind: DocumentKind
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One version of an agreement, privacy policy or other static text (R-MSG-10)."""

    document_id: str
    brand: str
    kind: DocumentKind
    version: int
    """1, 2, … per brand and kind."""
    title: Text
    body: Text
    """Markdown, at most 65,536 characters per language."""
    state: ContentState
    updated_at: dt.datetime
    effective_at: dt.datetime | None = None
    """In force from then on until a later version is; None while a draft."""
    published_at: dt.datetime | None = None
    withdrawn_at: dt.datetime | None = None

    @property
    def ref(self) -> DocumentRef:
        return DocumentRef(self.document_id, self.kind, self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of an article, kept elsewhere."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An announcement, a guide or a video."""

    article_id: str
    brand: str
    kind: ArticleKind
    title: Text
    body: Text
    video_url: str = ""
    attachments: tuple[Attachment, ...] = ()
    state: ContentState
    updated_at: dt.datetime
    published_at: dt.datetime | None = None
    withdrawn_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Evidence that an account accepted a version of a document on a device (R-ACC-15)."""

    account_id: str
    document: DocumentRef
    brand: str
    device_id: str
    accepted_at: dt.datetime
    text_hash: bytes
    """`text_hash` of the document, 32 bytes."""


def text_hash(title: Text, body: Text) -> bytes:
    """SHA-256 over the four texts, 32 bytes."""
    digest = hashlib.sha256()
    for text in (title.zh, title.en, body.zh, body.en):
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(4) + encoded)
    return digest.digest()


def check_texts(title: Text, body: Text, *, video: bool = False) -> None:
    """Raises FieldInvalid unless there is a title and a body in at least one language, and none is too long.

    A video may go without a body.
    """
    for field, text, most, optional in (("title", title, MAX_TITLE, False), ("body", body, MAX_BODY, video)):
        if not (text.zh.strip() or text.en.strip()) and not optional:
            raise FieldInvalid(field, "must not be empty in both languages")
        for language, one in (("zh", text.zh), ("en", text.en)):
            if len(one) > most or "\x00" in one:
                raise FieldInvalid(f"{field}.{language}", f"must have at most {most} characters and no NUL")


def check_url(field: str, url: str) -> str:
    """Returns `url` if it begins with https:// and is at most 500 visible characters. Raises FieldInvalid."""
    if not url.startswith("https://") or len(url) > MAX_URL or not all("!" <= letter <= "~" for letter in url):
        raise FieldInvalid(field, f"must begin with https:// and have at most {MAX_URL} visible characters")
    return url
