"""One row of the table of errors (`cosign.server.error_catalogue`)."""

from dataclasses import dataclass
from typing import Final

from grpc import StatusCode

from protocol.codes import Status

NOTHING: Final = "Nothing; a rising rate deserves a look."
"""What an operator does about most reasons."""


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One reason."""

    reason: str
    code: StatusCode
    en: str
    """What a user reads."""
    zh: str
    caller: str
    """What the calling program should do."""
    operator: str
    """What the operator should do."""
    status: Status | None = None
    """Status inside the answer envelope that means this, if any."""
