"""Content as messages of the API."""

import datetime as dt

from google.protobuf import timestamp_pb2

from cosign.api.v1 import bootstrap_pb2, content_pb2
from cosign.brands.model import Text
from cosign.content.model import Article, Consent, Document
from cosign.timestamps import timestamp


def encode_text(text: Text) -> bootstrap_pb2.LocalizedText:
    """Both languages."""
    return bootstrap_pb2.LocalizedText(zh=text.zh, en=text.en)


def encode_time(moment: dt.datetime | None) -> timestamp_pb2.Timestamp | None:
    """None stays absent."""
    return None if moment is None else timestamp(moment)


def encode_document(document: Document) -> bootstrap_pb2.DocumentRef:
    """A version without its text."""
    return bootstrap_pb2.DocumentRef(
        document_id=document.document_id,
        kind=document.kind.value,
        version=document.version,
        title=encode_text(document.title),
        effective_at=encode_time(document.effective_at),
        updated_at=encode_time(document.updated_at),
    )


def encode_article(article: Article) -> content_pb2.Article:
    """An article without its text."""
    return content_pb2.Article(
        article_id=article.article_id,
        kind=article.kind.value,
        title=encode_text(article.title),
        published_at=encode_time(article.published_at),
        video_url=article.video_url,
    )


def encode_consent(consent: Consent) -> content_pb2.Consent:
    """What a user sees of a consent."""
    return content_pb2.Consent(
        document_id=consent.document.document_id,
        kind=consent.document.kind.value,
        version=consent.document.version,
        device_id=consent.device_id,
        accepted_at=encode_time(consent.accepted_at),
    )
