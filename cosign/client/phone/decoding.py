"""From the status of a failed gRPC call to the faults of the phone."""

from typing import Final

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from cosign.client.phone.errors import Rejected, Unreachable

_BROKEN: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
_OWN_WORDS: Final = frozenset({"Locally cancelled by application!", "Channel closed!"})
"""What gRPC says when this program ended the call; every other CANCELLED came from the server or a proxy."""


def decode_error(error: grpc.RpcError) -> Rejected | Unreachable:
    """Turns a gRPC failure into `Rejected` when the service itself answered, else into `Unreachable`.

    A server that stops ends calls it has not looked at with CANCELLED, also before anybody has read them.
    """
    if not isinstance(error, grpc.Call):
        return Unreachable()
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    text = error_details_pb2.LocalizedMessage()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details if status else ():
        for target in (info, text, retry):
            if detail.Is(target.DESCRIPTOR):
                detail.Unpack(target)
    if not info.reason:
        code, details = error.code(), error.details()
        return Unreachable(f"{code.name}: {details}", broken=code in _BROKEN and details not in _OWN_WORDS)
    return Rejected(
        code=error.code().name,
        server_reason=info.reason,
        message=error.details() or "",
        chinese=text.message if text.locale.startswith("zh") else "",
        metadata=info.metadata,
        retry_after_ms=retry.retry_delay.ToMilliseconds(),
    )
