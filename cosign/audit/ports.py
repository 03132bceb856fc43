"""What the audit area needs from outside the database."""

from collections.abc import Iterable
from typing import Protocol

from cosign.audit.model import Head


class HeadStore(Protocol):
    """The newest signed head of every segment, where the loss of the database does not reach."""

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        ...

    def begin(self) -> None:
        """Makes an empty store when there is none; for a service that has no core yet."""
        ...

    def exists(self) -> bool:
        """Whether it was begun and is there."""
        ...

    def read(self) -> list[Head]:
        """All heads.

        Raises:
            AuditBroken: The store is missing or damaged.
        """
        ...

    def merge(self, heads: Iterable[Head]) -> None:
        """Keeps the newer one of each segment; durable on return. Several processes may do so at once."""
        ...

    def write(self, heads: Iterable[Head]) -> None:
        """Replaces all heads, also of a missing store; durable on return."""
        ...

    def set_aside(self) -> None:
        """Keeps the present heads under another name: a restored database starts a new list."""
        ...
