"""Rotation of data keys and index keys: every row under the newest key, then the old key removed.

A pass goes through the registered columns in the order of their row ids, a small batch per transaction. Rows are opened
and sealed outside of any transaction and stored only if they are still what was read, so that the service runs on
meanwhile; a row that changed was written with the new key anyway. Nothing is remembered between passes: whatever is
interrupted is run again, and what is done already is skipped.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Engine, and_, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.personal.data_keys import DataKeys, KeyKind, KeyState
from cosign.personal.model import PersonalData
from cosign.personal.registry import PersonalRegistry, SealedColumn
from cosign.store.unit_of_work import reading, writing

BATCH: Final = 200
GRACE: Final = {KeyKind.DATA: dt.timedelta(days=7), KeyKind.INDEX: dt.timedelta(hours=24)}
"""How long an old key stays after its successor came into force: messages on their way are sealed outside of the
registered columns, codes have an index and no text."""
SETTLE_MS: Final = 60_000
"""A pass begins this long after the new key came into force: the clocks of the nodes may differ."""
_HEAD: Final = b"\x01"
"""Format of a sealed datum; the version of its key follows in 4 bytes."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a pass goes."""

    column: str
    """`table.column`."""
    looked_at: int
    changed: int


@dataclass(frozen=True, slots=True)
class PassReport:
    """What a pass did."""

    changed: int
    retired: tuple[tuple[KeyKind, int], ...]
    waiting: str
    """Why an old key is still there; empty if none is."""


