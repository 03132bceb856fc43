"""The hot path's way to PostgreSQL: libpq through `psycopg.pq`, statements prepared once per connection.

A statement through psycopg's cursor costs about 20 µs of interpreter time, one through libpq about 6 µs. What is
given up: only text, whole numbers, bytes and aware times go out; rows come back as plain tuples of text, numbers,
bytes and None.
Several statements may travel together (`send`), which saves the round trips between them.

Every wait ends: a server that does not answer within the deadline loses the connection.
"""

import datetime as dt
import enum
import itertools
import select
import struct
import time
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import psycopg
from psycopg import abc, pq
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from sqlalchemy import Connection

from cosign.store.waits import takes_lock

T = TypeVar("T")

Encoder = Callable[[Any], bytes]

_BINARY: Final = 1
_READABLE: Final = select.POLLIN
_BOTH: Final = select.POLLIN | select.POLLOUT

_BEGIN: Final = {
    None: b"BEGIN",
    psycopg.IsolationLevel.READ_COMMITTED: b"BEGIN",
    psycopg.IsolationLevel.REPEATABLE_READ: b"BEGIN ISOLATION LEVEL REPEATABLE READ",
}

_numbers: Final = itertools.count(1)


def _array(oid: int, items: Sequence[bytes]) -> bytes:
    """Binary form of a one-dimensional array without NULLs."""
    if not items:
        return struct.pack("!iii", 0, 0, oid)
    body = b"".join([len(one).to_bytes(4) + one for one in items])
    return struct.pack("!iiiii", 1, 0, oid, len(items), 1) + body


class Kind(enum.Enum):
    """What a parameter may be: how it is encoded, type oid, format (0 text, 1 binary)."""

    TEXT = (str.encode, 25, 0)
    INTEGER = (b"%d".__mod__, 20, 0)
    BYTES = (bytes, 17, 1)
    TIME = (lambda moment: moment.isoformat().encode(), 1184, 0)
    TEXTS = (lambda items: _array(25, [one.encode() for one in items]), 1009, 1)
    BLOBS = (lambda items: _array(17, items), 1001, 1)

    def __init__(self, encode: Encoder, oid: int, form: int) -> None:
        self.encode: Final = encode
        self.oid: Final = oid
        self.form: Final = form

    @classmethod
    def of(cls, value: object) -> "Kind":
        """Raises TypeError for a value of any other kind. An empty list counts as one of text."""
        if isinstance(value, bytes):
            return cls.BYTES
        if isinstance(value, int):
            return cls.INTEGER
        if isinstance(value, str):
            return cls.TEXT
        if isinstance(value, dt.datetime):
            return cls.TIME
        if isinstance(value, list):
            return cls.BLOBS if value and isinstance(value[0], bytes) else cls.TEXTS
        raise TypeError(f"no parameter of this kind: {type(value).__name__}")


@dataclass(slots=True)
class Statement:
    """SQL with `$n` parameters. Their kinds are those of the first values that are sent."""

    sql: str
    name: bytes = field(default_factory=lambda: b"cosign_%d" % next(_numbers))
    encoders: list[Encoder] = field(default_factory=list)
    oids: list[int] = field(default_factory=list)
    formats: list[int] = field(default_factory=list)
    locks: bool = field(init=False)
    """Whether it may wait for another transaction."""

    def __post_init__(self) -> None:
        self.locks = takes_lock(self.sql)

    def encode(self, values: Sequence[object]) -> list[bytes]:
        """Raises TypeError when a value is of another kind than the first one in its place."""
        if not self.oids:
            kinds = [Kind.of(value) for value in values]
            self.encoders = [kind.encode for kind in kinds]
            self.formats = [kind.form for kind in kinds]
            self.oids = [kind.oid for kind in kinds]
        return [encode(value) for encode, value in zip(self.encoders, values, strict=True)]


def values_list(columns: int, rows: int, *, first: int = 1) -> str:
    """`($1, $2), ($3, $4)` for two rows of two columns, counted from `first`."""
    places = [f"${number}" for number in range(first, first + columns * rows)]
    return ", ".join(f"({', '.join(places[at : at + columns])})" for at in range(0, len(places), columns))


