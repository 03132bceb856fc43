"""What is to happen once a transaction of `writing` has been committed, and only then."""

from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, RootTransaction

_waiting: Final[WeakKeyDictionary[RootTransaction, list[Callable[[], None]]]] = WeakKeyDictionary()


def after_commit(connection: Connection, action: Callable[[], None]) -> None:
    """Runs `action` when the transaction of `connection` has been committed; never if it is rolled back."""
    transaction = connection.get_transaction()
    if transaction is None:
        raise RuntimeError("needs a transaction")
    _waiting.setdefault(transaction, []).append(action)


def take_actions(connection: Connection) -> list[Callable[[], None]]:
    """For `writing`: the actions of the connection's transaction, which are forgotten."""
    transaction = connection.get_transaction()
    return _waiting.pop(transaction, []) if transaction is not None else []
