"""What editors do: drafts, publications, withdrawals of texts."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

from cosign.api.v1 import bootstrap_pb2
from cosign.api.v1 import content_admin_pb2 as pb
from cosign.client.staff.channel import StaffChannel

_SERVICE: Final = "ContentAdminService"
Texts = tuple[str, str]
"""Chinese and English."""


class Contents:
    """Documents and articles of a brand."""

    def __init__(self, channel: StaffChannel) -> None:
        self._channel = channel

    def draft(self, brand: str, kind: str, *, title: Texts, body: Texts, video_url: str = "") -> pb.Content:
        """Stores a draft."""
        request = pb.DraftContentRequest(
            request_id=_new(), brand=brand, kind=kind, title=_text(title), body=_text(body), video_url=video_url
        )
        answer: pb.DraftContentResponse = self._call("DraftContent", request)
        return answer.content

    def edit(self, content_id: str, *, title: Texts, body: Texts) -> pb.Content:
        """Replaces the texts of a draft of a document."""
        request = pb.EditContentRequest(request_id=_new(), content_id=content_id, title=_text(title), body=_text(body))
        answer: pb.EditContentResponse = self._call("EditContent", request)
        return answer.content

    def publish(self, content_id: str) -> pb.Content:
        """Publishes a draft; in force at once."""
        answer: pb.PublishContentResponse = self._call(
            "PublishContent", pb.PublishContentRequest(request_id=_new(), content_id=content_id)
        )
        return answer.content

    def withdraw(self, content_id: str) -> pb.Content:
        """Withdraws a text."""
        answer: pb.WithdrawContentResponse = self._call(
            "WithdrawContent", pb.WithdrawContentRequest(request_id=_new(), content_id=content_id)
        )
        return answer.content

    def all(self, brand: str, kind: str, *, state: str = "") -> Iterator[pb.Content]:
        """Texts of one kind, newest first, without bodies."""
        token = ""
        while True:
            request = pb.ListContentRequest(brand=brand, kind=kind, state=state, page_token=token)
            page: pb.ListContentResponse = self._call("ListContent", request)
            yield from page.contents
            token = page.next_page_token
            if not token:
                return

    def get(self, content_id: str) -> pb.Content:
        """One text with its body."""
        answer: pb.GetContentResponse = self._call("GetContent", pb.GetContentRequest(content_id=content_id))
        return answer.content

    def _call(self, method: str, request: Any) -> Any:
        return self._channel.call(_SERVICE, method, request)


def _text(texts: Texts) -> bootstrap_pb2.LocalizedText:
    return bootstrap_pb2.LocalizedText(zh=texts[0], en=texts[1])


def _new() -> str:
    return str(uuid.uuid4())
