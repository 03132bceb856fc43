"""`LinkedUnit` on one connection; the only user of `tables.py` beside `personal`."""

import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Row, RowMapping, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.accounts import AccountUnit
from cosign.audit.operation_log import OperationKind, OperationUnit, record_operation
from cosign.linked_logins.faults import BindingExists, BindingTaken
from cosign.linked_logins.model import Authorisation, Binding, ExternalUser, Level, PendingBinding, Provider
from cosign.linked_logins.tables import linked_account, linked_authorisation, linked_code, linked_pending
from cosign.personal import Field, PersonalData
from cosign.personal.locking import lock_text

_SWEPT: Final = (linked_authorisation, linked_code, linked_pending)


class SqlBindings:
    """`Bindings` in the database."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def find(self, brand: str, user: ExternalUser) -> Binding | None:
        found = (self._of_key(brand, key) for key in user.keys)
        return next((binding for binding in found if binding is not None), None)

    def of_account(self, account_id: str) -> Sequence[Binding]:
        query = select(linked_account).where(linked_account.c.account_id == account_id)
        rows = self._connection.execute(query.order_by(linked_account.c.binding_id).limit(len(Provider))).mappings()
        return [_as_binding(row) for row in rows]

    def name(self, binding: Binding) -> str:
        query = select(linked_account.c.name_sealed).where(linked_account.c.binding_id == binding.binding_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        return "" if sealed is None else self._personal.open(Field.NAME, binding.binding_id, sealed)

    def subject(self, binding: Binding) -> str:
        """The stored id of the user, with the provider's name before it; for exports."""
        query = select(linked_account.c.subject_sealed).where(linked_account.c.binding_id == binding.binding_id)
        return self._personal.open(Field.EXTERNAL_ID, binding.binding_id, self._connection.execute(query).scalar_one())

    def add(self, binding: Binding, user: ExternalUser) -> None:
        self._lock(binding.brand, user)
        self._check_free(binding, user)
        values = {
            "binding_id": binding.binding_id,
            "account_id": binding.account_id,
            "brand": binding.brand,
            "provider": binding.provider.value,
            "bound_at": binding.bound_at,
            **self._told(binding, user),
        }
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(linked_account).values(values))
        except IntegrityError:
            self._check_free(binding, user)
            raise BindingTaken("another account was bound meanwhile") from None

    def refresh(self, binding: Binding, user: ExternalUser) -> None:
        self._lock(binding.brand, user)
        holder = self._of_key(binding.brand, user.keys[0])
        if holder is not None and holder.binding_id != binding.binding_id:
            return  # two ids of one user that were bound apart stay apart: the lesser one keeps what it has
        changed = update(linked_account).where(linked_account.c.binding_id == binding.binding_id)
        with contextlib.suppress(IntegrityError), self._connection.begin_nested():
            self._connection.execute(changed.values(**self._told(binding, user)))

    def remove(self, binding_id: str) -> bool:
        gone = delete(linked_account).where(linked_account.c.binding_id == binding_id)
        return self._connection.execute(gone).rowcount == 1

    def _check_free(self, binding: Binding, user: ExternalUser) -> None:
        if self.find(binding.brand, user) is not None:
            raise BindingTaken("an account is bound to this user")
        if any(one.provider is binding.provider for one in self.of_account(binding.account_id)):
            raise BindingExists("the account is bound to another user")

    def _of_key(self, brand: str, key: str) -> Binding | None:
        indexes = self._personal.indexes(Field.EXTERNAL_ID, brand, key)
        query = select(linked_account).where(
            linked_account.c.brand == brand, linked_account.c.subject_index.in_(indexes)
        )
        row = self._connection.execute(query.limit(1)).mappings().one_or_none()
        return None if row is None else _as_binding(row)

    def _lock(self, brand: str, user: ExternalUser) -> None:
        lock_text(self._connection, self._personal.indexes(Field.EXTERNAL_ID, brand, user.keys[0]))

    def _told(self, binding: Binding, user: ExternalUser) -> dict[str, object]:
        best, row_id = user.keys[0], binding.binding_id
        return {
            "subject_sealed": self._personal.seal(Field.EXTERNAL_ID, row_id, best),
            "subject_index": self._personal.index(Field.EXTERNAL_ID, binding.brand, best),
            "name_sealed": self._personal.seal(Field.NAME, row_id, user.name) if user.name else None,
            "level": user.level.value,
        }


