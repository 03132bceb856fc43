"""E2E-4 and the keys of the core at rest: rotation, overlap, restarts, lost or foreign tokens."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from cosign.errors import SelfTestFailed, TokenUnavailable
from cosign.signing.core_keys import (
    DAY_MS,
    EnvelopeKeys,
    core_exists,
    forget_envelope_keys,
    load_core,
    statement_fields,
)
from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.unit_of_work import writing
from hsm.software import SoftwareToken
from protocol._core import ecdsa_p256_verify
from protocol.codes import Suite
from protocol.errors import EnvelopeInvalid
from protocol.seal import Kek, SecretRecord
from protocol.server import ServerCore
from protocol.transcript import h
from tests.cosign.signing.real import SERVER, UtcClock


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(sqlite_url(tmp_path / "a.db"))
    migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def token(tmp_path: Path) -> SoftwareToken[SecretRecord]:
    return SoftwareToken.create(tmp_path / "token", kek=Kek, environment="test", warn=lambda _: None)


@pytest.fixture
def clock() -> UtcClock:
    return UtcClock()


@pytest.fixture
def core(engine: Engine, token: SoftwareToken[SecretRecord], clock: UtcClock) -> ServerCore:
    return load_core(engine, token, server_id=SERVER, clock=clock)


@pytest.fixture
def keys(engine: Engine, core: ServerCore, token: SoftwareToken[SecretRecord], clock: UtcClock) -> EnvelopeKeys:
    return EnvelopeKeys(engine, core, token, clock)


def test_the_core_is_made_once(engine: Engine, token: SoftwareToken[SecretRecord], clock: UtcClock) -> None:
    assert not core_exists(engine)
    first = load_core(engine, token, server_id=SERVER, clock=clock)
    second = load_core(engine, token, server_id=SERVER, clock=clock)

    assert core_exists(engine)
    assert first.identity_public_key == second.identity_public_key
    assert first.row_mac([b"row"]) == second.row_mac([b"row"])


def test_a_foreign_token_opens_nothing(engine: Engine, core: ServerCore, clock: UtcClock, tmp_path: Path) -> None:
    other = SoftwareToken.create(tmp_path / "other", kek=Kek, environment="test", warn=lambda _: None)

    with pytest.raises(SelfTestFailed):
        load_core(engine, other, server_id=core.server_id, clock=clock)


def test_another_server_id_opens_nothing(
    engine: Engine, core: ServerCore, token: SoftwareToken[SecretRecord], clock: UtcClock
) -> None:
    with pytest.raises(SelfTestFailed):
        load_core(engine, token, server_id=core.server_id + "x", clock=clock)


@pytest.mark.parametrize("column", ["public_key", "sealed"])
def test_a_damaged_core_row(
    engine: Engine, core: ServerCore, token: SoftwareToken[SecretRecord], clock: UtcClock, column: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE core_key SET {column} = substr({column}, 1, 20) || x'00'"))

    with pytest.raises(SelfTestFailed):
        load_core(engine, token, server_id=core.server_id, clock=clock)


def test_a_token_that_cannot_seal(engine: Engine, token: SoftwareToken[SecretRecord], clock: UtcClock) -> None:
    token._keys[1] = BrokenKek()

    with pytest.raises(TokenUnavailable):
        load_core(engine, token, server_id=SERVER, clock=clock)
    assert not core_exists(engine)


class BrokenKek:
    check_value = b"\0\0\0"

    def seal(self, record: SecretRecord, aad: bytes) -> bytes:
        raise OSError

    def open(self, sealed: bytes, aad: bytes) -> SecretRecord:
        raise OSError


def test_statements_are_signed_by_the_identity_key(core: ServerCore, keys: EnvelopeKeys, clock: UtcClock) -> None:
    (statement,) = keys.rotate()

    assert statement.not_before_ms == clock.ms
    assert statement.not_after_ms == clock.ms + 8 * DAY_MS
    fields = statement_fields(
        SERVER,
        statement.core_key_id,
        statement.public_key,
        not_before_ms=statement.not_before_ms,
        not_after_ms=statement.not_after_ms,
    )
    ecdsa_p256_verify(core.identity_public_key, h(Suite.P256, "E2E/key", fields), statement.signature)


def test_keys_are_rotated_weekly_and_readable_for_a_day_more(keys: EnvelopeKeys, clock: UtcClock) -> None:
    (first,) = keys.rotate()
    clock.advance(ms=7 * DAY_MS - 1)
    assert keys.rotate() == [first]
    clock.advance(ms=1)

    second, kept = keys.rotate()

    assert kept == first
    assert second.not_before_ms == clock.ms
    clock.advance(ms=DAY_MS - 1)
    assert keys.rotate() == [second, first]
    clock.advance(ms=1)
    assert keys.published() == [second]
    assert keys.rotate() == [second]


def test_a_destroyed_key_is_gone_from_core_and_database(engine: Engine, keys: EnvelopeKeys, clock: UtcClock) -> None:
    (first,) = keys.rotate()
    clock.advance(ms=7 * DAY_MS)
    keys.rotate()
    clock.advance(ms=DAY_MS)
    keys.rotate()

    with engine.begin() as connection:
        names = connection.execute(text("SELECT name FROM core_key")).scalars().all()
    assert f"envelope:{first.core_key_id.hex()}" not in names
    assert len(names) == 2
    with pytest.raises(EnvelopeInvalid):
        keys._core.open_request(b"\0\1\1" + first.core_key_id + bytes(200))


def test_a_restart_takes_up_the_same_keys(
    engine: Engine, core: ServerCore, token: SoftwareToken[SecretRecord], keys: EnvelopeKeys, clock: UtcClock
) -> None:
    keys.rotate()
    clock.advance(ms=7 * DAY_MS)
    published = keys.rotate()

    again = load_core(engine, token, server_id=core.server_id, clock=clock)

    assert EnvelopeKeys(engine, again, token, clock).rotate() == published


def test_a_server_that_slept_for_weeks_makes_a_new_key(keys: EnvelopeKeys, clock: UtcClock) -> None:
    (old,) = keys.rotate()
    clock.advance(ms=30 * DAY_MS)

    (new,) = keys.rotate()

    assert new.core_key_id != old.core_key_id


def test_a_lost_token_folder_is_an_error_not_a_new_start(
    engine: Engine, core: ServerCore, clock: UtcClock, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "token")
    fresh = SoftwareToken.create(tmp_path / "token", kek=Kek, environment="test", warn=lambda _: None)

    with pytest.raises(SelfTestFailed):
        load_core(engine, fresh, server_id=core.server_id, clock=clock)


def test_after_a_restore_phones_get_a_key_that_is_newer_than_any_before(
    engine: Engine, keys: EnvelopeKeys, core: ServerCore, token: SoftwareToken[SecretRecord], clock: UtcClock
) -> None:
    (old,) = keys.rotate()
    clock.advance(hours=1)
    with writing(engine) as connection:
        forget_envelope_keys(connection)
    (new,) = EnvelopeKeys(engine, core, token, clock).rotate()
    assert new.not_before_ms > old.not_before_ms
    assert core_exists(engine)
