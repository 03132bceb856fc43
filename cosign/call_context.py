"""What a servicer may ask about the call it handles."""

from collections.abc import Sequence
from typing import Protocol

Metadata = Sequence[tuple[str, str | bytes]]


class CallContext(Protocol):
    """One call, whatever transport it came by."""

    def peer(self) -> str:
        """Address of the peer in gRPC's form, for example `ipv4:192.0.2.7:5123`."""
        ...

    def invocation_metadata(self) -> Metadata:
        """The metadata the caller sent: pairs of lower-case key and value."""
        ...


def metadata_value(context: CallContext, key: str) -> str:
    """First text value of `key`, or empty."""
    for name, value in context.invocation_metadata():
        if name == key and isinstance(value, str):
            return value
    return ""
