"""The calls of accounts over a gRPC channel."""

from collections.abc import Iterator
from typing import Any, Final, Protocol

import grpc
from google.protobuf.message import Message

from cosign.api.v1 import (
    account_device_pb2_grpc,
    account_pb2_grpc,
    appeal_pb2_grpc,
    certificate_login_pb2_grpc,
    code_pb2_grpc,
    computer_login_pb2_grpc,
    identity_change_pb2_grpc,
    identity_link_pb2_grpc,
    identity_pb2_grpc,
    linked_login_pb2_grpc,
    login_pb2_grpc,
    manual_identity_pb2_grpc,
    message_pb2_grpc,
    number_change_pb2_grpc,
    operation_log_pb2_grpc,
    session_pb2_grpc,
)
from cosign.client.phone.decoding import decode_error
from cosign.client.phone.sending import DEADLINE_SECONDS, Metadata
from cosign.client.phone.sending import call as send

PACKAGE: Final = "/cosign.api.v1."
STREAM_SECONDS: Final = 360.0
"""Longest stream; servers end theirs after 300."""


class AccountConnection(Protocol):
    """Everything a phone asks about accounts. Raises `Unreachable` and `Rejected`, nothing else."""

    def call(self, service: str, method: str, request: Message, bearer: str = "", *, language: str = "") -> Any:
        """The response of one call, for example of `LoginService` and `LoginSms`; texts in `language` or Chinese."""
        ...

    def stream(
        self, service: str, method: str, request: Message, bearer: str = "", *, language: str = ""
    ) -> Iterator[Any]:
        """The responses of one call with many, until the server ends it. Closing the iterator ends the call."""
        ...


class GrpcAccounts:
    """`AccountConnection` over a gRPC channel that somebody else closes."""

    def __init__(self, channel: grpc.Channel, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline_seconds
        # The generated stubs carry no types.
        self._stubs: dict[str, Any] = {
            "CodeService": code_pb2_grpc.CodeServiceStub(channel),  # type: ignore[no-untyped-call]
            "LoginService": login_pb2_grpc.LoginServiceStub(channel),  # type: ignore[no-untyped-call]
            "CertificateLoginService": certificate_login_pb2_grpc.CertificateLoginServiceStub(channel),  # type: ignore[no-untyped-call]
            "LinkedLoginService": linked_login_pb2_grpc.LinkedLoginServiceStub(channel),  # type: ignore[no-untyped-call]
            "SessionService": session_pb2_grpc.SessionServiceStub(channel),  # type: ignore[no-untyped-call]
            "AccountService": account_pb2_grpc.AccountServiceStub(channel),  # type: ignore[no-untyped-call]
            "AccountDeviceService": account_device_pb2_grpc.AccountDeviceServiceStub(channel),  # type: ignore[no-untyped-call]
            "IdentityService": identity_pb2_grpc.IdentityServiceStub(channel),  # type: ignore[no-untyped-call]
            "ManualIdentityService": manual_identity_pb2_grpc.ManualIdentityServiceStub(channel),  # type: ignore[no-untyped-call]
            "IdentityChangeService": identity_change_pb2_grpc.IdentityChangeServiceStub(channel),  # type: ignore[no-untyped-call]
            "IdentityLinkService": identity_link_pb2_grpc.IdentityLinkServiceStub(channel),  # type: ignore[no-untyped-call]
            "MessageService": message_pb2_grpc.MessageServiceStub(channel),  # type: ignore[no-untyped-call]
            "ComputerLoginService": computer_login_pb2_grpc.ComputerLoginServiceStub(channel),  # type: ignore[no-untyped-call]
            "NumberChangeService": number_change_pb2_grpc.NumberChangeServiceStub(channel),  # type: ignore[no-untyped-call]
            "OperationLogService": operation_log_pb2_grpc.OperationLogServiceStub(channel),  # type: ignore[no-untyped-call]
            "AppealService": appeal_pb2_grpc.AppealServiceStub(channel),  # type: ignore[no-untyped-call]
        }

    def call(self, service: str, method: str, request: Message, bearer: str = "", *, language: str = "") -> Any:
        rpc = getattr(self._stubs[service], method)
        return send(rpc, request, _metadata(bearer, language), seconds=self._deadline)

    def stream(
        self, service: str, method: str, request: Message, bearer: str = "", *, language: str = ""
    ) -> Iterator[Any]:
        call = getattr(self._stubs[service], method)(
            request, timeout=STREAM_SECONDS, metadata=_metadata(bearer, language)
        )
        try:
            yield from call
        except grpc.RpcError as error:
            raise decode_error(error) from None
        finally:
            call.cancel()


def _metadata(bearer: str, language: str) -> Metadata:
    given = {"authorization": f"Bearer {bearer}" if bearer else "", "accept-language": language}
    return tuple((name, value) for name, value in given.items() if value)
