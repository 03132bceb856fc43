"""UploadService: decode, call, encode. Bytes of an upload come as an asynchronous stream of messages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Protocol

from sqlalchemy import Engine

from cosign import ids, validation
from cosign.api.v1 import upload_pb2 as pb
from cosign.api.v1 import upload_pb2_grpc as rpc
from cosign.blocking import BlockingPool
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.paging import Pager, PageScope, page_size
from cosign.store.idempotency import RequestKey
from cosign.store.unit_of_work import reading, writing
from cosign.timestamps import timestamp
from cosign.uploads.intake import Announced, Intake, OpenUpload
from cosign.uploads.links import Links
from cosign.uploads.model import RULES, Upload, UploadPurpose
from cosign.uploads.repository import UploadRows

MAX_DATA: Final = 60 * 1024
"""Bytes in one message."""
_METHOD: Final = "/cosign.api.v1.UploadService/CreateUpload"
_PURPOSES: Final = {
    UploadPurpose.AVATAR: pb.UPLOAD_PURPOSE_AVATAR,
    UploadPurpose.IDENTITY: pb.UPLOAD_PURPOSE_IDENTITY,
    UploadPurpose.VIDEO: pb.UPLOAD_PURPOSE_VIDEO,
    UploadPurpose.DOCUMENT: pb.UPLOAD_PURPOSE_DOCUMENT,
}
_BY_NUMBER: Final = {number: purpose for purpose, number in _PURPOSES.items()}


class Owner(Protocol):
    """Who calls."""

    @property
    def account_id(self) -> str: ...


class UploadServicer(rpc.UploadServiceServicer):
    """Uploads of the calling account."""

    def __init__(
        self,
        *,
        engine: Engine,
        intake: Intake,
        links: Links,
        clock: Clock,
        blocking: BlockingPool,
        owner: Callable[[CallContext], Awaitable[Owner]],
        pager: Pager,
    ) -> None:
        """`owner` finds the account whose session a call carries."""
        self._engine = engine
        self._intake = intake
        self._links = links
        self._clock = clock
        self._blocking = blocking
        self._owner = owner
        self._pager = pager

    async def CreateUpload(
        self, requests: AsyncIterator[pb.CreateUploadRequest], context: CallContext
    ) -> pb.CreateUploadResponse:
        """See the proto."""
        owner = await self._owner(context)
        first = await anext(requests, None)
        if first is None or first.WhichOneof("part") != "announcement":
            raise FieldInvalid("announcement", "must come first")
        announced = _announced(first.announcement, owner.account_id)
        upload = await self._blocking.run(self._intake.begin, announced)
        try:
            return pb.CreateUploadResponse(upload=_encode(await self._received(upload, requests)))
        except BaseException:
            await self._blocking.run(upload.abort)
            raise

    async def _received(self, upload: OpenUpload, requests: AsyncIterator[pb.CreateUploadRequest]) -> Upload:
        async for request in requests:
            if request.WhichOneof("part") != "data" or not 1 <= len(request.data) <= MAX_DATA:
                raise FieldInvalid("data", f"must be 1 to {MAX_DATA} bytes")
            await self._blocking.run(upload.write, request.data)
        return await self._blocking.run(upload.finish)

    async def GetUpload(self, request: pb.GetUploadRequest, context: CallContext) -> pb.GetUploadResponse:
        """See the proto."""
        owner = await self._owner(context)
        upload_id = validation.identifier("upload_id", request.upload_id, ids.UPLOAD)
        return pb.GetUploadResponse(upload=_encode(await self._blocking.run(self._get, upload_id, owner.account_id)))

    async def ListUploads(self, request: pb.ListUploadsRequest, context: CallContext) -> pb.ListUploadsResponse:
        """See the proto."""
        owner = await self._owner(context)
        size = page_size(request.page_size)
        scope = PageScope("ListUploads", owner.account_id, "")
        before = self._pager.cursor(scope, request.page_token)
        uploads, cursor = await self._blocking.run(self._list, owner.account_id, before, size)
        return pb.ListUploadsResponse(
            uploads=[_encode(one) for one in uploads], next_page_token=self._pager.token(scope, cursor)
        )

    async def CreateDownloadLink(
        self, request: pb.CreateDownloadLinkRequest, context: CallContext
    ) -> pb.CreateDownloadLinkResponse:
        """See the proto."""
        owner = await self._owner(context)
        upload_id = validation.identifier("upload_id", request.upload_id, ids.UPLOAD)
        await self._blocking.run(self._get, upload_id, owner.account_id)
        link = self._links.make(upload_id)
        return pb.CreateDownloadLinkResponse(url=link.url, expires_at=link.expires_at)

    async def DeleteUpload(self, request: pb.DeleteUploadRequest, context: CallContext) -> pb.DeleteUploadResponse:
        """See the proto."""
        owner = await self._owner(context)
        upload_id = validation.identifier("upload_id", request.upload_id, ids.UPLOAD)
        await self._blocking.run(self._delete, upload_id, owner.account_id)
        return pb.DeleteUploadResponse()

    def _get(self, upload_id: str, owner_id: str) -> Upload:
        with reading(self._engine) as connection:
            return UploadRows(connection).get(upload_id, owner_id=owner_id)

    def _list(self, owner_id: str, before: str, size: int) -> tuple[list[Upload], str]:
        with reading(self._engine) as connection:
            return UploadRows(connection).page(owner_id, before=before, limit=size)

    def _delete(self, upload_id: str, owner_id: str) -> None:
        with writing(self._engine) as connection:
            UploadRows(connection).delete_unclaimed(upload_id, owner_id=owner_id)


def _announced(announcement: pb.UploadAnnouncement, owner_id: str) -> Announced:
    request_id = validation.uuid_text("announcement.request_id", announcement.request_id)
    purpose = _BY_NUMBER.get(announcement.purpose)
    if purpose is None:
        raise FieldInvalid("announcement.purpose", "must be set")
    if announcement.size < 1:
        raise FieldInvalid("announcement.size", f"must be 1 to {RULES[purpose].max_bytes}")
    key = RequestKey(owner_id, _METHOD, request_id)
    return Announced(key=key, owner_id=owner_id, purpose=purpose, size=announcement.size)


def _encode(upload: Upload) -> pb.Upload:
    return pb.Upload(
        upload_id=upload.upload_id,
        purpose=_PURPOSES[upload.purpose],
        media_type=upload.media_type.value,
        size=upload.size,
        created_at=timestamp(upload.created_at),
        keep_until=timestamp(upload.keep_until),
    )
