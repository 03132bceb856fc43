"""ContentService: decode, call, encode. Faults pass through; the call guard turns them into statuses."""

import enum
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine

from cosign import ids, validation
from cosign.api.v1 import content_pb2 as pb
from cosign.api.v1 import content_pb2_grpc as rpc
from cosign.audit.operation_log import OperationKind, OperationUnit, record_operation
from cosign.blocking import BlockingPool
from cosign.brands import Brands, DocumentKind, Operation
from cosign.call_context import AccountCaller, CallContext
from cosign.clock import Clock
from cosign.content.model import MAX_KEYWORD, ArticleKind, ContentState
from cosign.content.ports import ContentUnit
from cosign.content.servicer.messages import encode_article, encode_consent, encode_document, encode_text
from cosign.content.usecases.articles import published_article
from cosign.content.usecases.consents import MAX_ACCEPTED, missing_documents, record_consents
from cosign.content.usecases.documents import published_document
from cosign.errors import BrandUnknown, FieldInvalid
from cosign.paging import Pager, PageScope, page_size
from cosign.request_once import RequestOnce
from cosign.store.unit_of_work import reading

E = TypeVar("E", bound=enum.StrEnum)


class Reader(AccountCaller, Protocol):
    """Whose session a call carries, and of which brand."""

    @property
    def brand(self) -> str: ...


