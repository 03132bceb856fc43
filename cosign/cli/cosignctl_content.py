"""`cosignctl content`: agreements and other documents, announcements, guides, videos."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cosign import ids
from cosign.brands import Operation
from cosign.brands.model import Text
from cosign.brands.ports import PolicyVersion
from cosign.brands.words import DocumentKind
from cosign.cli.cosignctl_output import emit, emit_rows, english, load_config, new_app, note, reporting
from cosign.content.model import Article, ArticleKind, Attachment, Document
from cosign.content.ports import ContentUnit
from cosign.content.usecases.articles import draft_article, publish_article, withdraw_article
from cosign.content.usecases.documents import draft_document, edit_document, publish_document, withdraw_document
from cosign.errors import FieldInvalid, ResourceNotFound
from cosign.server import brands_wiring, operator_wiring
from cosign.server.operator_wiring import Operator
from cosign.store.unit_of_work import reading, writing

content = new_app("Write, publish and withdraw agreements, announcements and help.")

_PAGE = 200
_KINDS = [kind.value for kind in (*DocumentKind, *ArticleKind)]

BrandOption = Annotated[str, typer.Option("--brand", help="The brand.")]
KindOption = Annotated[str, typer.Option("--kind", help=f"One of: {', '.join(_KINDS)}.")]
TitleZh = Annotated[str, typer.Option("--title-zh", help="Chinese title.")]
TitleEn = Annotated[str, typer.Option("--title-en", help="English title.")]
BodyZh = Annotated[Path | None, typer.Option("--body-zh", exists=True, dir_okay=False, help="Markdown, Chinese.")]
BodyEn = Annotated[Path | None, typer.Option("--body-en", exists=True, dir_okay=False, help="Markdown, English.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="`doc_…` or `ann_…`.")]


@contextmanager
def _writing() -> Iterator[tuple[Operator, ContentUnit]]:
    with operator_wiring.operator(load_config()) as operator, writing(operator.engine) as connection:
        yield operator, brands_wiring.content_unit(connection, operator.units.audit)


@contextmanager
def _reading() -> Iterator[tuple[Operator, ContentUnit]]:
    with operator_wiring.operator(load_config()) as operator, reading(operator.engine) as connection:
        yield operator, brands_wiring.content_unit(connection, operator.units.audit)


@content.command("draft")
def draft(
    brand: BrandOption,
    kind: KindOption,
    title_zh: TitleZh = "",
    title_en: TitleEn = "",
    body_zh: BodyZh = None,
    body_en: BodyEn = None,
    video_url: Annotated[str, typer.Option("--video-url", help="Where the video is.")] = "",
    attach: Annotated[list[str] | None, typer.Option("--attach", help="NAME=URL of a file; may be repeated.")] = None,
) -> None:
    """Store a draft: the next version of a document, or a new article. Prints its id."""
    title = Text(zh=title_zh, en=title_en)
    with reporting(), _writing() as (operator, unit):
        if brand not in operator.config.brands.enabled:
            raise FieldInvalid("brand", "is not served here")
        body = Text(zh=_text(body_zh), en=_text(body_en))
        made: Document | Article
        if kind in list(DocumentKind):
            if video_url or attach:
                raise FieldInvalid("kind", "documents have neither video nor attachments")
            made = draft_document(
                unit, brand=brand, kind=DocumentKind(kind), title=title, body=body, clock=operator.clock
            )
        elif kind in list(ArticleKind):
            made = draft_article(
                unit,
                brand=brand,
                kind=ArticleKind(kind),
                title=title,
                body=body,
                clock=operator.clock,
                video_url=video_url,
                attachments=[_attachment(one) for one in attach or ()],
            )
        else:
            raise FieldInvalid("kind", f"must be one of {', '.join(_KINDS)}")
    row = _as_row(made)
    emit(row, lambda: str(row["id"]))


@content.command("edit")
def edit(
    document_id: IdArgument,
    title_zh: TitleZh = "",
    title_en: TitleEn = "",
    body_zh: BodyZh = None,
    body_en: BodyEn = None,
) -> None:
    """Replace the texts of a document that is still a draft. Articles are withdrawn and drafted again."""
    with reporting(), _writing() as (operator, unit):
        changed = edit_document(
            unit,
            document_id=document_id,
            title=Text(zh=title_zh, en=title_en),
            body=Text(zh=_text(body_zh), en=_text(body_en)),
            clock=operator.clock,
        )
    emit(_as_row(changed), lambda: f"{changed.document_id} {changed.state.value}")


@content.command("publish")
def publish(
    content_id: IdArgument,
    effective: Annotated[
        str, typer.Option("--effective", help="Documents: in force from this time on, ISO 8601 with offset.")
    ] = "",
) -> None:
    """Publish a draft. A document's text never changes again; it is in force at once unless --effective is given."""
    with reporting(), _writing() as (operator, unit):
        made: Document | Article
        if ids.is_id(content_id, ids.ARTICLE):
            if effective:
                raise FieldInvalid("effective", "is for documents")
            made = publish_article(unit, article_id=content_id, clock=operator.clock)
        else:
            moment = _moment(effective) if effective else None
            made = publish_document(unit, document_id=content_id, clock=operator.clock, effective_at=moment)
    emit(_as_row(made), lambda: f"{content_id} {made.state.value}")


