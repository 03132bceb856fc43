"""Policies and environments in the database. The only user of `tables.py`."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.audit.model import AuditEntry
from cosign.audit.trail import AuditTrail
from cosign.brands.document import as_table, read_policy
from cosign.brands.environments import Environment
from cosign.brands.faults import EnvironmentDisabled, EtagMismatch
from cosign.brands.ports import PageOfEnvironments, PolicyVersion
from cosign.brands.presets import NEUTRAL, PRESETS
from cosign.brands.tables import brand_policy
from cosign.brands.tables import environment as environment_table
from cosign.errors import ResourceNotFound
from cosign.store.waker import notify

APPLIED: Final = "brand-applied:"
"""Topic of `cosign.store.waker`, followed by the brand."""


def on_applied(topic: str, forget: Callable[[str], None]) -> None:
    """Calls `forget` with the brand that a topic speaks of; with an empty name when messages may have been missed."""
    if not topic:
        forget("")
    elif topic.startswith(APPLIED):
        forget(topic.removeprefix(APPLIED))


class SqlBrandUnit:
    """`BrandUnit` on one connection, inside the caller's transaction."""

    def __init__(self, connection: Connection, *, trail: AuditTrail) -> None:
        self._connection = connection
        self._trail = trail

    def policy(self, brand: str) -> PolicyVersion | None:
        found = self.history(brand, below=0, limit=1)
        return found[0] if found else None

    def history(self, brand: str, *, below: int, limit: int) -> Sequence[PolicyVersion]:
        query = select(brand_policy).where(brand_policy.c.brand == brand)
        if below:
            query = query.where(brand_policy.c.version < below)
        query = query.order_by(brand_policy.c.version.desc()).limit(limit)
        return [_as_version(row) for row in self._connection.execute(query).mappings()]

    def brands(self) -> Sequence[str]:
        # One step of the index per brand: a table of many versions is not read through.
        first = select(func.min(brand_policy.c.brand).label("brand")).cte("names", recursive=True)
        after = select(func.min(brand_policy.c.brand)).where(brand_policy.c.brand > first.c.brand).scalar_subquery()
        names = first.union_all(select(after).where(first.c.brand.is_not(None)))
        query = select(names.c.brand).where(names.c.brand.is_not(None))
        return [str(row.brand) for row in self._connection.execute(query)]

    def add_policy(self, version: PolicyVersion) -> None:
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(brand_policy).values(
                        brand=version.brand,
                        version=version.version,
                        preset=version.preset,
                        document=json.dumps(as_table(version.policy), ensure_ascii=False),
                        applied_at=version.applied_at,
                        actor=version.actor,
                    )
                )
        except IntegrityError:
            raise EtagMismatch("another version was applied meanwhile") from None
        notify(self._connection, APPLIED + version.brand)

    def add_environment(self, environment: Environment) -> None:
        self._connection.execute(
            insert(environment_table).values(
                environment_id=environment.environment_id,
                brand=environment.brand,
                name=environment.name,
                endpoint=environment.endpoint,
                created_at=environment.created_at,
                expires_at=environment.expires_at,
            )
        )

    def environment(self, environment_id: str) -> Environment | None:
        query = select(environment_table).where(environment_table.c.environment_id == environment_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_environment(row)

    def environments(self, *, brand: str, before: str, limit: int) -> PageOfEnvironments:
        key = environment_table.c.environment_id
        query = select(environment_table).where(environment_table.c.brand == brand)
        if before:
            query = query.where(key < before)
        rows = self._connection.execute(query.order_by(key.desc()).limit(limit + 1)).mappings()
        found = [_as_environment(row) for row in rows]
        more = len(found) > limit
        return PageOfEnvironments(found[:limit], found[limit - 1].environment_id if more else "")

    def disable_environment(self, environment_id: str, now: dt.datetime) -> None:
        ended = self._connection.execute(
            update(environment_table)
            .where(environment_table.c.environment_id == environment_id, environment_table.c.disabled_at.is_(None))
            .values(disabled_at=now)
        )
        if ended.rowcount != 1:
            if self.environment(environment_id) is None:
                raise ResourceNotFound("no such environment")
            raise EnvironmentDisabled("the environment is disabled already")

    def record(self, entry: AuditEntry) -> None:
        self._trail.append(self._connection, [entry])


def _as_version(row: RowMapping) -> PolicyVersion:
    # The preset fills in what the program that wrote the row did not know yet.
    base = PRESETS.get(row["preset"], PRESETS[NEUTRAL])
    return PolicyVersion(
        brand=row["brand"],
        version=row["version"],
        preset=row["preset"],
        policy=read_policy(json.loads(row["document"]), base),
        applied_at=row["applied_at"],
        actor=row["actor"],
    )


def _as_environment(row: RowMapping) -> Environment:
    return Environment(
        environment_id=row["environment_id"],
        brand=row["brand"],
        name=row["name"],
        endpoint=row["endpoint"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        disabled_at=row["disabled_at"],
    )
