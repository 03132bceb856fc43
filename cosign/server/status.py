"""Turns an exception into a `google.rpc.Status` with the details of the error model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import grpc
from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import error_details_pb2, status_pb2

from cosign import errors
from cosign.call_context import prefers_english
from cosign.server.error_catalogue import DOMAIN, INTERNAL, entry_of
from cosign.server.error_entry import ErrorEntry
from hsm.ports import TokenUnavailable

DETAILS_KEY: Final = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What `context.abort` gets."""

    code: grpc.StatusCode
    message: str
    trailing_metadata: tuple[tuple[str, bytes], ...]
    reason: str


def to_refusal(error: Exception, accept_language: str = "", request_id: str = "") -> Refusal:
    """Returns what to tell the peer about `error`.

    A bug is INTERNAL without its text: an exception message may hold what the peer must not see. Faults of
    ours carry their English detail, which their classes keep free of secrets; exceptions of the core carry the
    text of the catalogue only.
    """
    entry = entry_of(error)
    ours = isinstance(error, errors.CosignFault) and not isinstance(error, errors.OperatorFault)
    text = str(error) if ours and entry is not INTERNAL and not isinstance(error, errors.OutageFault) else entry.en
    status = status_pb2.Status(code=entry.code.value[0], message=text)
    for detail in _details(entry, error, accept_language, request_id):
        status.details.append(_packed(detail))
    return Refusal(entry.code, text, ((DETAILS_KEY, status.SerializeToString()),), entry.reason)


def _details(entry: ErrorEntry, error: Exception, accept_language: str, request_id: str) -> Sequence[message.Message]:
    english = prefers_english(accept_language)
    metadata: dict[str, str] = {}
    details: list[message.Message] = []
    if isinstance(error, errors.CosignFault):
        metadata |= error.metadata
        if isinstance(error, errors.FieldInvalid):
            violation = error_details_pb2.BadRequest.FieldViolation(
                field=error.field, description=error.problem, reason=entry.reason
            )
            details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if isinstance(error, errors.CosignFault | TokenUnavailable) and error.retry_after_ms > 0:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(error.retry_after_ms)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if request_id:
        metadata["request_id"] = request_id
    details.insert(0, error_details_pb2.ErrorInfo(reason=entry.reason, domain=DOMAIN, metadata=metadata))
    details.append(
        error_details_pb2.LocalizedMessage(
            locale="en" if english else "zh-CN", message=entry.en if english else entry.zh
        )
    )
    return details


def _packed(detail: message.Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