class PersonalResealing:
    """The passes of one database."""

    def __init__(
        self,
        engine: Engine,
        keys: DataKeys,
        personal: PersonalData,
        registry: PersonalRegistry,
        *,
        audit: AuditTrail,
        clock: Clock,
        sealed_elsewhere: Callable[[int], bool] = lambda _: False,
    ) -> None:
        """`sealed_elsewhere` tells whether a data key is still in use outside of the registered columns."""
        self._engine = engine
        self._keys = keys
        self._personal = personal
        self._registry = registry
        self._audit = audit
        self._clock = clock
        self._sealed_elsewhere = sealed_elsewhere

    def rotate(self, kind: KeyKind, *, spread_ms: int) -> KeyState:
        """Makes the next key of a kind and records it. Raises as `DataKeys.rotate`."""
        made = self._keys.rotate(kind, spread_ms=spread_ms)
        self._record(AuditEvent.DATA_KEY_ROTATED, kind, made.version)
        return made

    def under_way(self) -> bool:
        """Whether a key is being replaced."""
        return len(self._keys.states()) > len(KeyKind)

    def run(self, told: Callable[[Progress], None] = lambda _: None, *, grace: bool = True) -> PassReport:
        """Goes through all columns once, then removes the old keys if nothing is left under them.

        Args:
            told: Gets the progress after every batch.
            grace: Whether old keys stay for what is sealed or indexed for a short time outside of the columns; off
                when a key must go at once, messages and codes on their way are lost then.

        Raises:
            PersonalDataUnreadable: A row does not open; its table and row are named. Nothing is removed.
            TokenUnavailable, DatabaseUnavailable, ConcurrentOperation: Run it again.
        """
        self._keys.load()
        now_ms = self._clock.now_ms()
        states = self._keys.states()
        newest = {one.kind: one for one in states}  # they come oldest first
        old = [one for one in states if one != newest[one.kind]]
        if not old:
            return PassReport(0, (), "")
        if late := [one for one in newest.values() if _everywhere_ms(one) > now_ms]:
            return PassReport(
                0, (), f"{late[0].kind} key {late[0].version} is used by every node after {_text(late[0])}"
            )
        re_index = any(one.kind is KeyKind.INDEX for one in old)
        changed = 0
        for column in self._registry.columns:
            changed += self._column(column, newest[KeyKind.DATA].version, re_index, told)
        if changed:  # rows may have been missed that changed at the same moment: only a quiet pass proves it
            return PassReport(changed, (), "another pass has to find nothing to do")
        return self._retire(old, newest, grace=grace)

    # --- inside ---

    def _retire(self, old: list[KeyState], newest: dict[KeyKind, KeyState], *, grace: bool) -> PassReport:
        retired: list[tuple[KeyKind, int]] = []
        waiting = ""
        for one in old:
            since_ms = newest[one.kind].in_force_ms
            grace_ms = round(GRACE[one.kind].total_seconds() * 1000)
            if why := self._outside(one):
                waiting = why
            elif grace and self._clock.now_ms() < since_ms + grace_ms:
                waiting = f"{one.kind} key {one.version} stays for a while: messages and codes on their way need it"
            else:
                self._keys.retire(one.kind, one.version)
                self._record(AuditEvent.DATA_KEY_RETIRED, one.kind, one.version)
                retired.append((one.kind, one.version))
        return PassReport(0, tuple(retired), waiting)

    def _outside(self, state: KeyState) -> str:
        """What needs an old key and cannot be made anew by a pass; empty if nothing does."""
        if state.kind is KeyKind.DATA:
            in_use = self._sealed_elsewhere(state.version)
            return f"data key {state.version} still protects uploads; the server seals them anew" if in_use else ""
        for column in self._registry.lasting_indexes:
            with reading(self._engine) as connection:
                query = select(column).where(func.length(column) > 0).limit(1)
                if connection.execute(query).first() is not None:
                    return f"index key {state.version} stays: {column.table.name}.{column.name} has no texts"
        return ""

    def _column(self, column: SealedColumn, version: int, re_index: bool, told: Callable[[Progress], None]) -> int:
        cursor, changed, looked_at = "", 0, 0
        name = f"{column.sealed.table.name}.{column.sealed.name}"
        every_row = re_index and column.index is not None
        while rows := self._batch(column, cursor, b"" if every_row else _HEAD + version.to_bytes(4, "big")):
            cursor = rows[-1]["row_id"]
            looked_at += len(rows)
            changes = [change for row in rows if (change := self._renewed(column, row, version)) is not None]
            with writing(self._engine) as connection:
                for unchanged, values in changes:
                    changed += connection.execute(update(column.sealed.table).where(unchanged).values(values)).rowcount
            told(Progress(name, looked_at, changed))
        return changed

    def _batch(self, column: SealedColumn, cursor: str, done: bytes) -> list[dict[str, Any]]:
        """The next rows after `cursor` whose text does not begin with `done`."""
        wanted = [column.row_id.label("row_id"), column.sealed.label("sealed")]
        if column.index is not None:
            wanted.append(column.index.label("index"))
            if isinstance(column.scope, Column):
                wanted.append(column.scope.label("scope"))
        query = select(*wanted).where(column.row_id > cursor, func.length(column.sealed) > 0)
        if done:
            query = query.where(func.substr(column.sealed, 1, len(done)) != done)
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(column.row_id).limit(BATCH)).mappings()
            return [dict(row) for row in found]

    def _renewed(
        self, column: SealedColumn, row: dict[str, Any], version: int
    ) -> tuple[ColumnElement[bool], dict[Any, Any]] | None:
        """Guard and new values of a row; None if it is as it should be."""
        text = self._personal.open(column.field, row["row_id"], row["sealed"])
        values: dict[Any, Any] = {}
        guard = and_(column.row_id == row["row_id"], column.sealed == row["sealed"])
        if not row["sealed"].startswith(_HEAD + version.to_bytes(4, "big")):
            values[column.sealed] = self._personal.seal(column.field, row["row_id"], text)
        if column.index is not None and row["index"]:
            scope = row["scope"] if isinstance(column.scope, Column) else column.scope
            index = self._personal.index(column.field, scope, column.normalised(text))
            if index != row["index"]:
                values[column.index] = index
        return (guard, values) if values else None

    def _record(self, event: AuditEvent, kind: KeyKind, version: int) -> None:
        entry = AuditEntry(
            time_ms=self._clock.now_ms(), event=event, outcome="done", key_id=f"{kind} {version}", actor="operator"
        )
        with writing(self._engine) as connection:
            self._audit.append(connection, [entry])


def _everywhere_ms(state: KeyState) -> int:
    """From when on no node writes with an older key, clocks being a little apart."""
    return state.in_force_ms + (SETTLE_MS if state.in_force_ms > state.created_ms else 0)


def _text(state: KeyState) -> str:
    moment = dt.datetime.fromtimestamp(_everywhere_ms(state) // 1000, dt.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
