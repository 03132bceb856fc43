"""Opens the configured database, brings its schema up to date and joins its nodes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine

from cosign.errors import DatabaseUnsafe, ServerRunning
from cosign.server.config import Config
from cosign.server.heads_wiring import head_record, heads_engine, prepare_heads
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.node import NodeConnection, nodes_running
from cosign.store.postgres import PostgresOptions, check_durability
from cosign.store.unit_of_work import reading
from cosign.store.waker import LocalWaker, Waker
from keyshare.errors import StoreUnavailable


def open_engine(config: Config, *, patient: bool = False) -> Engine:
    """The engine of the configured database; nothing is read yet.

    Args:
        config: The configuration.
        patient: Without deadlines, for operator programs, whose statements may read everything.
    """
    database = config.database
    options = PostgresOptions(
        application_name="cosignctl" if patient else f"cosignd {config.server.node_id}",
        pool_size=database.pool_size,
        connect_seconds=database.connect_seconds,
        deadline_seconds=0 if patient else database.deadline_seconds,
        password_file=database.password_file,
    )
    return make_engine(config.database_url, options)


def open_database(config: Config, *, check: bool = True) -> Engine:
    """The engine for an operator program. Raises SchemaOutdated unless `check` is off."""
    engine = open_engine(config, patient=True)
    if check:
        migrations.check(engine)
    return engine


def prepare_schema(config: Config, engine: Engine) -> None:
    """At the start of a server: upgrades where that is allowed, and checks. Raises SchemaOutdated."""
    if config.database.migrate and not config.production:
        migrations.upgrade(engine)
        prepare_heads(config)
    migrations.check(engine)


@dataclass(slots=True)
class Durability:
    """RS-1: whether an acknowledged commit survives what it must survive. Does nothing on SQLite."""

    engine: Engine
    production: bool
    standbys: int
    heads: Engine | None = None
    """The second database; it must flush too, what it remembers is announced before a commit."""
    _lost: str = field(default="", init=False)

    def check(self) -> None:
        """Asks the server; to be called at start and every few seconds.

        Raises:
            DatabaseUnsafe: Acknowledged commits could be lost; `refuse` refuses until a later check passes.
            DatabaseUnavailable: It cannot be asked.
        """
        if self.engine.dialect.name != "postgresql":
            return
        try:
            with reading(self.engine) as connection:
                check_durability(connection, production=self.production, standbys=self.standbys)
            if self.heads is not None:
                with reading(self.heads) as connection:
                    check_durability(connection, production=self.production, standbys=0)
        except DatabaseUnsafe as fault:
            self._lost = str(fault)
            raise
        self._lost = ""

    def refuse(self) -> None:
        """Before every micro-batch. Raises StoreUnavailable while the last check failed."""
        if self._lost:
            raise StoreUnavailable(self._lost)


def check_durable(config: Config, engine: Engine) -> Durability:
    """The check of this configuration, passed once. Raises DatabaseUnsafe."""
    durability = Durability(engine, config.production, config.database.require_standbys, heads_engine(config))
    durability.check()
    return durability


def require_no_nodes(engine: Engine) -> None:
    """For acts that running nodes would not notice. Raises ServerRunning."""
    with reading(engine) as connection:
        if count := nodes_running(connection):
            raise ServerRunning(f"{count} nodes run on this database")


@dataclass(frozen=True, slots=True)
class Membership:
    """This process among the nodes of its database."""

    waker: Waker
    checks: Mapping[str, Callable[[], None]]
    """For the health monitor."""
    close: Callable[[], None]


def join(config: Config, engine: Engine, *, failed: Callable[[Exception], None]) -> Membership:
    """Makes this process known to the others, before it writes anything.

    Args:
        config: The configuration.
        engine: The database.
        failed: Told when the connection to the other nodes is lost; on a thread of its own.

    Raises:
        ServerRunning: Another process has this node id.
        ConfigInvalid: The other nodes keep their heads elsewhere.
        DatabaseUnavailable: No connection.
    """
    if engine.dialect.name != "postgresql":
        return Membership(LocalWaker(engine), {}, lambda: None)
    heads = head_record(config).identity
    node = NodeConnection(engine, node_id=config.server.node_id, heads_id=heads, failed=failed)
    return Membership(node, {}, node.close)
