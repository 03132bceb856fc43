"""ContentAdminService: what editors do with texts (R-ADM-20)."""

import enum
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message
from sqlalchemy import Connection

from cosign import ids, validation
from cosign.api.v1 import bootstrap_pb2
from cosign.api.v1 import content_admin_pb2 as pb
from cosign.api.v1 import content_admin_pb2_grpc as rpc
from cosign.brands import Brands, DocumentKind
from cosign.brands.model import Text
from cosign.content import ContentUnit
from cosign.content.model import Article, ArticleKind, ContentState, Document
from cosign.content.usecases import articles, documents
from cosign.errors import FieldInvalid, ResourceNotFound
from cosign.paging import PageScope, page_size
from cosign.staff.callers import StaffContext
from cosign.staff.model import StaffPrincipal
from cosign.staff.roles import Permission
from cosign.staff.servicer.calls import StaffCalls
from cosign.store.unit_of_work import reading
from cosign.timestamps import timestamp

A = TypeVar("A", bound=Message)
E = TypeVar("E", bound=enum.StrEnum)
_KINDS = (*DocumentKind, *ArticleKind)


class ContentAdminServicer(rpc.ContentAdminServiceServicer):
    """Documents and articles for editors."""

    def __init__(self, calls: StaffCalls, *, unit: Callable[[Connection], ContentUnit], brands: Brands) -> None:
        self._calls = calls
        self._unit = unit
        self._brands = brands

    async def DraftContent(self, request: pb.DraftContentRequest, context: StaffContext) -> pb.DraftContentResponse:
        """See the proto."""
        principal = await self._editor(context, Permission.CONTENT_EDIT, request.brand)
        if request.kind not in _KINDS:
            raise FieldInvalid("kind", f"must be one of {', '.join(_KINDS)}")
        title, body, clock = _decode(request.title), _decode(request.body), self._calls.clock
        if request.kind in list(DocumentKind) and request.video_url:
            raise FieldInvalid("video_url", "documents have none")

        def effect(connection: Connection) -> pb.DraftContentResponse:
            unit = self._unit(connection)
            if request.kind in list(DocumentKind):
                kind, actor = DocumentKind(request.kind), principal.staff_id
                made: Document | Article = documents.draft_document(
                    unit, brand=request.brand, kind=kind, title=title, body=body, clock=clock, actor=actor
                )
            else:
                made = articles.draft_article(
                    unit,
                    brand=request.brand,
                    kind=ArticleKind(request.kind),
                    title=title,
                    body=body,
                    video_url=request.video_url,
                    clock=clock,
                    actor=principal.staff_id,
                )
            return pb.DraftContentResponse(content=_encode(made))

        return await self._once(request, pb.DraftContentResponse, principal, effect)

    async def EditContent(self, request: pb.EditContentRequest, context: StaffContext) -> pb.EditContentResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.CONTENT_EDIT)
        document_id = validation.identifier("content_id", request.content_id, ids.DOCUMENT)
        title, body = _decode(request.title), _decode(request.body)

        def effect(connection: Connection) -> pb.EditContentResponse:
            unit = self._unit(connection)
            _check_brand(unit, principal, document_id)
            changed = documents.edit_document(
                unit,
                document_id=document_id,
                title=title,
                body=body,
                clock=self._calls.clock,
                actor=principal.staff_id,
            )
            return pb.EditContentResponse(content=_encode(changed))

        return await self._once(request, pb.EditContentResponse, principal, effect)

    async def PublishContent(
        self, request: pb.PublishContentRequest, context: StaffContext
    ) -> pb.PublishContentResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.CONTENT_PUBLISH)
        content_id, actor, clock = _content_id(request.content_id), principal.staff_id, self._calls.clock
        effective_at = None
        if request.HasField("effective_at"):
            effective_at = validation.moment("effective_at", request.effective_at)

        def effect(connection: Connection) -> pb.PublishContentResponse:
            unit = self._unit(connection)
            _check_brand(unit, principal, content_id)
            if ids.is_id(content_id, ids.DOCUMENT):
                done: Document | Article = documents.publish_document(
                    unit, document_id=content_id, clock=clock, effective_at=effective_at, actor=actor
                )
            elif effective_at is not None:
                raise FieldInvalid("effective_at", "articles have none")
            else:
                done = articles.publish_article(unit, article_id=content_id, clock=clock, actor=actor)
            return pb.PublishContentResponse(content=_encode(done))

        return await self._once(request, pb.PublishContentResponse, principal, effect)

    async def WithdrawContent(
        self, request: pb.WithdrawContentRequest, context: StaffContext
    ) -> pb.WithdrawContentResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.CONTENT_PUBLISH)
        content_id, actor, clock = _content_id(request.content_id), principal.staff_id, self._calls.clock

        def effect(connection: Connection) -> pb.WithdrawContentResponse:
            unit = self._unit(connection)
            _check_brand(unit, principal, content_id)
            if ids.is_id(content_id, ids.DOCUMENT):
                done: Document | Article = documents.withdraw_document(
                    unit, document_id=content_id, clock=clock, actor=actor
                )
            else:
                done = articles.withdraw_article(unit, article_id=content_id, clock=clock, actor=actor)
            return pb.WithdrawContentResponse(content=_encode(done))

        return await self._once(request, pb.WithdrawContentResponse, principal, effect)

    async def ListContent(self, request: pb.ListContentRequest, context: StaffContext) -> pb.ListContentResponse:
        """See the proto."""
        calls = self._calls
        principal = await self._editor(context, Permission.CONTENT_EDIT, request.brand)
        if request.kind not in _KINDS:
            raise FieldInvalid("kind", f"must be one of {', '.join(_KINDS)}")
        state = _word("state", request.state, ContentState) if request.state else None
        size = page_size(request.page_size)
        scope = PageScope("ListContent", principal.staff_id, f"{request.brand}/{request.kind}/{request.state}")
        cursor = calls.pager.cursor(scope, request.page_token)

        def work() -> pb.ListContentResponse:
            with reading(calls.engine) as connection:
                unit = self._unit(connection)
                if request.kind in list(DocumentKind):
                    versions = unit.versions(
                        request.brand, DocumentKind(request.kind), state=state, below=int(cursor or 0), limit=size
                    )
                    found, end = [_encode(one) for one in versions.documents], versions.cursor
                else:
                    page = unit.articles(
                        request.brand, ArticleKind(request.kind), state=state, keyword="", before=cursor, limit=size
                    )
                    found, end = [_encode(one) for one in page.articles], page.cursor
            return pb.ListContentResponse(contents=found, next_page_token=calls.pager.token(scope, end))

        return await calls.blocking.run(work)

    async def GetContent(self, request: pb.GetContentRequest, context: StaffContext) -> pb.GetContentResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, Permission.CONTENT_EDIT)
        content_id = _content_id(request.content_id)

        def work() -> pb.GetContentResponse:
            with reading(calls.engine) as connection:
                found = _text(self._unit(connection), content_id)
            if found is None:
                raise ResourceNotFound("no such text")
            principal.check_brand(found.brand, content_id)
            return pb.GetContentResponse(content=_encode(found, body=True))

        return await calls.callers.recorded(principal.staff_id, calls.blocking.run(work))

    async def _editor(self, context: StaffContext, permission: Permission, brand: str) -> StaffPrincipal:
        """The caller, who works for a brand that is served here."""
        callers = self._calls.callers
        principal = await callers.principal(context, permission)
        self._brands.policy(brand)

        async def check() -> None:
            principal.check_brand(brand, brand)

        await callers.recorded(principal.staff_id, check())
        return principal

    async def _once(
        self, request: Message, answer: type[A], principal: StaffPrincipal, effect: Callable[[Connection], A]
    ) -> A:
        done = self._calls.once.run(request, answer, scope=principal.staff_id, effect=effect)
        return await self._calls.callers.recorded(principal.staff_id, done)


