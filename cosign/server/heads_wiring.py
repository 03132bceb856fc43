"""Picks where the head log and the audit heads are kept: files, or a second PostgreSQL database."""

from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine

from cosign.audit.head_file import HeadFile
from cosign.audit.head_table import HeadTable as AuditHeadTable
from cosign.audit.head_table import outside as audit_tables
from cosign.audit.ports import HeadStore
from cosign.server.config import Config
from cosign.signing.head_log import FileHeadLog
from cosign.signing.head_table import HeadTable as KeyHeadTable
from cosign.signing.head_table import outside as key_tables
from cosign.signing.ports import HeadRecord
from cosign.store.engine import make_engine
from cosign.store.postgres import PostgresOptions
from cosign.store.unit_of_work import writing


def audit_heads(config: Config) -> HeadStore:
    """The audit heads outside the database."""
    if config.heads.url:
        return AuditHeadTable(_engine(config))
    return HeadFile(config.server.state_dir)


def head_record(config: Config) -> HeadRecord:
    """The head log outside the database (RS-3)."""
    if config.heads.url:
        return KeyHeadTable(_engine(config))
    return FileHeadLog(config.token_folder)


def prepare_heads(config: Config) -> None:
    """Makes the tables of the second database when they are missing. Raises DatabaseUnavailable."""
    if not config.heads.url:
        return
    engine = _engine(config)
    with writing(engine) as connection:
        for tables in (audit_tables, key_tables):
            tables.create_all(connection)
    KeyHeadTable(engine).begin()


def heads_engine(config: Config) -> Engine | None:
    """The second database, if there is one."""
    return _engine(config) if config.heads.url else None


def _engine(config: Config) -> Engine:
    return _shared(config.heads.url, config.heads.password_file, config.database.deadline_seconds)


@lru_cache(maxsize=8)
def _shared(url: str, password_file: Path | None, deadline_seconds: float) -> Engine:
    """One engine per database and process, with few connections."""
    options = PostgresOptions(
        application_name="cosign heads",
        pool_size=4,
        deadline_seconds=deadline_seconds,
        password_file=password_file,
    )
    return make_engine(url, options)
