"""Opens the configured database and brings its schema up to date."""

from sqlalchemy import Engine

from cosign.server.config import Config
from cosign.store import migrations
from cosign.store.engine import make_engine


def open_engine(config: Config) -> Engine:
    """The engine of the configured database; nothing is read yet."""
    return make_engine(config.database_url)


def open_database(config: Config, *, check: bool = True) -> Engine:
    """The engine of the configured database. Raises SchemaOutdated unless `check` is off."""
    engine = open_engine(config)
    if check:
        migrations.check(engine)
    return engine


def prepare_schema(config: Config, engine: Engine) -> None:
    """At the start of a server: upgrades where that is allowed, and checks. Raises SchemaOutdated."""
    if config.database.migrate and not config.production:
        migrations.upgrade(engine)
    migrations.check(engine)