def _check_brand(unit: ContentUnit, principal: StaffPrincipal, content_id: str) -> None:
    """Raises BrandHidden. What does not exist is left to who acts on it."""
    found = _text(unit, content_id)
    if found is not None:
        principal.check_brand(found.brand, content_id)


def _text(unit: ContentUnit, content_id: str) -> Document | Article | None:
    return unit.document(content_id) if ids.is_id(content_id, ids.DOCUMENT) else unit.article(content_id)


def _content_id(text: str) -> str:
    if ids.is_id(text, ids.DOCUMENT) or ids.is_id(text, ids.ARTICLE):
        return text
    raise FieldInvalid("content_id", "must be `doc_` or `ann_` and a ULID")


def _word(field: str, text: str, kind: type[E]) -> E:
    try:
        return kind(text)
    except ValueError:
        raise FieldInvalid(field, f"must be one of {', '.join(kind)}") from None


def _decode(text: bootstrap_pb2.LocalizedText) -> Text:
    return Text(zh=text.zh, en=text.en)


def _encode(found: Document | Article, *, body: bool = False) -> pb.Content:
    is_document = isinstance(found, Document)
    effective_at = found.effective_at if isinstance(found, Document) else None
    return pb.Content(
        content_id=found.document_id if isinstance(found, Document) else found.article_id,
        brand=found.brand,
        kind=found.kind.value,
        version=found.version if isinstance(found, Document) else 0,
        title=bootstrap_pb2.LocalizedText(zh=found.title.zh, en=found.title.en),
        body=bootstrap_pb2.LocalizedText(zh=found.body.zh, en=found.body.en) if body else None,
        video_url="" if is_document else getattr(found, "video_url", ""),
        state=found.state.value,
        updated_at=timestamp(found.updated_at),
        published_at=timestamp(found.published_at) if found.published_at else None,
        effective_at=timestamp(effective_at) if effective_at else None,
    )
