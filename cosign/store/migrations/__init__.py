"""The migration history of the whole database, run from code: no `alembic.ini`, no command needed."""

from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cosign.errors import DatabaseUnavailable, SchemaOutdated
from cosign.store.metadata import metadata
from cosign.store.unit_of_work import reading, writing

_UPGRADE_LOCK: Final = 0x636F0011


def upgrade(engine: Engine) -> None:
    """Brings the schema to the newest revision, in one transaction.

    Raises:
        DatabaseUnavailable: The database cannot be written.
        SchemaOutdated: The schema is newer than this program.
    """
    config = _config()
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":  # several nodes may start at once; an upgrade may take its time
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        _refuse_newer(MigrationContext.configure(connection).get_current_heads())
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except DBAPIError as fault:
            raise DatabaseUnavailable(f"the schema cannot be upgraded: {fault.orig}") from fault


def check(engine: Engine) -> None:
    """Raises SchemaOutdated unless the schema is exactly at the revision of this program."""
    with reading(engine) as connection:
        present = set(MigrationContext.configure(connection).get_current_heads())
    _refuse_newer(tuple(present))
    if present != set(_script().get_heads()):
        raise SchemaOutdated("the database schema is older than the program; run `cosignctl db upgrade`")


def differences(engine: Engine) -> list[object]:
    """What the migrated schema and the declared tables disagree about; empty if the history is complete."""
    # F401: importing registers the tables with `metadata`; the names are not needed.
    import cosign.accounts.tables
    import cosign.audit.tables
    import cosign.brands.tables
    import cosign.computer_logins.tables
    import cosign.content.tables
    import cosign.devices.tables
    import cosign.identity.change_tables
    import cosign.identity.tables
    import cosign.linked_logins.tables
    import cosign.messages.tables
    import cosign.personal.tables
    import cosign.reviews.tables
    import cosign.signing.tables
    import cosign.staff.tables
    import cosign.store.tables
    import cosign.uploads.tables  # noqa: F401

    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "cosign.store:migrations")
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _refuse_newer(present: tuple[str, ...]) -> None:
    known = {script.revision for script in _script().walk_revisions()}
    unknown = set(present) - known
    if unknown:
        raise SchemaOutdated(f"the database schema is newer than the program: {', '.join(sorted(unknown))}")
