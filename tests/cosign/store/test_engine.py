"""How SQLite is opened: durable, guarded, silent about values."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from cosign.store.engine import CHECKPOINT_PAGES, LOCK_TIMEOUT_MS, make_engine, sqlite_url


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", LOCK_TIMEOUT_MS),
        ("secure_delete", 1),
        ("wal_autocheckpoint", CHECKPOINT_PAGES),
    ],
)
def test_pragmas(engine: Engine, pragma: str, value: object) -> None:
    with engine.connect() as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar_one() == value


def test_the_folder_is_ours_alone(engine: Engine) -> None:
    folder = Path(engine.url.database or "").parent

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_errors_never_show_values(engine: Engine) -> None:
    statement = text("INSERT INTO public_key_usage VALUES (:pk, :used)")
    values = {"pk": b"value-that-must-not-show", "used": 1}

    with pytest.raises(IntegrityError) as caught, engine.begin() as connection:  # noqa: PT012
        connection.execute(statement, values)
        connection.execute(statement, values)
    assert "value-that-must-not-show" not in str(caught.value)


def test_damaged_text_is_readable(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("SELECT CAST(x'ff41' AS TEXT)")).scalar_one() == "�A"


def test_other_databases_are_accepted_by_url() -> None:
    try:
        made = make_engine("postgresql+psycopg://user@localhost/cosign")
    except ModuleNotFoundError as missing:
        assert missing.name == "psycopg"  # noqa: PT017
    else:
        assert made.hide_parameters


def test_url(tmp_path: Path) -> None:
    assert sqlite_url(tmp_path / "a.db") == f"sqlite:///{tmp_path}/a.db"
