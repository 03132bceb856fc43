"""`Accounts` in the database."""

import dataclasses
import datetime as dt
import hmac
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.accounts.faults import PhoneTaken
from cosign.accounts.lookups import one_of
from cosign.accounts.model import Account, AccountState, Identity, IdentityKind
from cosign.accounts.tables import account, account_identity, former_password
from cosign.errors import ConcurrentOperation
from cosign.personal import Field, PersonalData
from cosign.personal.locking import lock_text
from cosign.store.prepared import Prepared, moment_of

_COLUMNS: Final = (
    "account_id",
    "brand",
    "state",
    "password_hash",
    "person_id",
    "mode",
    "acting",
    "avatar_upload_id",
    "created_at",
    "locked_until",
    "cancel_at",
)
"""What an `Account` is made of; the times come last."""
_TIMES: Final = 3


@cache
def _by_number(indexes: int) -> Prepared:
    """The account of one of so many indexes of a number."""
    places = " OR ".join(f"phone_number_index = :index_{place}" for place in range(indexes))
    # S608: the names come from this module, no value is put into the text.
    return Prepared(f"SELECT {', '.join(_COLUMNS)} FROM account WHERE brand = :of_brand AND ({places}) LIMIT 1")  # noqa: S608


class SqlAccounts:
    """Accounts, numbers, names, passwords and identities on one connection."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, account_: Account, phone_number: str) -> None:
        sealed, index = self._number(account_.account_id, account_.brand, phone_number)
        values = {
            "account_id": account_.account_id,
            "brand": account_.brand,
            "phone_number_sealed": sealed,
            "phone_number_index": index,
            "password_hash": account_.password_hash,
            "state": account_.state.value,
            "person_id": account_.person_id,
            "mode": account_.mode,
            "acting": account_.acting,
            "avatar_upload_id": account_.avatar_upload_id,
            "created_at": account_.created_at,
        }
        self._check_free(account_.brand, phone_number)
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(account).values(values))
        except IntegrityError:
            raise PhoneTaken("the number has an account") from None

    def get(self, account_id: str) -> Account | None:
        query = select(account).where(account.c.account_id == account_id)
        return _as_account(self._connection.execute(query).mappings().one_or_none())

    def hold(self, account_id: str) -> None:
        query = select(account.c.state).where(account.c.account_id == account_id).with_for_update(read=True)
        if self._connection.execute(query).scalar_one_or_none() in (None, AccountState.CANCELLED.value):
            raise ConcurrentOperation("the account has ended")

    def by_number(self, brand: str, phone_number: str) -> Account | None:
        indexes = self._personal.indexes(Field.PHONE_NUMBER, brand, phone_number)
        given = {"of_brand": brand} | {f"index_{place}": index for place, index in enumerate(indexes)}
        found = _by_number(len(indexes)).rows(self._connection, given)
        if not found:
            return None
        values = (*found[0][:-_TIMES], *map(moment_of, found[0][-_TIMES:]))
        return _as_account(dict(zip(_COLUMNS, values, strict=True)))

    def by_document(self, brand: str, document_number: str, *, limit: int) -> Sequence[Account]:
        indexes = self._personal.indexes(Field.DOCUMENT_NUMBER, brand, document_number.upper())
        query = select(account).where(account.c.brand == brand, one_of(account.c.document_index, indexes))
        rows = self._connection.execute(query.order_by(account.c.account_id.desc()).limit(limit)).mappings()
        return [one for one in map(_as_account, rows) if one is not None]

    def phone_number(self, account_id: str) -> str:
        return self._opened(account_id, "phone_number_sealed", Field.PHONE_NUMBER)

    def name(self, account_id: str) -> str:
        return self._opened(account_id, "name_sealed", Field.NAME)

    def has_document(self, account_: Account, document_number: str) -> bool:
        indexes = self._personal.indexes(Field.DOCUMENT_NUMBER, account_.brand, document_number.upper())
        query = select(account.c.document_index).where(account.c.account_id == account_.account_id)
        stored = self._connection.execute(query).scalar_one_or_none()
        return stored is not None and any(hmac.compare_digest(stored, index) for index in indexes)

    def become(self, account_: Account, target: AccountState, *, locked_until: dt.datetime | None = None) -> Account:
        account_.check_becomes(target)
        hit = self._connection.execute(
            update(account)
            .where(account.c.account_id == account_.account_id, account.c.state == account_.state.value)
            .values(state=target.value, locked_until=locked_until)
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("the account changed meanwhile")
        return dataclasses.replace(account_, state=target, locked_until=locked_until)

    def set_password(self, account_id: str, password_hash: str, *, now: dt.datetime, history: int) -> None:
        query = select(account.c.password_hash).where(account.c.account_id == account_id)
        before = str(self._connection.execute(query).scalar_one())
        self._set(account_id, password_hash=password_hash)
        if before and history:
            self._connection.execute(
                insert(former_password).values(account_id=account_id, set_at=now, password_hash=before)
            )
        times = self._connection.execute(
            select(former_password.c.set_at)
            .where(former_password.c.account_id == account_id)
            .order_by(former_password.c.set_at.desc())
        ).scalars()
        for moment in list(times)[max(history - 1, 0) :]:
            self._connection.execute(
                delete(former_password).where(
                    former_password.c.account_id == account_id, former_password.c.set_at == moment
                )
            )

    def store_rehash(self, account_id: str, before: str, after: str) -> None:
        """Replaces the hash of the same password; nothing happens when it changed meanwhile."""
        self._connection.execute(
            update(account)
            .where(account.c.account_id == account_id, account.c.password_hash == before)
            .values(password_hash=after)
        )

    def former_passwords(self, account_id: str) -> Sequence[str]:
        query = select(former_password.c.password_hash).where(former_password.c.account_id == account_id)
        return [str(one) for one in self._connection.execute(query).scalars()]

    def set_phone_number(self, account_id: str, brand: str, phone_number: str) -> None:
        sealed, index = self._number(account_id, brand, phone_number)
        self._check_free(brand, phone_number)
        try:
            with self._connection.begin_nested():
                self._set(account_id, phone_number_sealed=sealed, phone_number_index=index)
        except IntegrityError:
            raise PhoneTaken("the number has an account") from None

    def set_profile(self, account_id: str, *, name: str | None, avatar_upload_id: str | None) -> None:
        if name is not None:
            self._set(account_id, name_sealed=self._personal.seal(Field.NAME, account_id, name))
        if avatar_upload_id is not None:
            self._set(account_id, avatar_upload_id=avatar_upload_id)

    def set_verified(self, account_id: str, brand: str, *, person_id: str, name: str, document_number: str) -> None:
        self._set(
            account_id,
            person_id=person_id,
            name_sealed=self._personal.seal(Field.NAME, account_id, name),
            name_index=self._personal.index(Field.NAME, brand, name),
            document_index=self._personal.index(Field.DOCUMENT_NUMBER, brand, document_number.upper()),
        )

    def set_mode(self, account_id: str, mode: str) -> None:
        self._set(account_id, mode=mode)

    def set_acting(self, account_id: str, identity_id: str) -> None:
        self._set(account_id, acting=identity_id)

    def identities(self, account_id: str) -> Sequence[Identity]:
        query = (
            select(account_identity)
            .where(account_identity.c.account_id == account_id, account_identity.c.ended_at.is_(None))
            .order_by(account_identity.c.identity_id)
        )
        rows = self._connection.execute(query).mappings()
        return [Identity(row["identity_id"], IdentityKind(row["kind"]), row["enterprise_id"]) for row in rows]

    def add_identity(self, account_id: str, identity: Identity) -> None:
        self._connection.execute(
            insert(account_identity).values(
                identity_id=identity.identity_id,
                account_id=account_id,
                kind=identity.kind.value,
                enterprise_id=identity.enterprise_id,
            )
        )

    def end_identities(self, *, account_id: str = "", identity_id: str = "", now: dt.datetime) -> Sequence[str]:
        column, value = (
            (account_identity.c.identity_id, identity_id)
            if identity_id
            else (account_identity.c.account_id, account_id)
        )
        ended = (
            update(account_identity)
            .where(column == value, account_identity.c.ended_at.is_(None))
            .values(ended_at=now)
            .returning(account_identity.c.account_id)
        )
        return sorted({str(one) for one in self._connection.execute(ended).scalars()})

    def _opened(self, account_id: str, column: str, kind: Field) -> str:
        query = select(account.c[column]).where(account.c.account_id == account_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        return "" if sealed is None else self._personal.open(kind, account_id, sealed)

    def _check_free(self, brand: str, phone_number: str) -> None:
        lock_text(self._connection, self._personal.indexes(Field.PHONE_NUMBER, brand, phone_number))
        if self.by_number(brand, phone_number) is not None:
            raise PhoneTaken("the number has an account")

    def _number(self, account_id: str, brand: str, phone_number: str) -> tuple[bytes | None, bytes | None]:
        if not phone_number:
            return None, None
        return (
            self._personal.seal(Field.PHONE_NUMBER, account_id, phone_number),
            self._personal.index(Field.PHONE_NUMBER, brand, phone_number),
        )

    def _set(self, account_id: str, **values: object) -> None:
        self._connection.execute(update(account).where(account.c.account_id == account_id).values(**values))


def _as_account(row: RowMapping | dict[str, Any] | None) -> Account | None:
    if row is None:
        return None
    return Account(
        account_id=row["account_id"],
        brand=row["brand"],
        state=AccountState(row["state"]),
        created_at=row["created_at"],
        password_hash=row["password_hash"],
        person_id=row["person_id"],
        locked_until=row["locked_until"],
        cancel_at=row["cancel_at"],
        mode=row["mode"],
        acting=row["acting"],
        avatar_upload_id=row["avatar_upload_id"],
    )
