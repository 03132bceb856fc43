"""Terms of a brand, applied to rows of that brand only (R-AUD-08)."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from cosign import ids
from cosign.accounts.faults import AccountStateRefused
from cosign.accounts.personal import AREA as ACCOUNTS
from cosign.accounts.personal import of_brand
from cosign.accounts.tables import account, account_tombstone, login_history
from cosign.audit.operation_log_personal import AREA as OPERATIONS
from cosign.audit.tables import operation_log
from cosign.messages.personal import AREA as MESSAGES
from cosign.messages.tables import message
from cosign.personal import retention as retention_module
from cosign.personal.archive import SealedArchive
from cosign.personal.model import Field
from cosign.personal.registry import PersonalRegistry
from cosign.personal.retention import Retention
from cosign.personal.tables import personal_archive
from cosign.store.metadata import metadata
from cosign.store.unit_of_work import reading, writing
from tests.cosign.personal.conftest import World
from tests.support.clear_text import assert_absent, dump

TERMS = {"login_history": 180, "messages": 365, "operation_log": 1_095}
NUMBER = "139" + "00001111"


def add_account(world: World, account_id: str, brand: str, *, state: str = "active") -> None:
    with writing(world.engine) as connection:
        connection.execute(
            insert(account).values(
                account_id=account_id,
                brand=brand,
                phone_number_sealed=world.personal.seal(Field.PHONE_NUMBER, account_id, NUMBER),
                phone_number_index=world.personal.index(Field.PHONE_NUMBER, brand, NUMBER),
                password_hash="",
                state=state,
                person_id="",
                mode="",
                acting="",
                avatar_upload_id="",
                created_at=world.clock.now(),
            )
        )


def add_rows(world: World, account_id: str, age: dt.timedelta) -> None:
    moment = world.clock.now() - age
    now_ms = round(moment.timestamp() * 1000)
    with writing(world.engine) as connection:
        login_id = ids.new_id("lgn", now_ms)
        connection.execute(
            insert(login_history).values(
                login_id=login_id,
                account_id=account_id,
                time=moment,
                method="code",
                result="ok",
                device_id="dev_1",
                device_label="",
                network_sealed=world.personal.seal(Field.ADDRESS_OF_CALLER, login_id, "192.0.2"),
            )
        )
        for table, values in (
            (message, {"message_id": ids.new_id("msg", now_ms), "created_ms": now_ms}),
            (operation_log, {"operation_id": ids.new_id("opl", now_ms), "time_ms": now_ms}),
        ):
            given = {"account_id": account_id, **values}
            connection.execute(insert(table).values(_filled(table.columns.keys(), given, str(table.name))))


def _filled(names: list[str], given: dict[str, object], table: str) -> dict[str, object]:
    """Values of every column; those that do not matter are empty."""
    empty = {"BLOB": b"", "BIGINT": 0, "INTEGER": 0}
    kinds = {one.name: str(one.type) for one in metadata.tables[table].columns}
    return {name: given.get(name, empty.get(kinds[name], "")) for name in names}


def counts(world: World) -> tuple[int, int, int]:
    with reading(world.engine) as connection:
        found = [len(connection.execute(select(table)).all()) for table in (login_history, message, operation_log)]
    return found[0], found[1], found[2]


def rules(world: World, **terms: int) -> Retention:
    return Retention(
        world.engine,
        PersonalRegistry([ACCOUNTS, MESSAGES, OPERATIONS]),
        brands=lambda: ["bxq", "net"],
        terms=lambda brand: TERMS | (terms if brand == "net" else {}),
        of_brand=of_brand,
        clock=world.clock,
    )


def test_what_is_over_goes_brand_by_brand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUD-08."""
    monkeypatch.setattr(retention_module, "BATCH", 2)
    add_account(world, "acc_1", "net")
    add_account(world, "acc_2", "bxq")
    for account_id in ("acc_1", "acc_2"):
        for days in (1, 100, 200, 400, 1_200, 1_300):
            add_rows(world, account_id, dt.timedelta(days=days))
    assert counts(world) == (12, 12, 12)

    erased = rules(world, login_history=30).sweep()
    assert erased == {"login_history": 5 + 4, "messages": 6, "operation_log": 4, "archive": 0}
    assert counts(world) == (3, 6, 8)
    assert set(rules(world).sweep().values()) == {0}


def test_the_table_shows_every_term(world: World) -> None:
    """R-AUD-08."""
    lines = {(one.brand, one.subject): one.days for one in rules(world, messages=30).table()}
    assert lines[("net", "messages")] == 30
    assert lines[("bxq", "messages")] == 365
    assert len(lines) == 6


def test_an_account_is_cancelled_before_it_is_erased(world: World) -> None:
    """R-AUD-08: nothing is erased under a live login."""
    add_account(world, "acc_1", "net")
    assert ACCOUNTS.erase is not None
    with writing(world.engine) as connection:
        archive = SealedArchive(
            connection, world.personal, account_id="acc_1", keep_until=world.clock.now(), clock=world.clock
        )
        with pytest.raises(AccountStateRefused):
            ACCOUNTS.erase(connection, world.personal, "acc_1", archive)


def test_what_is_left_of_an_erased_account(world: World, engine: Engine, tmp_path: Path) -> None:
    """R-AUD-08: the number survives in the sealed archive alone, and no index leads to it."""
    assert ACCOUNTS.erase is not None
    assert ACCOUNTS.export is not None
    add_account(world, "acc_1", "net", state="cancelled")
    add_rows(world, "acc_1", dt.timedelta(days=1))
    with writing(engine) as connection:
        connection.execute(
            insert(account_tombstone).values(
                account_id="acc_1",
                brand="net",
                phone_number_index=world.personal.index(Field.PHONE_NUMBER, "net", NUMBER),
                name_index=b"",
                document_index=b"",
                phone_number_sealed=world.personal.seal(Field.PHONE_NUMBER, "acc_1", NUMBER),
                person_id="per_1",
                cancelled_at=world.clock.now(),
            )
        )
        assert NUMBER in str(ACCOUNTS.export(connection, world.personal, "acc_1"))
        archive = SealedArchive(
            connection, world.personal, account_id="acc_1", keep_until=world.clock.now(), clock=world.clock
        )
        erased = ACCOUNTS.erase(connection, world.personal, "acc_1", archive)
        assert (erased.erased, erased.archived) == (3, 1)
        assert ACCOUNTS.erase(connection, world.personal, "acc_1", archive).archived == 0
    with reading(engine) as connection:
        (kept,) = connection.execute(select(personal_archive)).mappings()
        assert NUMBER in world.personal.open(Field.ARCHIVE, kept["archive_id"], kept["document_sealed"])
        assert connection.execute(select(account_tombstone)).all() == []
    assert_absent(dump(engine), NUMBER)
