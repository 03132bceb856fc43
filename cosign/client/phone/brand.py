"""What an app learns of its brand, and what its user accepts: BootstrapService and ContentService.

brand = phone.brand("net", platform="android", version="2.3.1")
brand.config().login_methods
brand.accept(one.document_id for one in brand.missing("login"))
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import grpc
from google.protobuf import timestamp_pb2

from cosign.api.v1 import bootstrap_pb2, bootstrap_pb2_grpc, content_pb2, content_pb2_grpc
from cosign.client.phone.errors import InputRefused, ServerNotTrusted
from cosign.client.phone.sending import call
from protocol import statements
from protocol.errors import ProtocolError

DocumentRef = bootstrap_pb2.DocumentRef
"""A version of a document, without its text."""
LocalizedText = bootstrap_pb2.LocalizedText
"""One text in both languages."""
_PAGE: Final = 200


class BrandClient:
    """One brand on one platform. Raises `Rejected` and `Unreachable` where nothing else is said."""

    def __init__(
        self,
        channel: grpc.Channel,
        *,
        brand: str,
        platform: str,
        version: str = "",
        identity_public_key: bytes,
        bearer: Callable[[], str],
    ) -> None:
        """Uses a channel, which it does not close.

        Args:
            channel: To the server.
            brand: The app's brand.
            platform: `android`, `ios`, `harmonyos` or `mini_program`.
            version: Of the app; empty states none.
            identity_public_key: That the phone pinned, 33 bytes.
            bearer: Gives the token of a session when a call needs one.
        """
        # The generated stubs carry no types.
        self._bootstrap: Any = bootstrap_pb2_grpc.BootstrapServiceStub(channel)  # type: ignore[no-untyped-call]
        self._content: Any = content_pb2_grpc.ContentServiceStub(channel)  # type: ignore[no-untyped-call]
        self.brand = brand
        self.platform = platform
        self._metadata = [("x-client-version", f"{brand}/{platform}/{version}")] if version else []
        self._identity_public_key = identity_public_key
        self._bearer = bearer
        self._known: bootstrap_pb2.GetConfigResponse | None = None

    # --- configuration ---

    def config(self) -> bootstrap_pb2.BrandConfig:
        """The configuration; fetched again only when it has changed."""
        etag = self._known.etag if self._known is not None else ""
        request = bootstrap_pb2.GetConfigRequest(brand=self.brand, platform=self.platform, etag=etag)
        answer: bootstrap_pb2.GetConfigResponse = self._call(self._bootstrap.GetConfig, request)
        if self._known is None or not answer.not_modified:
            self._known = answer
        return self._known.config

    def check_version(self, app_version: str, os_version: str) -> bootstrap_pb2.CheckVersionResponse:
        """Whether a newer app exists, and whether this one may go on."""
        request = bootstrap_pb2.CheckVersionRequest(
            brand=self.brand, platform=self.platform, app_version=app_version, os_version=os_version
        )
        answer: bootstrap_pb2.CheckVersionResponse = self._call(self._bootstrap.CheckVersion, request)
        return answer

    def environment(self, code: str) -> bootstrap_pb2.ResolveEnvironmentResponse:
        """The environment behind a scanned code, signed by the server that the phone trusts (R-ACC-14).

        Raises:
            ServerNotTrusted: The signature is not of the pinned identity key.
            InputRefused: The environment belongs to another brand.
        """
        request = bootstrap_pb2.ResolveEnvironmentRequest(code=code)
        answer: bootstrap_pb2.ResolveEnvironmentResponse = self._call(self._bootstrap.ResolveEnvironment, request)
        texts = (answer.environment_id, answer.brand, answer.name, answer.endpoint)
        fields = [*(text.encode() for text in texts), _milliseconds(answer.expires_at).to_bytes(8, "big")]
        try:
            statements.verify(self._identity_public_key, statements.ENVIRONMENT, fields, answer.signature)
        except ProtocolError:
            raise ServerNotTrusted("the descriptor of the environment is not signed by this server") from None
        if answer.brand != self.brand:
            raise InputRefused(f"the environment belongs to the brand {answer.brand}")
        return answer

    def region(self, code: str) -> bootstrap_pb2.ResolveRegionResponse:
        """The defaults of a place, by its code of GB/T 2260 (R-ACC-31)."""
        request = bootstrap_pb2.ResolveRegionRequest(brand=self.brand, region_code=code)
        answer: bootstrap_pb2.ResolveRegionResponse = self._call(self._bootstrap.ResolveRegion, request)
        return answer

    # --- texts ---

    def versions(self, kind: str) -> Iterator[bootstrap_pb2.DocumentRef]:
        """All published versions of one kind of document, newest first."""
        token = ""
        while True:
            request = content_pb2.ListDocumentVersionsRequest(
                brand=self.brand, kind=kind, page_size=_PAGE, page_token=token
            )
            answer: content_pb2.ListDocumentVersionsResponse = self._call(self._content.ListDocumentVersions, request)
            yield from answer.documents
            if not (token := answer.next_page_token):
                return

    def document(self, document_id: str) -> content_pb2.GetDocumentResponse:
        """One version with its text."""
        request = content_pb2.GetDocumentRequest(document_id=document_id)
        answer: content_pb2.GetDocumentResponse = self._call(self._content.GetDocument, request)
        return answer

    def articles(self, kind: str, keyword: str = "") -> Iterator[content_pb2.Article]:
        """Published articles of a kind whose title holds `keyword`, newest first."""
        token = ""
        while True:
            request = content_pb2.ListArticlesRequest(
                brand=self.brand, kind=kind, keyword=keyword, page_size=_PAGE, page_token=token
            )
            answer: content_pb2.ListArticlesResponse = self._call(self._content.ListArticles, request)
            yield from answer.articles
            if not (token := answer.next_page_token):
                return

    def article(self, article_id: str) -> content_pb2.GetArticleResponse:
        """One article with its text."""
        request = content_pb2.GetArticleRequest(article_id=article_id)
        answer: content_pb2.GetArticleResponse = self._call(self._content.GetArticle, request)
        return answer

    # --- consents, with a session ---

    def missing(self, operation: str) -> list[bootstrap_pb2.DocumentRef]:
        """What the user must still accept before an operation."""
        request = content_pb2.ListMissingConsentsRequest(operation=operation)
        answer: content_pb2.ListMissingConsentsResponse = self._call_as_user(self._content.ListMissingConsents, request)
        return list(answer.documents)

    def accept(self, document_ids: Iterable[str]) -> list[content_pb2.Consent]:
        """Records that the user accepts documents on this device; returns what is new."""
        request = content_pb2.AcceptDocumentsRequest(request_id=str(uuid.uuid4()), document_ids=document_ids)
        answer: content_pb2.AcceptDocumentsResponse = self._call_as_user(self._content.AcceptDocuments, request)
        return list(answer.consents)

    def accepted(self) -> Iterator[content_pb2.Consent]:
        """Everything the user has accepted, latest document first."""
        token = ""
        while True:
            request = content_pb2.ListConsentsRequest(page_size=_PAGE, page_token=token)
            answer: content_pb2.ListConsentsResponse = self._call_as_user(self._content.ListConsents, request)
            yield from answer.consents
            if not (token := answer.next_page_token):
                return

    def _call_as_user(self, rpc: Any, request: object) -> Any:
        return self._call(rpc, request, ("authorization", f"Bearer {self._bearer()}"))

    def _call(self, rpc: Any, request: object, *more: tuple[str, str]) -> Any:
        return call(rpc, request, (*self._metadata, *more))


def _milliseconds(moment: timestamp_pb2.Timestamp) -> int:
    milliseconds = moment.ToMilliseconds()
    if not 0 <= milliseconds < 1 << 64:
        raise ServerNotTrusted("the descriptor of the environment states an impossible time")
    return milliseconds
