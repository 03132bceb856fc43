"""Drafts, publishes and withdraws announcements, guides and videos (R-ADM-20, R-MSG-06, R-MSG-07)."""

import dataclasses
from collections.abc import Sequence

from cosign import ids
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.brands.model import Text
from cosign.clock import Clock
from cosign.content.model import (
    MAX_ATTACHMENTS,
    MAX_TITLE,
    OPERATOR,
    Article,
    ArticleKind,
    Attachment,
    ContentState,
    check_texts,
    check_transition,
    check_url,
    text_hash,
)
from cosign.content.ports import ContentUnit
from cosign.errors import FieldInvalid, ResourceNotFound


def draft_article(
    unit: ContentUnit,
    *,
    brand: str,
    kind: ArticleKind,
    title: Text,
    body: Text,
    clock: Clock,
    video_url: str = "",
    attachments: Sequence[Attachment] = (),
    actor: str = OPERATOR,
) -> Article:
    """Stores a new article as a draft.

    Raises:
        FieldInvalid: A text is missing or too long, a URL is not https, or a video has no address.
    """
    video = kind is ArticleKind.VIDEO
    check_texts(title, body, video=video)
    if video or video_url:
        check_url("video_url", video_url)
    if len(attachments) > MAX_ATTACHMENTS:
        raise FieldInvalid("attachments", f"must be at most {MAX_ATTACHMENTS}")
    for index, attachment in enumerate(attachments):
        check_url(f"attachments[{index}].url", attachment.url)
        if not 1 <= len(attachment.name) <= MAX_TITLE or not attachment.name.isprintable():
            raise FieldInvalid(f"attachments[{index}].name", f"must be 1 to {MAX_TITLE} printable characters")
    article = Article(
        article_id=ids.new_id(ids.ARTICLE, clock.now_ms()),
        brand=brand,
        kind=kind,
        title=title,
        body=body,
        video_url=video_url,
        attachments=tuple(attachments),
        state=ContentState.DRAFT,
        updated_at=clock.now(),
    )
    unit.add_article(article)
    _record(unit, AuditEvent.CONTENT_DRAFTED, article, clock, actor)
    return article


def publish_article(unit: ContentUnit, *, article_id: str, clock: Clock, actor: str = OPERATOR) -> Article:
    """Publishes a draft.

    Raises:
        ResourceNotFound, ContentStateRefused, ConcurrentOperation.
    """
    article = _get(unit, article_id)
    check_transition(article.state, ContentState.PUBLISHED)
    published = dataclasses.replace(article, state=ContentState.PUBLISHED, published_at=clock.now())
    unit.change_article(published, article.state)
    _record(unit, AuditEvent.CONTENT_PUBLISHED, published, clock, actor)
    return published


def withdraw_article(unit: ContentUnit, *, article_id: str, clock: Clock, actor: str = OPERATOR) -> Article:
    """Withdraws a draft or a published article.

    Raises:
        ResourceNotFound, ContentStateRefused, ConcurrentOperation.
    """
    article = _get(unit, article_id)
    check_transition(article.state, ContentState.WITHDRAWN)
    withdrawn = dataclasses.replace(article, state=ContentState.WITHDRAWN, withdrawn_at=clock.now())
    unit.change_article(withdrawn, article.state)
    _record(unit, AuditEvent.CONTENT_WITHDRAWN, withdrawn, clock, actor)
    return withdrawn


def published_article(unit: ContentUnit, article_id: str) -> Article:
    """What anybody may read. Raises ResourceNotFound for everything that is not published."""
    article = _get(unit, article_id)
    if article.state is not ContentState.PUBLISHED:
        raise ResourceNotFound("no such article")
    return article


def _get(unit: ContentUnit, article_id: str) -> Article:
    article = unit.article(article_id)
    if article is None:
        raise ResourceNotFound("no such article")
    return article


def _record(unit: ContentUnit, event: AuditEvent, article: Article, clock: Clock, actor: str) -> None:
    unit.record(
        AuditEntry(
            time_ms=clock.now_ms(),
            event=event,
            outcome=article.article_id,
            body_hash=text_hash(article.title, article.body),
            actor=actor,
        )
    )
