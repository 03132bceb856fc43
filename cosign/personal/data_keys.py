"""Data keys: made by the first start, wrapped by the token in table `data_key`, opened once per process.

A key is readable on every node as soon as it is in the table, and written with from `in_force_ms` on, five minutes
later: by then every node knows it, so that none meets a row or an index it cannot read. Keys are replaced by
`rotate`, and removed when `cosign.personal.resealing` has found nothing under them.
"""

import enum
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection, Engine, RowMapping, delete, func, insert, select

from cosign.clock import Clock
from cosign.errors import ConcurrentOperation, PersonalDataUnreadable, SelfTestFailed, TokenUnavailable
from cosign.personal.tables import data_key
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import Waker, notify
from hsm import ports as hsm
from keyshare.errors import RecordDamaged
from keyshare.sealing import seal, unseal
from protocol._core import DataKey, IndexKey
from protocol.errors import SealBroken
from protocol.seal import FORMAT, RecordAlgorithm, SecretRecord
from protocol.transcript import tlv

SPREAD_MS: Final = 5 * 60_000
"""A new key is written with this long after it was made."""
TOPIC: Final = "data-keys"
"""Topic of `cosign.store.waker`."""
_ONE_AT_A_TIME: Final = 0x636F0020
"""Number of the lock that orders the nodes which may make a key."""

KeyT = TypeVar("KeyT", DataKey, IndexKey)


class KeyKind(enum.StrEnum):
    """What a key is for; the words are stored."""

    DATA = "data"
    """Seals texts and uploads."""
    INDEX = "index"
    """Makes blind indexes."""


@dataclass(frozen=True, slots=True)
class DataKeyContext:
    """What a wrapped data key is bound to."""

    server_id: str
    kind: KeyKind
    version: int

    def aad(self, algorithm: RecordAlgorithm, kek_version: int) -> bytes:
        """Associated data, label COSIGN-v1/seal-data."""
        return tlv(
            [
                b"COSIGN-v1/seal-data",
                FORMAT.to_bytes(2, "big"),
                bytes([algorithm]),
                kek_version.to_bytes(4, "big"),
                self.server_id.encode(),
                self.kind.encode(),
                self.version.to_bytes(4, "big"),
            ]
        )


@dataclass(frozen=True, slots=True)
class KeyState:
    """What an operator sees of one key."""

    kind: KeyKind
    version: int
    created_ms: int
    in_force_ms: int


@dataclass(frozen=True, slots=True)
class _Held(Generic[KeyT]):
    key: KeyT
    in_force_ms: int


