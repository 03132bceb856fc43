"""`IdentityUnit` on one connection. With the `…_rows` modules the only user of `tables.py`."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, delete, select

from cosign.accounts import AccountUnit
from cosign.identity.attempt_rows import SqlAttempts, SqlCallbacks
from cosign.identity.change_model import PersonChanged
from cosign.identity.change_rows import SqlLinks, SqlManual, SqlValidity
from cosign.identity.model import Attempt
from cosign.identity.person_rows import SqlPeople
from cosign.identity.ports import IdentityUnit
from cosign.identity.tables import identity_callback
from cosign.personal import PersonalData
from cosign.store.unit_of_work import reading, writing

T = TypeVar("T")

KEEP_CALLBACKS: Final = dt.timedelta(days=30)
"""How long a callback is known; providers repeat for hours, and signatures are good for minutes."""
_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What other areas do on the connection of our transaction."""

    personal: PersonalData
    accounts: Callable[[Connection], AccountUnit]
    claim_uploads: Callable[[Connection, str, Sequence[str], dt.datetime], None]
    """Account, uploads, until when."""
    review: Callable[[Connection, Attempt], None]
    """Puts an attempt before the reviewers."""
    claim_video: Callable[[Connection, str, str, dt.datetime], None]
    """Account, upload, until when."""
    changed: Sequence[Callable[[Connection, PersonChanged], None]] = ()
    """Areas that are told of changes of persons."""


class SqlIdentityUnit:
    """See the port."""

    def __init__(self, connection: Connection, neighbours: Neighbours) -> None:
        self._connection = connection
        self._all = neighbours
        self.attempts = SqlAttempts(connection, neighbours.personal)
        self.people = SqlPeople(connection, neighbours.personal)
        self.callbacks = SqlCallbacks(connection)
        self.accounts = neighbours.accounts(connection)
        self.manual = SqlManual(connection)
        self.links = SqlLinks(connection, neighbours.personal)
        self.validity = SqlValidity(connection)

    def claim_uploads(self, account_id: str, upload_ids: Sequence[str], *, until: dt.datetime) -> None:
        self._all.claim_uploads(self._connection, account_id, upload_ids, until)

    def claim_video(self, account_id: str, upload_id: str, *, until: dt.datetime) -> None:
        self._all.claim_video(self._connection, account_id, upload_id, until)

    def person_changed(self, change: PersonChanged) -> None:
        for told in self._all.changed:
            told(self._connection, change)

    def review(self, attempt: Attempt) -> None:
        if attempt.account_id:
            self.accounts.accounts.hold(attempt.account_id)
        self._all.review(self._connection, attempt)


def sweep_callbacks(connection: Connection, now: dt.datetime) -> None:
    """Forgets callbacks that are too old to come again."""
    old = select(identity_callback.c.provider, identity_callback.c.event_id).where(
        identity_callback.c.received_at <= now - KEEP_CALLBACKS
    )
    for provider, event_id in connection.execute(old.limit(_BATCH)).all():
        connection.execute(
            delete(identity_callback).where(
                identity_callback.c.provider == provider, identity_callback.c.event_id == event_id
            )
        )


class SqlUnits:
    """`Units` on one engine."""

    def __init__(self, engine: Engine, unit: Callable[[Connection], IdentityUnit]) -> None:
        self._engine = engine
        self._unit = unit

    def read(self, work: Callable[[IdentityUnit], T]) -> T:
        """See the port."""
        with reading(self._engine) as connection:
            return work(self._unit(connection))

    def write(self, work: Callable[[IdentityUnit], T]) -> T:
        """See the port."""
        with writing(self._engine) as connection:
            return work(self._unit(connection))
