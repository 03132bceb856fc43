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


class AccountCaller(Protocol):
    """The account whose session a call carries, as areas see it that need no more of it."""

    @property
    def account_id(self) -> str:
        """`acc_` and a ULID."""
        ...

    @property
    def device_id(self) -> str:
        """`dev_` and a ULID."""
        ...


def metadata_value(context: CallContext, key: str) -> str:
    """First text value of `key`, or empty."""
    for name, value in context.invocation_metadata():
        if name == key and isinstance(value, str):
            return value
    return ""


def prefers_english(accept_language: str) -> bool:
    """Whether the first language the caller names that we have is English. Chinese is the default."""
    for item in accept_language.split(","):
        language = item.split(";")[0].strip().lower()
        if language.startswith("zh"):
            return False
        if language.startswith("en"):
            return True
    return False


def language_of(context: CallContext) -> str:
    """`en` or `zh`, by `accept-language` of the call."""
    return "en" if prefers_english(metadata_value(context, "accept-language")) else "zh"
