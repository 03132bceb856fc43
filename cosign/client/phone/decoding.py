"""From the status of a failed gRPC call to the faults of the phone."""

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from cosign.client.phone.errors import Rejected, Unreachable


def decode_error(error: grpc.RpcError) -> Rejected | Unreachable:
    """Turns a gRPC failure into `Rejected` when the service itself answered, else into `Unreachable`."""
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
        return Unreachable(f"{error.code().name}: {error.details()}")
    return Rejected(
        code=error.code().name,
        server_reason=info.reason,
        message=error.details() or "",
        chinese=text.message if text.locale.startswith("zh") else "",
        metadata=info.metadata,
        retry_after_ms=retry.retry_delay.ToMilliseconds(),
    )
