"""Sections `database` and `heads` of the configuration."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cosign.errors import ConfigInvalid

if TYPE_CHECKING:
    from cosign.server.config import Config

MAX_NODE_ID: Final = 48
"""Names of audit segments have 64 characters; workers and micro-batches add to the node's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSection:
    """Where rows live."""

    url: str = ""
    """SQLAlchemy URL, `sqlite:` or `postgresql:`; empty means `cosign.db` in the state folder."""
    migrate: bool = True
    """Create and upgrade the schema at start. Off in production: use `cosignctl db upgrade`."""
    password_file: Path | None = None
    """PostgreSQL: file whose first line is the password; read again for every connection."""
    pool_size: int = 8
    """PostgreSQL: connections of one process besides the four that are kept for its hot path, locks and messages."""
    connect_seconds: int = 5
    """PostgreSQL: how long making a connection may take."""
    deadline_seconds: float = 5.0
    """PostgreSQL: longest time without an answer; then the connection is given up."""
    require_standbys: int = 0
    """PostgreSQL: synchronous standbys that must be streaming (RS-1); with fewer nothing is evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsSection:
    """What must not be lost together with the database: head log (RS-3) and audit heads."""

    url: str = ""
    """PostgreSQL URL of a second database; empty means files beside the token, enough for one machine."""
    password_file: Path | None = None
    """As for the database."""


def check_database(config: "Config") -> None:
    """Raises ConfigInvalid unless both sections are in range and fit each other."""
    database = config.database
    positive = {
        "database.pool_size": database.pool_size,
        "database.connect_seconds": database.connect_seconds,
        "database.deadline_seconds": database.deadline_seconds,
    }
    for key, value in positive.items():
        if not value > 0:
            raise ConfigInvalid(key, "must be greater than 0")
    if len(config.server.node_id) > MAX_NODE_ID:
        raise ConfigInvalid("server.node_id", f"must have at most {MAX_NODE_ID} characters")
    if database.require_standbys < 0:
        raise ConfigInvalid("database.require_standbys", "must not be negative")
    kind = _kind("database.url", config.database_url)
    if database.require_standbys and kind != "postgresql":
        raise ConfigInvalid("database.require_standbys", "needs PostgreSQL")
    if not config.heads.url:
        return
    if _kind("heads.url", config.heads.url) != "postgresql" or kind != "postgresql":
        raise ConfigInvalid("heads.url", "needs PostgreSQL here and in database.url")
    if make_url(config.heads.url) == make_url(config.database_url):
        raise ConfigInvalid("heads.url", "must not be the database itself: both would be lost together")


def _kind(key: str, url: str) -> str:
    try:
        kind = make_url(url).get_backend_name()
    except ArgumentError:
        raise ConfigInvalid(key, "not a URL") from None
    if kind not in ("sqlite", "postgresql"):
        raise ConfigInvalid(key, "must begin with sqlite: or postgresql:")
    return kind