class SqlAuthorisations:
    """`Authorisations` in the database."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, state_hash: bytes, authorisation: Authorisation, expires_at: dt.datetime) -> None:
        values = dataclasses.asdict(authorisation) | {"state_hash": state_hash.hex(), "expires_at": expires_at}
        self._connection.execute(insert(linked_authorisation).values(values))

    def take(self, state_hash: bytes, now: dt.datetime) -> Authorisation | None:
        row = self._take(linked_authorisation, "state_hash", state_hash, now)
        if row is None:
            return None
        return Authorisation(
            brand=row.brand, provider=Provider(row.provider), holder=row.holder, account_id=row.account_id
        )

    def use_code(self, code_hash: bytes, expires_at: dt.datetime) -> bool:
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(linked_code).values(code_hash=code_hash.hex(), expires_at=expires_at))
        except IntegrityError:
            return False
        return True

    def add_pending(self, ticket_hash: bytes, pending: PendingBinding, expires_at: dt.datetime) -> None:
        row_id, user = ticket_hash.hex(), pending.user
        values = {
            "ticket_hash": row_id,
            "brand": pending.brand,
            "provider": user.provider.value,
            "holder": pending.holder,
            "subjects_sealed": self._personal.seal(Field.EXTERNAL_ID, row_id, json.dumps(user.subjects)),
            "name_sealed": self._personal.seal(Field.NAME, row_id, user.name) if user.name else None,
            "level": user.level.value,
            "expires_at": expires_at,
        }
        self._connection.execute(insert(linked_pending).values(values))

    def take_pending(self, ticket_hash: bytes, now: dt.datetime) -> PendingBinding | None:
        row = self._take(linked_pending, "ticket_hash", ticket_hash, now)
        if row is None:
            return None
        opened = self._personal.open(Field.EXTERNAL_ID, row.ticket_hash, row.subjects_sealed)
        name = self._personal.open(Field.NAME, row.ticket_hash, row.name_sealed) if row.name_sealed else ""
        user = ExternalUser(
            provider=Provider(row.provider), subjects=tuple(json.loads(opened)), name=name, level=Level(row.level)
        )
        return PendingBinding(brand=row.brand, holder=row.holder, user=user)

    def _take(self, table: Table, key: str, value: bytes, now: dt.datetime) -> Row[tuple[object, ...]] | None:
        taken = delete(table).where(table.c[key] == value.hex()).returning(*table.c)
        row = self._connection.execute(taken).one_or_none()
        return None if row is None or row.expires_at <= now else row


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What other areas do on the connection of our transaction."""

    accounts: Callable[[Connection], AccountUnit]
    operations: Callable[[Connection], OperationUnit]
    personal: PersonalData


class SqlLinkedUnit:
    """See the port."""

    def __init__(self, connection: Connection, neighbours: Neighbours) -> None:
        self._operations = neighbours.operations(connection)
        self.accounts = neighbours.accounts(connection)
        self.bindings = SqlBindings(connection, neighbours.personal)
        self.authorisations = SqlAuthorisations(connection, neighbours.personal)

    def log(self, kind: OperationKind, binding: Binding, *, device_id: str = "") -> None:
        content = {"provider": binding.provider.value}
        if binding.level:
            content["level"] = binding.level.value
        record_operation(
            self._operations,
            account_id=binding.account_id,
            kind=kind,
            device_id=device_id,
            object_id=binding.binding_id,
            content=content,
        )


def sweep(connection: Connection, now: dt.datetime) -> None:
    """Deletes what has run out of time."""
    for table in _SWEPT:
        connection.execute(delete(table).where(table.c.expires_at <= now))


def _as_binding(row: RowMapping) -> Binding:
    return Binding(
        binding_id=row["binding_id"],
        account_id=row["account_id"],
        brand=row["brand"],
        provider=Provider(row["provider"]),
        level=Level(row["level"]),
        bound_at=row["bound_at"],
    )
