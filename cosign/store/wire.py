"""The hot path's way to PostgreSQL: libpq through `psycopg.pq`, statements prepared once per connection.

A statement through psycopg's cursor costs about 20 µs of interpreter time, one through libpq about 6 µs. What is
given up: only text, whole numbers, bytes and None go out; rows come back as plain tuples of the same four kinds.
Several statements may travel together (`send`), which saves the round trips between them.

Every wait ends: a server that does not answer within the deadline loses the connection.
"""

import itertools
import select
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import pq
from sqlalchemy import Connection

Values = Mapping[str, object]
Decoder = Callable[[bytes], Any]

_TEXT_OID: Final = 25
_INT8_OID: Final = 20
_BYTEA_OID: Final = 17
_TEXT_FORMAT: Final = 0
_BINARY_FORMAT: Final = 1
_READABLE: Final = select.POLLIN
_BOTH: Final = select.POLLIN | select.POLLOUT

_BEGIN: Final = {
    None: b"BEGIN",
    psycopg.IsolationLevel.READ_COMMITTED: b"BEGIN",
    psycopg.IsolationLevel.REPEATABLE_READ: b"BEGIN ISOLATION LEVEL REPEATABLE READ",
}

_numbers: Final = itertools.count(1)


def _integer(raw: bytes) -> int:
    return int.from_bytes(raw, "big", signed=True)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


_DECODERS: Final[Mapping[int, Decoder]] = {
    16: lambda raw: raw == b"\1",
    _BYTEA_OID: bytes,
    _INT8_OID: _integer,
    21: _integer,
    23: _integer,
    _TEXT_OID: _text,
    1043: _text,
}
"""By type oid: bool, bytea, int8, int2, int4, text, varchar."""


def _array(oid: int, items: Sequence[bytes]) -> bytes:
    """Binary form of a one-dimensional array without NULLs."""
    head = b"".join(number.to_bytes(4) for number in (1 if items else 0, 0, oid))
    if not items:
        return head
    body = b"".join([len(one).to_bytes(4) + one for one in items])
    return head + len(items).to_bytes(4) + (1).to_bytes(4) + body


def encode(value: object) -> tuple[bytes | None, int, int]:
    """A parameter as (bytes, format, type oid); lists become arrays. Raises TypeError for any other kind."""
    if isinstance(value, bytes):
        return value, _BINARY_FORMAT, _BYTEA_OID
    if isinstance(value, int):
        return b"%d" % value, _TEXT_FORMAT, _INT8_OID
    if isinstance(value, str):
        return value.encode(), _TEXT_FORMAT, _TEXT_OID
    if value is None:
        return None, _TEXT_FORMAT, 0
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], bytes):
            return _array(_BYTEA_OID, value), _BINARY_FORMAT, 1001
        return _array(_TEXT_OID, [str(one).encode() for one in value]), _BINARY_FORMAT, 1009
    raise TypeError(f"no parameter of this kind: {type(value).__name__}")


@dataclass(slots=True)
class Statement:
    """SQL with `$n` parameters and the order in which named values fill them."""

    sql: str
    order: Sequence[str]
    name: bytes = field(default_factory=lambda: b"cosign_%d" % next(_numbers))


@dataclass(slots=True)
class Answer:
    """Result of one statement."""

    rows: list[tuple[Any, ...]]
    count: int
    """Rows that were changed, or read."""


@dataclass(slots=True)
class Wire:
    """What is kept for one connection of the driver."""

    raw: psycopg.Connection[Any]
    deadline_seconds: float
    prepared: set[bytes] = field(default_factory=set)
    decoders: dict[bytes, list[Decoder]] = field(default_factory=dict)
    poll: select.poll = field(default_factory=select.poll)
    round_trips: int = 0
    statements: int = 0

    def __post_init__(self) -> None:
        self.poll.register(self.raw.pgconn.socket, _READABLE)

    def run(self, statement: Statement, values: Values) -> Answer:
        """One statement in the open transaction; opens one unless the connection commits by itself."""
        return self.send([(statement, values)])[0]

    def send(self, work: Sequence[tuple[Statement, Values]], *, commit: bool = False) -> list[Answer]:
        """Several statements, and the commit after them, in one round trip.

        The first fault ends the transaction; what was behind it does not run.

        Raises:
            psycopg.Error: With the server's primary message; never with values.
            CommitUnknown: The connection broke after COMMIT had gone out.
        """
        connection = self.raw.pgconn
        encoded = [self._encoded(statement, values) for statement, values in work]
        begin = not self.raw.autocommit and connection.transaction_status == pq.TransactionStatus.IDLE
        if len(work) == 1 and not begin and not commit:
            (name, parameters, formats) = encoded[0]
            connection.send_query_prepared(name, parameters, formats, _BINARY_FORMAT)
            result = self._results(1)[0]
            return [self._answer(work[0][0], result)]
        connection.enter_pipeline_mode()
        try:
            if begin:
                connection.send_query_params(_BEGIN[self.raw.isolation_level], None)
            for name, parameters, formats in encoded:
                connection.send_query_prepared(name, parameters, formats, _BINARY_FORMAT)
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
        return [self._answer(one, result) for (one, _), result in zip(work, results[begin:], strict=False)]

    def rollback(self) -> None:
        """Ends the transaction. Raises psycopg.Error when the connection is lost."""
        if self.raw.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            self.raw.pgconn.send_query_params(b"ROLLBACK", None)
            self._results(1)

    def ping(self) -> None:
        """Raises psycopg.Error unless the server answers."""
        self.raw.pgconn.send_query_params(b"", None)
        self._results(1)

    def _encoded(self, statement: Statement, values: Values) -> tuple[bytes, Sequence[bytes | None], Sequence[int]]:
        triples = [encode(values[name]) for name in statement.order]
        if statement.name not in self.prepared:
            oids = [oid for _, _, oid in triples]
            self.raw.pgconn.send_prepare(statement.name, statement.sql.encode(), oids)
            (result,) = self._results(1)
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise _fault_of(result)
            self.prepared.add(statement.name)
        return statement.name, [raw for raw, _, _ in triples], [kind for _, kind, _ in triples]

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

    def _answer(self, statement: Statement, result: pq.abc.PGresult) -> Answer:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise _fault_of(result)
        if result.status != pq.ExecStatus.TUPLES_OK:
            return Answer([], result.command_tuples or 0)
        decoders = self.decoders.get(statement.name)
        if decoders is None:
            decoders = [_DECODERS[result.ftype(column)] for column in range(result.nfields)]
            self.decoders[statement.name] = decoders
        get, columns = result.get_value, list(enumerate(decoders))
        rows = [
            tuple([None if (raw := get(row, column)) is None else decode(raw) for column, decode in columns])
            for row in range(result.ntuples)
        ]
        return Answer(rows, len(rows))


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
