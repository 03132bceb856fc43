"""`Closing` in the database: tombstones and appeals."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.accounts.closing import Appeal, AppealState, Tombstone
from cosign.accounts.faults import PhoneTaken
from cosign.accounts.lookups import one_of
from cosign.accounts.model import Account, AccountState
from cosign.accounts.tables import account, account_appeal, account_tombstone, former_password
from cosign.personal import Field, PersonalData


class SqlClosing:
    """Tombstones and appeals on one connection."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def bury(self, account_: Account, *, reason: str, now: dt.datetime) -> None:
        account_id = account_.account_id
        row = self._connection.execute(select(account).where(account.c.account_id == account_id)).mappings().one()
        number = self._personal.open(Field.PHONE_NUMBER, account_id, row["phone_number_sealed"])
        self._connection.execute(
            insert(account_tombstone).values(
                account_id=account_id,
                brand=account_.brand,
                phone_number_index=row["phone_number_index"],
                name_index=row["name_index"] or b"",
                document_index=row["document_index"] or b"",
                phone_number_sealed=self._personal.seal(Field.PHONE_NUMBER, account_id, number),
                person_id=row["person_id"],
                cancelled_at=now,
            )
        )
        gone = dict.fromkeys(
            ("phone_number_sealed", "phone_number_index", "name_sealed", "name_index", "document_index")
        )
        sealed = self._personal.seal(Field.NOTE, account_id, reason) if reason else None
        self._connection.execute(
            update(account)
            .where(account.c.account_id == account_id)
            .values(
                password_hash="",
                avatar_upload_id="",
                cancelled_at=now,
                cancel_at=None,
                cancel_reason_sealed=sealed,
                **gone,
            )
        )
        self._connection.execute(delete(former_password).where(former_password.c.account_id == account_id))

    def announce(self, account_id: str, cancel_at: dt.datetime, *, reason: str) -> None:
        sealed = self._personal.seal(Field.NOTE, account_id, reason) if reason else None
        self._note(account_id, cancel_at=cancel_at, cancel_reason_sealed=sealed)

    def withdraw(self, account_id: str) -> None:
        self._note(account_id, cancel_at=None, cancel_reason_sealed=None)

    def announced_reason(self, account_id: str) -> str:
        query = select(account.c.cancel_reason_sealed).where(account.c.account_id == account_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        return "" if sealed is None else self._personal.open(Field.NOTE, account_id, sealed)

    def due(self, now: dt.datetime, limit: int) -> Sequence[str]:
        over = select(account.c.account_id).where(account.c.cancel_at.is_not(None), account.c.cancel_at <= now)
        found = self._connection.execute(over.order_by(account.c.cancel_at).limit(limit)).scalars()
        return [str(one) for one in found]

    def forgettable(self, brand: str, before: dt.datetime, limit: int) -> Sequence[str]:
        query = (
            select(account_tombstone.c.account_id)
            .join(account, account.c.account_id == account_tombstone.c.account_id)
            .where(
                account_tombstone.c.brand == brand,
                account_tombstone.c.cancelled_at <= before,
                account.c.state == AccountState.CANCELLED.value,
            )
            .order_by(account_tombstone.c.cancelled_at)
        )
        return [str(one) for one in self._connection.execute(query.limit(limit)).scalars()]

    def lock(self, account_id: str) -> bool:
        query = select(account_tombstone.c.account_id).where(account_tombstone.c.account_id == account_id)
        return self._connection.execute(query.with_for_update(skip_locked=True)).first() is not None

    def tombstone(self, account_id: str) -> Tombstone | None:
        query = select(account_tombstone).where(account_tombstone.c.account_id == account_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return Tombstone(
            account_id=row["account_id"],
            brand=row["brand"],
            person_id=row["person_id"],
            cancelled_at=row["cancelled_at"],
        )

    def cancelled_number(self, brand: str, phone_number: str) -> bool:
        query = select(account_tombstone.c.account_id).where(
            account_tombstone.c.brand == brand,
            one_of(
                account_tombstone.c.phone_number_index, self._personal.indexes(Field.PHONE_NUMBER, brand, phone_number)
            ),
            account_tombstone.c.person_id != "",
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def match(self, brand: str, phone_number: str, name: str, document_number: str, *, since: dt.datetime) -> str:
        documents = self._personal.indexes(Field.DOCUMENT_NUMBER, brand, document_number.upper())
        query = (
            select(account_tombstone.c.account_id)
            .where(
                account_tombstone.c.brand == brand,
                one_of(
                    account_tombstone.c.phone_number_index,
                    self._personal.indexes(Field.PHONE_NUMBER, brand, phone_number),
                ),
                one_of(account_tombstone.c.name_index, self._personal.indexes(Field.NAME, brand, name)),
                one_of(account_tombstone.c.document_index, documents),
                account_tombstone.c.person_id != "",
                account_tombstone.c.cancelled_at > since,
            )
            .order_by(account_tombstone.c.cancelled_at.desc())
        )
        return str(self._connection.execute(query.limit(1)).scalar() or "")

    def revive(self, tombstone: Tombstone, phone_number: str) -> None:
        account_id, brand = tombstone.account_id, tombstone.brand
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    update(account)
                    .where(account.c.account_id == account_id)
                    .values(
                        phone_number_sealed=self._personal.seal(Field.PHONE_NUMBER, account_id, phone_number),
                        phone_number_index=self._personal.index(Field.PHONE_NUMBER, brand, phone_number),
                        person_id="",
                        cancelled_at=None,
                        cancel_reason_sealed=None,
                    )
                )
        except IntegrityError:
            raise PhoneTaken("the number has an account by now") from None
        self._connection.execute(delete(account_tombstone).where(account_tombstone.c.account_id == account_id))

    def add_appeal(self, appeal: Appeal, *, secret_hash: bytes, phone_number: str) -> None:
        self._connection.execute(
            insert(account_appeal).values(
                appeal_id=appeal.appeal_id,
                account_id=appeal.account_id,
                secret_hash=secret_hash,
                state=appeal.state.value,
                phone_number_sealed=self._personal.seal(Field.PHONE_NUMBER, appeal.appeal_id, phone_number),
                submitted_at=appeal.submitted_at,
            )
        )

    def appeal(self, appeal_id: str) -> tuple[Appeal, bytes] | None:
        query = select(account_appeal).where(account_appeal.c.appeal_id == appeal_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else (self._as_appeal(row), row["secret_hash"])

    def appeal_number(self, appeal_id: str) -> str:
        query = select(account_appeal.c.phone_number_sealed).where(account_appeal.c.appeal_id == appeal_id)
        return self._personal.open(Field.PHONE_NUMBER, appeal_id, self._connection.execute(query).scalar_one())

    def decide(self, appeal_id: str, state: AppealState, *, reason: str, now: dt.datetime) -> bool:
        sealed = self._personal.seal(Field.NOTE, appeal_id, reason) if reason else None
        hit = self._connection.execute(
            update(account_appeal)
            .where(account_appeal.c.appeal_id == appeal_id, account_appeal.c.state == AppealState.IN_REVIEW.value)
            .values(state=state.value, decided_at=now, reason_sealed=sealed)
        )
        return hit.rowcount == 1

    def _note(self, account_id: str, **values: object) -> None:
        self._connection.execute(update(account).where(account.c.account_id == account_id).values(**values))

    def _as_appeal(self, row: RowMapping) -> Appeal:
        sealed = row["reason_sealed"]
        return Appeal(
            appeal_id=row["appeal_id"],
            account_id=row["account_id"],
            state=AppealState(row["state"]),
            submitted_at=row["submitted_at"],
            reason="" if sealed is None else self._personal.open(Field.NOTE, row["appeal_id"], sealed),
        )