@content.command("withdraw")
def withdraw(content_id: IdArgument) -> None:
    """Withdraw a draft or what is published. Final; of a document the version before is in force again."""
    with reporting(), _writing() as (operator, unit):
        made: Document | Article
        if ids.is_id(content_id, ids.ARTICLE):
            made = withdraw_article(unit, article_id=content_id, clock=operator.clock)
        else:
            made = withdraw_document(unit, document_id=content_id, clock=operator.clock)
    emit(_as_row(made), lambda: f"{content_id} {made.state.value}")


@content.command("list")
def list_content(
    brand: BrandOption,
    kind: Annotated[str, typer.Option("--kind", help="Only this kind.")] = "",
) -> None:
    """List documents and articles of a brand in all states, kind by kind, newest first."""
    if kind and kind not in _KINDS:
        raise typer.BadParameter(f"must be one of {', '.join(_KINDS)}", param_hint="--kind")
    rows: list[dict[str, object]] = []
    with reporting(), _reading() as (_, unit):
        for one in DocumentKind:
            if kind in ("", one.value):
                rows += [_as_row(document) for document in _all_versions(unit, brand, one)]
        for other in ArticleKind:
            if kind in ("", other.value):
                rows += [_as_row(article) for article in _all_articles(unit, brand, other)]
    emit_rows(rows, ("id", "kind", "version", "state", "effective_at", "title"))


@content.command("show")
def show(content_id: IdArgument) -> None:
    """Print a document or article with its texts."""
    with reporting(), _reading() as (_, unit):
        found: Document | Article | None = unit.document(content_id) or unit.article(content_id)
        if found is None:
            raise ResourceNotFound("no such document or article")
    row = _as_row(found) | {"body_zh": found.body.zh, "body_en": found.body.en}
    if isinstance(found, Article):
        row |= {"video_url": found.video_url, "attachments": [[one.name, one.url] for one in found.attachments]}
    body = (found.body.en or found.body.zh) if english() else (found.body.zh or found.body.en)
    emit(row, lambda: f"{row['title']}\n\n{body}")


@content.command("check")
def check() -> None:
    """Name documents that policies require and that no published version serves. Exit status 1 if there are any."""
    rows: list[dict[str, object]] = []
    with reporting(), operator_wiring.operator(load_config()) as operator:
        brands_wiring.install(operator.config, operator.engine, operator.units.audit, operator.clock)
        with reading(operator.engine) as connection:
            policies = brands_wiring.brand_unit(connection, operator.units.audit)
            unit = brands_wiring.content_unit(connection, operator.units.audit)
            found = [policies.policy(name) for name in operator.config.brands.enabled]
            for version in found:
                if version is not None:
                    rows += _unserved(unit, version, operator.clock.now())
    emit_rows(rows, ("brand", "operation", "kind"))
    if rows:
        note("nothing is asked for these" if english() else "以上操作目前不要求用户同意相应协议")
        raise typer.Exit(1)


def _unserved(unit: ContentUnit, version: PolicyVersion, now: dt.datetime) -> Iterator[dict[str, object]]:
    for operation in Operation:
        kinds = version.policy.agreements.required(operation)
        current = unit.current(version.brand, kinds, now)
        for kind in kinds:
            if kind not in current:
                yield {"brand": version.brand, "operation": operation.value, "kind": kind.value}


def _all_versions(unit: ContentUnit, brand: str, kind: DocumentKind) -> Iterator[Document]:
    below = 0
    while True:
        page = unit.versions(brand, kind, state=None, below=below, limit=_PAGE)
        yield from page.documents
        if not page.cursor:
            return
        below = int(page.cursor)


def _all_articles(unit: ContentUnit, brand: str, kind: ArticleKind) -> Iterator[Article]:
    before = ""
    while True:
        page = unit.articles(brand, kind, state=None, keyword="", before=before, limit=_PAGE)
        yield from page.articles
        if not (before := page.cursor):
            return


def _as_row(made: Document | Article) -> dict[str, Any]:
    document = made if isinstance(made, Document) else None
    effective = document.effective_at if document is not None else made.published_at
    title = (made.title.en or made.title.zh) if english() else (made.title.zh or made.title.en)
    return {
        "id": made.document_id if isinstance(made, Document) else made.article_id,
        "brand": made.brand,
        "kind": made.kind.value,
        "version": document.version if document is not None else "-",
        "state": made.state.value,
        "effective_at": effective.isoformat(timespec="seconds") if effective is not None else "-",
        "title": title,
    }


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FieldInvalid(str(path), "is not UTF-8") from None


def _attachment(text: str) -> Attachment:
    name, _, url = text.partition("=")
    return Attachment(name=name, url=url)


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise FieldInvalid("effective", "must be ISO 8601") from None
    if moment.tzinfo is None:
        raise FieldInvalid("effective", "must have an offset such as +08:00")
    return moment
