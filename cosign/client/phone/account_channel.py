"""The calls of accounts over a gRPC channel."""

from typing import Any, Final, Protocol

import grpc
from google.protobuf.message import Message

from cosign.api.v1 import (
    account_device_pb2_grpc,
    account_pb2_grpc,
    appeal_pb2_grpc,
    code_pb2_grpc,
    login_pb2_grpc,
    message_pb2_grpc,
    operation_log_pb2_grpc,
    session_pb2_grpc,
)
from cosign.client.phone.channel import DEADLINE_SECONDS, resent
from cosign.client.phone.decoding import decode_error

PACKAGE: Final = "/cosign.api.v1."


class AccountConnection(Protocol):
    """Everything a phone asks about accounts. Raises `Unreachable` and `Rejected`, nothing else."""

    def call(self, service: str, method: str, request: Message, bearer: str = "", *, language: str = "") -> Any:
        """The response of one call, for example of `LoginService` and `LoginSms`; texts in `language` or Chinese."""
        ...


class GrpcAccounts:
    """`AccountConnection` over a gRPC channel that somebody else closes."""

    def __init__(self, channel: grpc.Channel, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline_seconds
        # The generated stubs carry no types.
        self._stubs: dict[str, Any] = {
            "CodeService": code_pb2_grpc.CodeServiceStub(channel),  # type: ignore[no-untyped-call]
            "LoginService": login_pb2_grpc.LoginServiceStub(channel),  # type: ignore[no-untyped-call]
            "SessionService": session_pb2_grpc.SessionServiceStub(channel),  # type: ignore[no-untyped-call]
            "AccountService": account_pb2_grpc.AccountServiceStub(channel),  # type: ignore[no-untyped-call]
            "AccountDeviceService": account_device_pb2_grpc.AccountDeviceServiceStub(channel),  # type: ignore[no-untyped-call]
            "MessageService": message_pb2_grpc.MessageServiceStub(channel),  # type: ignore[no-untyped-call]
            "OperationLogService": operation_log_pb2_grpc.OperationLogServiceStub(channel),  # type: ignore[no-untyped-call]
            "AppealService": appeal_pb2_grpc.AppealServiceStub(channel),  # type: ignore[no-untyped-call]
        }

    def call(self, service: str, method: str, request: Message, bearer: str = "", *, language: str = "") -> Any:
        rpc = getattr(self._stubs[service], method)
        given = {"authorization": f"Bearer {bearer}" if bearer else "", "accept-language": language}
        metadata = tuple((name, value) for name, value in given.items() if value)

        def send() -> Any:
            try:
                return rpc(request, timeout=self._deadline, metadata=metadata)
            except grpc.RpcError as error:
                raise decode_error(error) from None

        return resent(send)
