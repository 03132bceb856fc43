"""What every area says about its personal data, so that rotation, export, erasure and tests can go through all of it.

    AREA = PersonalArea(
        name="accounts",
        columns=(SealedColumn(sealed=account.c.phone_sealed, row_id=account.c.account_id, field=Field.PHONE_NUMBER,
                              index=account.c.phone_index, scope=account.c.brand),),
        export=..., erase=..., retention=(...),
    )

An area declares this in its `personal.py`; `cosign.server.personal_wiring` collects them. Columns of sealed texts end
in `_sealed`, columns of indexes in `_index`: a test finds those that nobody has registered.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, ColumnElement, Connection

from cosign.personal.model import Field, PersonalData

Document = Mapping[str, object]
"""What an export says of one subject; JSON values only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """One column of sealed texts, with its index if it has one."""

    sealed: Column[Any]
    """Empty bytes or NULL where there is no text."""
    row_id: Column[Any]
    """What the text is bound to: a text that is unique in the table."""
    field: Field
    index: Column[Any] | None = None
    scope: Column[Any] | str = ""
    """Scope of the index: a column of the same table, or a constant."""
    normalised: Callable[[str], str] = str
    """From the sealed text to the form that is indexed."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What one area did with an account."""

    erased: int
    """Rows removed, or stripped of all personal data."""
    archived: int = 0
    """Records moved to the sealed archive."""


class Archive(Protocol):
    """Where an area puts what the law wants kept, before it erases (R-AUD-08)."""

    def keep(self, subject: str, document: Document) -> None:
        """Seals one record of at most 4096 bytes of JSON; it is erased when the legal term is over."""
        ...


class Export(Protocol):
    """Collects what an area holds about an account, with texts opened."""

    def __call__(self, connection: Connection, personal: PersonalData, account_id: str, /) -> Mapping[str, object]: ...


class Erase(Protocol):
    """Erases what an area holds about an account, in the caller's transaction; may be repeated."""

    def __call__(
        self, connection: Connection, personal: PersonalData, account_id: str, archive: Archive, /
    ) -> Erased: ...


class Cancel(Protocol):
    """Removes what a user loses when his account is cancelled, in the transaction that cancels it; may be repeated.

    That is everything he could see or use. Evidence and what an appeal needs stay until `Erase`.
    """

    def __call__(self, connection: Connection, account_id: str, now: dt.datetime, /) -> None: ...


OfBrand = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""From a column of account ids to the condition that the account is one of the brand."""


class Expire(Protocol):
    """Erases rows of a brand that are older than `before`, at most `limit`; returns how many."""

    def __call__(self, connection: Connection, of_brand: OfBrand, before: dt.datetime, limit: int, /) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """How long one kind of row is kept."""

    subject: str
    """Name of a term in the brand's retention policy without `_days`, for example `login_history`."""
    expire: Expire


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalArea:
    """Everything an area says about its personal data."""

    name: str
    columns: tuple[SealedColumn, ...] = ()
    passing: tuple[Column[Any], ...] = ()
    """Sealed texts and indexes that a rotation leaves alone: their rows end within a day, or their loss is harmless."""
    lasting_indexes: tuple[Column[Any], ...] = ()
    """Indexes without a sealed text that last: they cannot be made anew, so their index key stays with them."""
    export: Export | None = None
    erase: Erase | None = None
    cancel: Cancel | None = None
    """None: nothing goes before the account is erased."""
    retention: tuple[RetentionRule, ...] = ()


class PersonalRegistry:
    """All areas."""

    def __init__(self, areas: Sequence[PersonalArea]) -> None:
        """Raises ValueError for a column that is registered twice."""
        self.areas = tuple(areas)
        names = [f"{one.sealed.table.name}.{one.sealed.name}" for one in self.columns]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"registered twice: {sorted(twice)}")

    def cancel(self, connection: Connection, account_id: str, now: dt.datetime) -> None:
        """Lets every area remove what goes when an account is cancelled."""
        for area in self.areas:
            if area.cancel is not None:
                area.cancel(connection, account_id, now)

    @property
    def columns(self) -> list[SealedColumn]:
        """Every sealed column."""
        return [column for area in self.areas for column in area.columns]

    @property
    def lasting_indexes(self) -> list[Column[Any]]:
        """Every index that cannot be made anew."""
        return [column for area in self.areas for column in area.lasting_indexes]
