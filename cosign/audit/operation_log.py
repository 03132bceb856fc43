"""Writes the operation log: to be called by every state-changing use case of a user (R-AUD-02)."""

from collections.abc import Mapping
from typing import Protocol

from cosign import ids
from cosign.audit.operation_log_model import MAX_ARGUMENT, Operation, OperationKind

__all__ = ["OperationKind", "OperationUnit", "record_operation"]


class OperationUnit(Protocol):
    """One transaction on the operation log; `cosign.audit.operation_log_unit.SqlOperationUnit` is the real one."""

    def now_ms(self) -> int:
        """Present time, ms since the epoch."""
        ...

    def add_operation(self, operation: Operation) -> None:
        """Stores an entry with its content sealed, and its row in the audit chain."""
        ...


def record_operation(
    unit: OperationUnit,
    *,
    account_id: str,
    kind: OperationKind,
    device_id: str = "",
    object_id: str = "",
    outcome: str = "done",
    content: Mapping[str, str] | None = None,
) -> None:
    """Writes an entry and its audit row in the transaction of `unit`, which is that of the operation.

    Args:
        unit: The caller's transaction.
        account_id: Who did it.
        kind: What; the dictionary has its name in both languages.
        device_id: On which device; empty if on none.
        object_id: Id of what was changed.
        outcome: `done`, or a reason of the error catalogue, at most 32 characters.
        content: What exactly, by short English names, each value at most 200 characters. It is sealed and shown to
            the user alone, and can be searched by him; secrets have no place in it.

    Raises:
        ValueError: A value is too long: an error of the caller's code.
    """
    content = dict(content or {})
    if len(outcome) > 32 or any(len(value) > MAX_ARGUMENT for value in content.values()):
        raise ValueError(f"the content of {kind.value} is too long")
    now_ms = unit.now_ms()
    unit.add_operation(
        Operation(
            operation_id=ids.new_id(ids.OPERATION, now_ms),
            account_id=account_id,
            device_id=device_id,
            kind=kind,
            outcome=outcome,
            object_id=object_id,
            content=content,
            time_ms=now_ms,
        )
    )
