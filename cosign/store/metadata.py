"""The one MetaData of the service and the column types every area uses.

Each area declares its tables against `metadata`; the migration history covers them all.
"""

import datetime as dt
from typing import Any, Final

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, String, TypeDecorator

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identifier: Final = String(64)
"""Opaque id: device, key, user."""

Word: Final = String(16)
"""Member of a closed set, stored by value."""

Count: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A counter that may pass 2^31."""

Milliseconds: Final = BigInteger().with_variant(Integer(), "sqlite")
"""Milliseconds since the Unix epoch, UTC; 0 means never. For rows whose content is hashed or compared in the core."""

Blob: Final = LargeBinary
"""Bytes; the length is stated where the column is declared."""


class UtcTime(TypeDecorator[dt.datetime]):
    """An aware UTC time. Refuses naive values and gives aware ones back, also on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Turns an aware time into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        """Marks what the database returns as UTC."""
        if value is None:
            return None
        moment: dt.datetime = value
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
