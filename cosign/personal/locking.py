"""Keeps a text unique while its index key is being replaced.

A unique index of the table refuses a second row of a text as long as all nodes write under one index key. Around the
moment in which a new key comes into force one node still writes under the old key and another one under the new: their
rows have different indexes, and neither sees the other's before it is committed. So whoever is about to store a text
that must be unique locks it first, then looks for it under every key, then stores it.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, func, select

_KEY_BYTES: Final = 8


def lock_text(connection: Connection, indexes: Sequence[bytes]) -> None:
    """Lets others who store the same text wait until this transaction ends; what they stored before is seen after it.

    Nothing is to be locked while there is one index key, nor on SQLite, which has one writer at a time. Nodes that
    know different keys have at least one in common, or write under the same one: every index is locked.

    Args:
        connection: In a transaction of `writing`, which sees what others commit meanwhile (READ COMMITTED).
        indexes: What `PersonalData.indexes` gave for the text.

    Raises:
        ConcurrentOperation: By the transaction; somebody else holds the lock for too long.
    """
    if len(indexes) < 2 or connection.dialect.name != "postgresql":
        return
    for key in sorted(int.from_bytes(index[:_KEY_BYTES], "big", signed=True) for index in indexes):
        connection.execute(select(func.pg_advisory_xact_lock(key)))
