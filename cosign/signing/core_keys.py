"""Keys of the core itself, sealed by the token in table `core_key`.

The identity key, hedge secret and row-MAC key are made once. Envelope keys (E2E-4) are made every week; the one
before stays readable for 24 hours and is destroyed then, so that recorded envelopes cannot be opened later.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, delete, func, insert, select

from cosign.clock import Clock
from cosign.errors import SelfTestFailed, TokenUnavailable
from cosign.signing.model import EnvelopeKeyStatement
from cosign.signing.tables import core_key
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import notify
from hsm import ports as hsm
from keyshare.errors import RecordDamaged
from keyshare.sealing import CoreKeyContext, seal, unseal
from protocol.envelope import SUITE_P256, EnvelopeKey
from protocol.seal import SecretRecord
from protocol.server import ServerCore

IDENTITY: Final = "core"
ENVELOPE_PREFIX: Final = "envelope:"

DAY_MS: Final = 24 * 3_600_000
ROTATE_MS: Final = 7 * DAY_MS
"""E2E-4: age at which an envelope key is replaced."""
OVERLAP_MS: Final = DAY_MS
"""E2E-4: how long the key before stays readable."""
SPREAD_MS: Final = 5 * 60_000
"""Several nodes: a key is published this long after it was made, when every node has taken it up."""
ENVELOPE_TOPIC: Final = "envelope-keys"
"""Topic of `cosign.store.waker`."""
_ONE_AT_A_TIME: Final = 0x636F0010
"""Number of the lock that orders the nodes which may make a key."""


def core_exists(engine: Engine) -> bool:
    """Whether this database has a core already; a new token may be made only if it has not."""
    with reading(engine) as connection:
        return connection.execute(select(core_key.c.name).where(core_key.c.name == IDENTITY)).first() is not None


def load_core(engine: Engine, token: hsm.Token[SecretRecord], *, server_id: str, clock: Clock) -> ServerCore:
    """Opens the core of this key-share service; the first start makes it. Envelope keys come from `EnvelopeKeys`.

    Raises:
        SelfTestFailed: The sealed core does not open: another token, another server id, or a damaged row.
        TokenUnavailable, DatabaseUnavailable: See there.
    """
    with writing(engine) as connection:
        row = connection.execute(select(core_key).where(core_key.c.name == IDENTITY)).mappings().one_or_none()
        if row is None:
            core = ServerCore.generate(server_id)
            identity = _CoreRow(IDENTITY, core.identity_public_key)
            _insert(connection, token, server_id, identity, core.export())
            return core
        core = ServerCore.restore(server_id, _open(token, server_id, row))
    if core.identity_public_key != row["public_key"]:
        raise SelfTestFailed("the sealed core is not the one of this database")
    return core


def forget_envelope_keys(connection: Connection) -> None:
    """After a restore: phones may have seen newer keys than the backup holds and take no older one (E2E-4)."""
    connection.execute(delete(core_key).where(core_key.c.name.startswith(ENVELOPE_PREFIX)))


class EnvelopeKeys:
    """Envelope keys of one core: makes, publishes and destroys them. One caller at a time."""

    def __init__(self, engine: Engine, core: ServerCore, token: hsm.Token[SecretRecord], clock: Clock) -> None:
        self._engine = engine
        self._core = core
        self._token = token
        self._clock = clock
        self._known: dict[bytes, EnvelopeKeyStatement] = {}

    def rotate(self) -> list[EnvelopeKeyStatement]:
        """Takes up what another process made, makes a new key when the newest is a week old, destroys what is over.

        To be called at the start and every minute. Returns the readable keys, newest first.

        Raises:
            SelfTestFailed, TokenUnavailable, DatabaseUnavailable: See `load_core`.
        """
        now_ms = self._clock.now_ms()
        ours = core_key.c.name.startswith(ENVELOPE_PREFIX)
        taken: list[tuple[EnvelopeKey, EnvelopeKeyStatement]] = []
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
            connection.execute(delete(core_key).where(ours, core_key.c.not_after_ms <= now_ms))
            rows = connection.execute(select(core_key).where(ours)).mappings().all()
            for row in rows:
                statement = _statement(row)
                if statement.core_key_id not in self._known:
                    taken.append((EnvelopeKey.restore(_open(self._token, self._core.server_id, row)), statement))
            if now_ms - max((row["not_before_ms"] for row in rows), default=0) >= ROTATE_MS:
                spread = SPREAD_MS if rows and connection.dialect.name == "postgresql" else 0
                taken.append(self._make(connection, now_ms + spread))
                notify(connection, ENVELOPE_TOPIC)
        for key, statement in taken:
            self._core.add_envelope_key(key)
            self._known[statement.core_key_id] = statement
        for core_key_id in [one for one, statement in self._known.items() if statement.not_after_ms <= now_ms]:
            self._core.remove_envelope_key(core_key_id)
            del self._known[core_key_id]
        return self.published()

    def published(self) -> list[EnvelopeKeyStatement]:
        """The readable keys that every node has, newest first."""
        now_ms = self._clock.now_ms()
        readable = [one for one in list(self._known.values()) if one.not_before_ms <= now_ms < one.not_after_ms]
        return sorted(readable, key=lambda one: one.not_before_ms, reverse=True)

    def _make(self, connection: Connection, not_before: int) -> tuple[EnvelopeKey, EnvelopeKeyStatement]:
        key = EnvelopeKey.generate()
        not_after = not_before + ROTATE_MS + OVERLAP_MS
        server_id = self._core.server_id
        fields = statement_fields(
            server_id, key.key_id, key.public_key, not_before_ms=not_before, not_after_ms=not_after
        )
        signature = self._core.sign_statement("E2E/key", fields)
        row = _CoreRow(ENVELOPE_PREFIX + key.key_id.hex(), key.public_key, signature, not_before, not_after)
        _insert(connection, self._token, server_id, row, key.export())
        return key, EnvelopeKeyStatement(key.key_id, SUITE_P256, key.public_key, not_before, not_after, signature)


def statement_fields(
    server_id: str, core_key_id: bytes, public_key: bytes, *, not_before_ms: int, not_after_ms: int
) -> list[bytes]:
    """Fields of the statement `E2E/key` (E2E-4)."""
    return [
        server_id.encode(),
        core_key_id,
        bytes([SUITE_P256]),
        public_key,
        not_before_ms.to_bytes(8, "big"),
        not_after_ms.to_bytes(8, "big"),
    ]


@dataclass(frozen=True, slots=True)
class _CoreRow:
    name: str
    public_key: bytes
    statement: bytes = b""
    not_before_ms: int = 0
    not_after_ms: int = 0


def _insert(
    connection: Connection, token: hsm.Token[SecretRecord], server_id: str, row: _CoreRow, record: SecretRecord
) -> None:
    try:
        sealed, _ = seal(token, record, CoreKeyContext(server_id, row.name, row.public_key))
    except hsm.TokenFault as fault:
        raise TokenUnavailable(str(fault)) from fault
    values: dict[str, Any] = {
        "name": row.name,
        "public_key": row.public_key,
        "sealed": sealed,
        "statement": row.statement,
        "not_before_ms": row.not_before_ms,
        "not_after_ms": row.not_after_ms,
    }
    connection.execute(insert(core_key).values(values))


def _open(token: hsm.Token[SecretRecord], server_id: str, row: RowMapping) -> SecretRecord:
    try:
        return unseal(token, row["sealed"], CoreKeyContext(server_id, row["name"], row["public_key"]))
    except hsm.TokenUnavailable as fault:
        raise TokenUnavailable(str(fault)) from fault
    except (hsm.TokenFault, RecordDamaged, TypeError) as fault:  # TypeError: a column of another kind
        raise SelfTestFailed(f"core key {row['name']} does not open: {fault}") from fault


def _statement(row: RowMapping) -> EnvelopeKeyStatement:
    return EnvelopeKeyStatement(
        core_key_id=bytes.fromhex(row["name"].removeprefix(ENVELOPE_PREFIX)),
        suite=SUITE_P256,
        public_key=row["public_key"],
        not_before_ms=row["not_before_ms"],
        not_after_ms=row["not_after_ms"],
        signature=row["statement"],
    )
