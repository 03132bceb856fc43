"""Calls of the staff services over a gRPC channel."""

from typing import Any, Final

import grpc
from google.protobuf.message import Message

from cosign.api.v1 import (
    content_admin_pb2_grpc,
    lookup_pb2_grpc,
    proposal_pb2_grpc,
    review_pb2_grpc,
    review_reason_pb2_grpc,
    staff_login_pb2_grpc,
    staff_pb2_grpc,
)
from cosign.client.phone.sending import call as send

_STUBS: Final[dict[str, Any]] = {
    "StaffLoginService": staff_login_pb2_grpc.StaffLoginServiceStub,
    "StaffService": staff_pb2_grpc.StaffServiceStub,
    "ProposalService": proposal_pb2_grpc.ProposalServiceStub,
    "LookupService": lookup_pb2_grpc.LookupServiceStub,
    "ContentAdminService": content_admin_pb2_grpc.ContentAdminServiceStub,
    "ReviewService": review_pb2_grpc.ReviewServiceStub,
    "ReviewReasonService": review_reason_pb2_grpc.ReviewReasonServiceStub,
}
"""A service of the staff listener has one line here."""


class StaffChannel:
    """One channel and the bearer of a session."""

    def __init__(self, channel: grpc.Channel, *, bearer: str = "", language: str = "") -> None:
        self._channel = channel
        self._stubs: dict[str, Any] = {}
        self.bearer = bearer
        self._language = language

    def call(self, service: str, method: str, request: Message) -> Any:
        """The response of one call.

        Raises:
            Rejected: The server refused it.
            Unreachable: No answer.
        """
        stub = self._stubs.get(service)
        if stub is None:
            stub = self._stubs[service] = _STUBS[service](self._channel)
        given = {"authorization": f"Bearer {self.bearer}" if self.bearer else "", "accept-language": self._language}
        metadata = tuple((name, value) for name, value in given.items() if value)
        return send(getattr(stub, method), request, metadata)

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()