class DataKeys:
    """The keys of one database. Safe to call from several threads."""

    def __init__(
        self,
        engine: Engine,
        token: hsm.Token[SecretRecord],
        *,
        server_id: str,
        clock: Clock,
        waker: Waker | None = None,
    ) -> None:
        """Nothing is read yet: call `load`. `waker` tells of keys that other nodes made."""
        self._engine = engine
        self._token = token
        self._server_id = server_id
        self._clock = clock
        self._lock = threading.Lock()
        self._data: dict[int, _Held[DataKey]] = {}
        self._index: dict[int, _Held[IndexKey]] = {}
        self._stale = False
        self._behind_ms: int | None = None
        """When an index key comes into force that could not be opened."""
        if waker is not None:
            waker.subscribe(self._hear)

    def load(self) -> None:
        """Takes up what the table holds; the first start of a service makes both keys. Called again every minute.

        Raises:
            SelfTestFailed: A key does not open: another token, another server id, or a damaged row.
            TokenUnavailable, DatabaseUnavailable: Nothing changed.
        """
        self._stale = False
        with reading(self._engine) as connection:
            rows: Sequence[RowMapping] = connection.execute(select(data_key)).mappings().all()
        if {row["kind"] for row in rows} != set(KeyKind):
            rows = self._make_first()
        self._take_up(rows)

    def writing_key(self) -> DataKey:
        """The data key to seal with."""
        return self._newest(self._data).key

    def reading_key(self, version: int) -> DataKey:
        """A data key to open with.

        Raises:
            PersonalDataUnreadable: There is no such version.
            TokenUnavailable, DatabaseUnavailable: It cannot be fetched now.
        """
        held = self._data.get(version)
        if held is None:
            self._reload()
            held = self._data.get(version)
        if held is None:
            raise PersonalDataUnreadable(f"data key {version} is not in the database")
        return held.key

    def index_keys(self) -> list[IndexKey]:
        """The index key to write with, then every other one that rows may still be indexed under.

        Raises:
            TokenUnavailable, DatabaseUnavailable: Others write under a key by now that cannot be opened here; rows
                under it would not be found, and a second one be made.
        """
        if self._stale or (self._behind_ms is not None and self._behind_ms <= self._clock.now_ms()):
            self._reload()
        newest = self._newest(self._index).key
        others = sorted(
            (one.key for one in self._index.values() if one.key is not newest), key=lambda one: -one.version
        )
        return [newest, *others]

    def states(self) -> list[KeyState]:
        """Every key of the table, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(data_key).order_by(data_key.c.kind, data_key.c.version)).mappings().all()
        return [KeyState(KeyKind(row["kind"]), row["version"], row["created_ms"], row["in_force_ms"]) for row in rows]

    def rotate(self, kind: KeyKind, *, spread_ms: int = SPREAD_MS) -> KeyState:
        """Makes the next version.

        Args:
            kind: Which key to replace.
            spread_ms: When it comes into force; 0 only while no server runs.

        Raises:
            ConcurrentOperation: The newest version is not in force yet.
            TokenUnavailable, DatabaseUnavailable: Nothing was made.
        """
        now_ms = self._clock.now_ms()
        with writing(self._engine) as connection:
            self._one_at_a_time(connection)
            query = select(func.max(data_key.c.version), func.max(data_key.c.in_force_ms))
            newest, in_force_ms = connection.execute(query.where(data_key.c.kind == kind.value)).one()
            if in_force_ms > now_ms:
                raise ConcurrentOperation(f"{kind} key {newest} was made just now and is not in force yet")
            made = KeyState(kind, newest + 1, now_ms, now_ms + spread_ms)
            self._insert(connection, kind, made.version, created_ms=made.created_ms, in_force_ms=made.in_force_ms)
            notify(connection, TOPIC)
        self.load()
        return made

    def retire(self, kind: KeyKind, version: int) -> None:
        """Removes a version for good. The caller has found nothing under it."""
        with writing(self._engine) as connection:
            connection.execute(delete(data_key).where(data_key.c.kind == kind.value, data_key.c.version == version))
            notify(connection, TOPIC)
        (self._data if kind is KeyKind.DATA else self._index).pop(version, None)

    # --- inside ---

    def _hear(self, topic: str) -> None:
        if topic in ("", TOPIC):  # an empty topic: messages may have been missed
            self._stale = True

    def _reload(self) -> None:
        try:
            self.load()
        except SelfTestFailed as fault:
            raise PersonalDataUnreadable(str(fault)) from fault

    def _newest(self, held: "dict[int, _Held[KeyT]]") -> "_Held[KeyT]":
        if self._stale:
            self._reload()
        now_ms = self._clock.now_ms()
        ready = [version for version, one in list(held.items()) if one.in_force_ms <= now_ms]
        if not ready:
            raise PersonalDataUnreadable("no data key is in force; the clock of this machine may be behind")
        return held[max(ready)]

    def _make_first(self) -> Sequence[RowMapping]:
        now_ms = self._clock.now_ms()
        with writing(self._engine) as connection:
            self._one_at_a_time(connection)
            present = set(connection.execute(select(data_key.c.kind)).scalars())
            for kind in KeyKind:
                if kind.value not in present:
                    self._insert(connection, kind, 1, created_ms=now_ms, in_force_ms=0)
            return connection.execute(select(data_key)).mappings().all()

    def _take_up(self, rows: Sequence[RowMapping]) -> None:
        with self._lock:
            found: set[tuple[KeyKind, int]] = set()
            unknown = [row for row in rows if row["kind"] == KeyKind.INDEX and row["version"] not in self._index]
            self._behind_ms = min((row["in_force_ms"] for row in unknown), default=None)
            for row in rows:
                kind, version = KeyKind(row["kind"]), row["version"]
                found.add((kind, version))
                known = self._data.get(version) if kind is KeyKind.DATA else self._index.get(version)
                if known is None:
                    self._open(row)
            self._behind_ms = None
            for version in [one for one in self._data if (KeyKind.DATA, one) not in found]:
                del self._data[version]
            for version in [one for one in self._index if (KeyKind.INDEX, one) not in found]:
                del self._index[version]

    def _open(self, row: RowMapping) -> None:
        kind, version = KeyKind(row["kind"]), row["version"]
        try:
            record = unseal(self._token, row["sealed"], DataKeyContext(self._server_id, kind, version))
            key: DataKey | IndexKey = (DataKey if kind is KeyKind.DATA else IndexKey).restore(record)
        except hsm.TokenUnavailable as fault:
            raise TokenUnavailable(str(fault), retry_after_ms=fault.retry_after_ms) from fault
        except (hsm.TokenFault, RecordDamaged, SealBroken, TypeError) as fault:
            raise SelfTestFailed(f"{kind} key {version} does not open: {fault}") from fault
        if key.version != version:
            raise SelfTestFailed(f"the record of {kind} key {version} holds version {key.version}")
        if isinstance(key, DataKey):
            self._data[version] = _Held(key, row["in_force_ms"])
        else:
            self._index[version] = _Held(key, row["in_force_ms"])

    def _insert(
        self, connection: Connection, kind: KeyKind, version: int, *, created_ms: int, in_force_ms: int
    ) -> None:
        made = DataKey.generate(version) if kind is KeyKind.DATA else IndexKey.generate(version)
        try:
            sealed, _ = seal(self._token, made.export(), DataKeyContext(self._server_id, kind, version))
        except hsm.TokenUnavailable as fault:
            raise TokenUnavailable(str(fault), retry_after_ms=fault.retry_after_ms) from fault
        connection.execute(
            insert(data_key).values(
                kind=kind.value, version=version, sealed=sealed, created_ms=created_ms, in_force_ms=in_force_ms
            )
        )

    @staticmethod
    def _one_at_a_time(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