@dataclass(slots=True)
class Answer:
    """Result of one statement."""

    rows: list[tuple[Any, ...]]
    count: int
    """Rows that were changed, or read."""


class WireConnection(psycopg.Connection[Any]):
    """A connection of the driver that sends what its wire still holds before anything else, and with the commit."""

    wire: "Wire | None" = None

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's."""
        if self.wire is not None and self.wire.unsent:
            self.wire.send([])
        return super().wait(gen, interval, timeout)

    def commit(self) -> None:
        """As psycopg's; raises CommitUnknown where it applies."""
        if self.wire is not None and self.wire.unsent:
            self.wire.send([], commit=True)
        else:
            super().commit()

    def rollback(self) -> None:
        """As psycopg's."""
        if self.wire is not None:
            self.wire.unsent.clear()
        super().rollback()


@dataclass(slots=True)
class Wire:
    """What is kept for one connection of the driver."""

    raw: psycopg.Connection[Any]
    deadline_seconds: float
    prepared: set[bytes] = field(default_factory=set)
    poll: select.poll = field(default_factory=select.poll)
    round_trips: int = 0
    statements: int = 0
    lock_seconds: float = 0.0
    """Time of the round trips that took locks, until `take_lock_seconds`."""

    unsent: list[tuple[Statement, Sequence[object]]] = field(default_factory=list)
    """Changes that go out with the next statement of the transaction, or with its commit."""

    loader: abc.Transformer = field(init=False)

    def __post_init__(self) -> None:
        self.loader = Transformer(self.raw)
        self.poll.register(self.raw.pgconn.socket, _READABLE)
        if isinstance(self.raw, WireConnection):
            self.raw.wire = self

    def run(self, statement: Statement, values: Sequence[object]) -> Answer:
        """One statement in the open transaction; opens one unless the connection commits by itself."""
        return self.send([(statement, values)])[0]

    def later(self, statement: Statement, values: Sequence[object]) -> None:
        """A change whose answer nobody waits for: saves its round trip. It fails as a part of what comes after it."""
        if self.raw.autocommit:
            self.run(statement, values)
        else:
            self.unsent.append((statement, values))

    def send(self, work: Sequence[tuple[Statement, Sequence[object]]], *, commit: bool = False) -> list[Answer]:
        """Several statements, and the commit after them, in one round trip; what is `unsent` goes before them.

        The first fault ends the transaction; what was behind it does not run.

        Raises:
            psycopg.Error: With the server's primary message; never with values.
            CommitUnknown: The connection broke after COMMIT had gone out.
        """
        began = time.perf_counter()
        first = len(self.unsent)
        if first:
            work, self.unsent = [*self.unsent, *work], []
        try:
            return self._send(work, commit=commit)[first:]
        finally:
            if any(statement.locks for statement, _ in work):
                self.lock_seconds += time.perf_counter() - began

    def take_lock_seconds(self) -> float:
        """How long statements that take locks have taken since the last call."""
        seconds, self.lock_seconds = self.lock_seconds, 0.0
        return seconds

    def _send(self, work: Sequence[tuple[Statement, Sequence[object]]], *, commit: bool) -> list[Answer]:
        connection = self.raw.pgconn
        encoded = [self._encoded(statement, values) for statement, values in work]
        begin = not self.raw.autocommit and connection.transaction_status == pq.TransactionStatus.IDLE
        if len(work) == 1 and not begin and not commit:
            statement = work[0][0]
            connection.send_query_prepared(statement.name, encoded[0], statement.formats, _BINARY)
            return [self._answer(self._results(1)[0])]
        connection.enter_pipeline_mode()
        try:
            if begin:
                connection.send_query_params(_BEGIN[self.raw.isolation_level], None)
            for (statement, _), parameters in zip(work, encoded, strict=True):
                connection.send_query_prepared(statement.name, parameters, statement.formats, _BINARY)
            if commit:
                connection.send_query_params(b"COMMIT", None)
            connection.pipeline_sync()
            try:
                results = self._results(begin + len(work) + commit, sync=True)
            except psycopg.Error as fault:
                if commit:
                    raise CommitUnknown("the connection was lost during COMMIT; its result is unknown") from fault
                raise
        finally:
            if connection.status == pq.ConnStatus.OK:
                connection.exit_pipeline_mode()
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise _fault_of(result)
        if commit and results[-1].command_status != b"COMMIT":
            raise psycopg.OperationalError("the transaction was rolled back")
        return [self._answer(result) for result in results[begin : begin + len(work)]]

    def rollback(self) -> None:
        """Ends the transaction. Raises psycopg.Error when the connection is lost."""
        self.unsent.clear()
        if self.raw.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            self.raw.pgconn.send_query_params(b"ROLLBACK", None)
            self._results(1)

    def ping(self) -> None:
        """Raises psycopg.Error unless the server answers."""
        self.raw.pgconn.send_query_params(b"", None)
        self._results(1)

    def _encoded(self, statement: Statement, values: Sequence[object]) -> list[bytes]:
        """Parameters in the form of the wire; prepares the statement when this connection sees it first."""
        parameters = statement.encode(values)
        if statement.name not in self.prepared:
            self.raw.pgconn.send_prepare(statement.name, statement.sql.encode(), statement.oids)
            (result,) = self._results(1)
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise _fault_of(result)
            self.prepared.add(statement.name)
        return parameters

    def _results(self, count: int, *, sync: bool = False) -> list[pq.abc.PGresult]:
        """Waits for `count` results, and in a pipeline for the synchronisation behind them."""
        connection = self.raw.pgconn
        end = time.monotonic() + self.deadline_seconds
        found: list[pq.abc.PGresult] = []
        self.round_trips += 1
        self.statements += count
        while connection.flush():
            self._wait(_BOTH, end)
            connection.consume_input()
        done = False
        while not done:
            while connection.is_busy():
                self._wait(_READABLE, end)
                connection.consume_input()
            result = connection.get_result()
            if result is None:
                done = not sync and len(found) >= count
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                done = True
            else:
                found.append(result)
                if connection.status == pq.ConnStatus.BAD:
                    raise psycopg.OperationalError("the connection to the database was lost")
        if len(found) != count:
            raise psycopg.OperationalError("the database gave too few answers")
        return found

    def _wait(self, events: int, end: float) -> None:
        connection = self.raw.pgconn
        if connection.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError("the connection to the database was lost")
        self.poll.modify(connection.socket, events)
        while not self.poll.poll(max(0.0, end - time.monotonic()) * 1000):
            if time.monotonic() >= end:
                connection.finish()
                raise psycopg.OperationalError(f"the database did not answer within {self.deadline_seconds:g} s")

    def _answer(self, result: pq.abc.PGresult) -> Answer:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise _fault_of(result)
        if result.status != pq.ExecStatus.TUPLES_OK:
            return Answer([], result.command_tuples or 0)
        self.loader.set_pgresult(result)
        return Answer(self.loader.load_rows(0, result.ntuples, tuple), result.ntuples)


class CommitUnknown(psycopg.OperationalError):
    """TX-5: COMMIT went out and no answer came back."""

    commit_unknown = True


def wire_of(connection: Connection, *, deadline_seconds: float = 5.0) -> Wire:
    """The wire of a SQLAlchemy connection; lives as long as the driver's connection."""
    known: MutableMapping[Any, Any] = connection.info
    found: Wire | None = known.get("cosign_wire")
    if found is None:
        raw = connection.connection.driver_connection
        if not isinstance(raw, psycopg.Connection):
            raise TypeError("not a connection of psycopg")
        found = known["cosign_wire"] = Wire(raw, getattr(raw, "deadline_seconds", deadline_seconds))
    return found


def _fault_of(result: pq.abc.PGresult) -> psycopg.Error:
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    message = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or result.error_message).decode(
        "utf-8", "replace"
    )
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:
        kind = psycopg.OperationalError
    return kind(message)
