"""Uploads of an account: send, list, read and remove them (UploadService).

uploads = Uploads(channel, session.bearer, ca=pem)
upload = uploads.send(photo, upload_pb2.UPLOAD_PURPOSE_IDENTITY)
content = uploads.read(upload.upload_id)
"""

import ssl
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

import grpc

from cosign.api.v1 import upload_pb2 as pb
from cosign.api.v1 import upload_pb2_grpc
from cosign.client.phone.errors import InputRefused, Unreachable
from cosign.client.phone.sending import call

PIECE: Final = 48 * 1024
"""Bytes of one message."""
DEADLINE_SECONDS: Final = 120.0


class Uploads:
    """Calls of one account over a channel that it does not close."""

    def __init__(self, channel: grpc.Channel, bearer: Callable[[], str], *, ca: bytes | None = None) -> None:
        """`bearer` gives the token of a session; `ca` are PEM certificates to trust for links."""
        self._stub: Any = upload_pb2_grpc.UploadServiceStub(channel)  # type: ignore[no-untyped-call]
        self._bearer = bearer
        self._ca = ca

    def send(self, content: bytes, purpose: "pb.UploadPurpose", *, request_id: str = "") -> pb.Upload:
        """Uploads a content. After a lost answer, the same `request_id` gives the same upload.

        Raises:
            Rejected: The server does not take it; `server_reason` says why.
            Unreachable: No answer.
        """
        announcement = pb.UploadAnnouncement(
            request_id=request_id or str(uuid.uuid4()), purpose=purpose, size=len(content)
        )

        def messages() -> Iterator[pb.CreateUploadRequest]:
            yield pb.CreateUploadRequest(announcement=announcement)
            for start in range(0, len(content), PIECE):
                yield pb.CreateUploadRequest(data=content[start : start + PIECE])

        answer: pb.CreateUploadResponse = self._call(self._stub.CreateUpload, messages())
        return answer.upload

    def get(self, upload_id: str) -> pb.Upload:
        """One upload. Raises Rejected, Unreachable."""
        answer: pb.GetUploadResponse = self._call(self._stub.GetUpload, pb.GetUploadRequest(upload_id=upload_id))
        return answer.upload

    def all(self) -> Iterator[pb.Upload]:
        """Every upload, newest first. Raises Rejected, Unreachable."""
        token = ""
        while True:
            page: pb.ListUploadsResponse = self._call(self._stub.ListUploads, pb.ListUploadsRequest(page_token=token))
            yield from page.uploads
            token = page.next_page_token
            if not token:
                return

    def link(self, upload_id: str) -> str:
        """A URL by which whoever has it may read the upload for five minutes. Raises Rejected, Unreachable."""
        request = pb.CreateDownloadLinkRequest(upload_id=upload_id)
        answer: pb.CreateDownloadLinkResponse = self._call(self._stub.CreateDownloadLink, request)
        return answer.url

    def read(self, upload_id: str) -> bytes:
        """The content of an upload.

        Raises:
            Rejected: No such upload of this account.
            Unreachable: No answer, or it broke off.
            InputRefused: The server named a link that is neither https nor http.
        """
        url = self.link(upload_id)
        if not url.startswith(("https://", "http://")):
            raise InputRefused("the link of an upload is not a web address")
        context = ssl.create_default_context(cadata=self._ca.decode() if self._ca else None)
        try:
            # S310: the scheme was checked.
            with urllib.request.urlopen(url, timeout=DEADLINE_SECONDS, context=context) as answer:  # noqa: S310
                content: bytes = answer.read()
        except OSError as fault:
            raise Unreachable(f"the link cannot be read: {type(fault).__name__}") from None
        return content

    def delete(self, upload_id: str) -> None:
        """Removes an upload that no request has taken up. Raises Rejected, Unreachable."""
        self._call(self._stub.DeleteUpload, pb.DeleteUploadRequest(upload_id=upload_id))

    def _call(self, rpc: Any, request: object) -> Any:
        metadata = (("authorization", f"Bearer {self._bearer()}"),)
        return call(rpc, request, metadata, seconds=DEADLINE_SECONDS)