class ContentServicer(rpc.ContentServiceServicer):
    """Documents and articles for everybody, consents for users."""

    def __init__(
        self,
        *,
        engine: Engine,
        unit: Callable[[Connection], ContentUnit],
        brands: Brands,
        clock: Clock,
        blocking: BlockingPool,
        reader: Callable[[CallContext], Awaitable[Reader]],
        limit_guest: Callable[[CallContext], None],
        pager: Pager,
        once: RequestOnce,
        operations: Callable[[Connection], OperationUnit],
    ) -> None:
        self._engine = engine
        self._unit = unit
        self._brands = brands
        self._clock = clock
        self._blocking = blocking
        self._reader = reader
        self._limit_guest = limit_guest
        self._pager = pager
        self._once = once
        self._operations = operations

    # --- for everybody ---

    async def ListDocumentVersions(
        self, request: pb.ListDocumentVersionsRequest, context: CallContext
    ) -> pb.ListDocumentVersionsResponse:
        """See the proto."""
        self._limit_guest(context)
        brand, kind = self._brand(request.brand), _word("kind", request.kind, DocumentKind)
        size = page_size(request.page_size)
        scope = PageScope("ListDocumentVersions", "", f"{brand}/{kind}")
        below = int(self._pager.cursor(scope, request.page_token) or 0)

        def read() -> pb.ListDocumentVersionsResponse:
            with reading(self._engine) as connection:
                page = self._unit(connection).versions(
                    brand, kind, state=ContentState.PUBLISHED, below=below, limit=size
                )
            return pb.ListDocumentVersionsResponse(
                documents=[encode_document(document) for document in page.documents],
                next_page_token=self._pager.token(scope, page.cursor),
            )

        return await self._blocking.run(read)

    async def GetDocument(self, request: pb.GetDocumentRequest, context: CallContext) -> pb.GetDocumentResponse:
        """See the proto."""
        self._limit_guest(context)
        document_id = validation.identifier("document_id", request.document_id, ids.DOCUMENT)

        def read() -> pb.GetDocumentResponse:
            with reading(self._engine) as connection:
                document = published_document(self._unit(connection), document_id)
            return pb.GetDocumentResponse(document=encode_document(document), body=encode_text(document.body))

        return await self._blocking.run(read)

    async def ListArticles(self, request: pb.ListArticlesRequest, context: CallContext) -> pb.ListArticlesResponse:
        """See the proto."""
        self._limit_guest(context)
        brand, kind = self._brand(request.brand), _word("kind", request.kind, ArticleKind)
        size, keyword = page_size(request.page_size), request.keyword.strip()
        if len(keyword) > MAX_KEYWORD or "\x00" in keyword:
            raise FieldInvalid("keyword", f"must have at most {MAX_KEYWORD} characters")
        scope = PageScope("ListArticles", "", f"{brand}/{kind}/{keyword}")
        before = self._pager.cursor(scope, request.page_token)

        def read() -> pb.ListArticlesResponse:
            with reading(self._engine) as connection:
                page = self._unit(connection).articles(
                    brand, kind, state=ContentState.PUBLISHED, keyword=keyword, before=before, limit=size
                )
            return pb.ListArticlesResponse(
                articles=[encode_article(article) for article in page.articles],
                next_page_token=self._pager.token(scope, page.cursor),
            )

        return await self._blocking.run(read)

    async def GetArticle(self, request: pb.GetArticleRequest, context: CallContext) -> pb.GetArticleResponse:
        """See the proto."""
        self._limit_guest(context)
        article_id = validation.identifier("article_id", request.article_id, ids.ARTICLE)

        def read() -> pb.GetArticleResponse:
            with reading(self._engine) as connection:
                article = published_article(self._unit(connection), article_id)
            return pb.GetArticleResponse(
                article=encode_article(article),
                body=encode_text(article.body),
                attachments=[pb.Attachment(name=one.name, url=one.url) for one in article.attachments],
            )

        return await self._blocking.run(read)

    # --- for users ---

    async def ListMissingConsents(
        self, request: pb.ListMissingConsentsRequest, context: CallContext
    ) -> pb.ListMissingConsentsResponse:
        """See the proto."""
        reader = await self._reader(context)
        operation = _word("operation", request.operation, Operation)

        def read() -> pb.ListMissingConsentsResponse:
            policy = self._brands.policy(reader.brand)
            with reading(self._engine) as connection:
                missing = missing_documents(
                    self._unit(connection),
                    account_id=reader.account_id,
                    brand=reader.brand,
                    policy=policy,
                    operation=operation,
                    clock=self._clock,
                )
            return pb.ListMissingConsentsResponse(documents=[encode_document(document) for document in missing])

        return await self._blocking.run(read)

    async def AcceptDocuments(
        self, request: pb.AcceptDocumentsRequest, context: CallContext
    ) -> pb.AcceptDocumentsResponse:
        """See the proto."""
        reader = await self._reader(context)
        wanted = [validation.identifier("document_ids", one, ids.DOCUMENT) for one in request.document_ids]
        if not 1 <= len(wanted) <= MAX_ACCEPTED:
            raise FieldInvalid("document_ids", f"must be 1 to {MAX_ACCEPTED} ids")

        def effect(connection: Connection) -> pb.AcceptDocumentsResponse:
            new = record_consents(
                self._unit(connection),
                account_id=reader.account_id,
                device_id=reader.device_id,
                brand=reader.brand,
                accepted=wanted,
                clock=self._clock,
            )
            if new:
                versions = {one.document.kind.value: str(one.document.version) for one in new}
                record_operation(
                    self._operations(connection),
                    account_id=reader.account_id,
                    device_id=reader.device_id,
                    kind=OperationKind.CONSENT_GIVEN,
                    object_id=new[0].document.document_id,
                    content=versions,
                )
            return pb.AcceptDocumentsResponse(consents=[encode_consent(one) for one in new])

        return await self._once.run(request, pb.AcceptDocumentsResponse, scope=reader.device_id, effect=effect)

    async def ListConsents(self, request: pb.ListConsentsRequest, context: CallContext) -> pb.ListConsentsResponse:
        """See the proto."""
        reader = await self._reader(context)
        size = page_size(request.page_size)
        scope = PageScope("ListConsents", reader.account_id, "")
        before = self._pager.cursor(scope, request.page_token)

        def read() -> pb.ListConsentsResponse:
            with reading(self._engine) as connection:
                page = self._unit(connection).consents(reader.account_id, before=before, limit=size)
            return pb.ListConsentsResponse(
                consents=[encode_consent(one) for one in page.consents],
                next_page_token=self._pager.token(scope, page.cursor),
            )

        return await self._blocking.run(read)

    def _brand(self, brand: str) -> str:
        if brand not in self._brands.names():
            raise BrandUnknown("no such brand here")
        return brand


def _word(field: str, text: str, words: type[E]) -> E:
    try:
        return words(text)
    except ValueError:
        raise FieldInvalid(field, f"must be one of {', '.join(words)}") from None
