"""What this area says about its personal data: rotation, export, erasure, retention (R-AUD-08)."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from cosign.accounts.account_rows import SqlAccounts
from cosign.accounts.faults import AccountStateRefused
from cosign.accounts.model import AccountState
from cosign.accounts.session_rows import SqlSessions
from cosign.accounts.tables import (
    account,
    account_appeal,
    account_device,
    account_identity,
    account_session,
    account_tombstone,
    captcha,
    former_password,
    login_history,
    number_change,
    sms_code,
    verification_ticket,
)
from cosign.personal.model import Field, PersonalData
from cosign.personal.registry import Archive, Erased, OfBrand, PersonalArea, RetentionRule, SealedColumn

_EXPORTED: Final = 10_000
"""Logins in an export: more than any retention keeps of one person."""


def _export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    accounts = SqlAccounts(connection, personal)
    found = accounts.get(account_id)
    if found is None:
        return {}
    logins = SqlSessions(connection, personal).logins(account_id, before="", limit=_EXPORTED)
    return {
        "account": {
            "account_id": account_id,
            "brand": found.brand,
            "state": found.state.value,
            "phone_number": accounts.phone_number(account_id),
            "name": accounts.name(account_id),
            "created_at": found.created_at.isoformat(),
        },
        "logins": [
            {
                "time": one.time.isoformat(),
                "method": one.method,
                "result": one.result,
                "device": one.device_label,
                "network": one.network,
            }
            for one in logins
        ],
    }


def _erase(connection: Connection, personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    found = SqlAccounts(connection, personal).get(account_id)
    if found is not None and found.state is not AccountState.CANCELLED:
        raise AccountStateRefused("an account is cancelled before it is erased")
    buried = (
        connection.execute(select(account_tombstone).where(account_tombstone.c.account_id == account_id))
        .mappings()
        .one_or_none()
    )
    if buried is not None:
        number = personal.open(Field.PHONE_NUMBER, account_id, buried["phone_number_sealed"])
        cancelled = buried["cancelled_at"].isoformat()
        archive.keep("account", {"phone_number": number, "person_id": buried["person_id"], "cancelled_at": cancelled})
    erased = connection.execute(
        update(account)
        .where(account.c.account_id == account_id)
        .values(
            phone_number_sealed=None,
            phone_number_index=None,
            name_sealed=None,
            name_index=None,
            document_index=None,
            cancel_reason_sealed=None,
            password_hash="",
            avatar_upload_id="",
        )
    ).rowcount
    for table in (
        former_password,
        account_device,
        account_identity,
        account_session,
        login_history,
        number_change,
        account_appeal,
        account_tombstone,
    ):
        erased += connection.execute(delete(table).where(table.c.account_id == account_id)).rowcount
    return Erased(erased, archived=int(buried is not None))


def _cancel(connection: Connection, account_id: str, _now: dt.datetime) -> None:
    """The history goes; the use case itself removes number, secrets, devices and identities (`SqlClosing.bury`)."""
    connection.execute(delete(login_history).where(login_history.c.account_id == account_id))


def of_brand(brand: str) -> OfBrand:
    """The condition that an account is one of `brand`, for the retention of every area."""

    def condition(account_id: ColumnElement[str]) -> ColumnElement[bool]:
        return exists().where(account.c.account_id == account_id, account.c.brand == brand)

    return condition


def _expire_logins(connection: Connection, of_brand: OfBrand, before: dt.datetime, limit: int) -> int:
    old = (
        select(login_history.c.login_id)
        .where(login_history.c.time < before, of_brand(login_history.c.account_id))
        .order_by(login_history.c.time)
        .limit(limit)
    )
    names = list(connection.execute(old).scalars())
    if not names:
        return 0
    return connection.execute(delete(login_history).where(login_history.c.login_id.in_(names))).rowcount


AREA: Final = PersonalArea(
    name="accounts",
    columns=(
        SealedColumn(
            sealed=account.c.phone_number_sealed,
            row_id=account.c.account_id,
            field=Field.PHONE_NUMBER,
            index=account.c.phone_number_index,
            scope=account.c.brand,
        ),
        SealedColumn(sealed=account.c.name_sealed, row_id=account.c.account_id, field=Field.NAME),
        SealedColumn(sealed=account.c.cancel_reason_sealed, row_id=account.c.account_id, field=Field.NOTE),
        SealedColumn(
            sealed=account_tombstone.c.phone_number_sealed,
            row_id=account_tombstone.c.account_id,
            field=Field.PHONE_NUMBER,
            index=account_tombstone.c.phone_number_index,
            scope=account_tombstone.c.brand,
        ),
        SealedColumn(
            sealed=account_device.c.push_token_sealed, row_id=account_device.c.device_id, field=Field.EXTERNAL_ID
        ),
        SealedColumn(
            sealed=login_history.c.network_sealed, row_id=login_history.c.login_id, field=Field.ADDRESS_OF_CALLER
        ),
        SealedColumn(
            sealed=account_appeal.c.phone_number_sealed, row_id=account_appeal.c.appeal_id, field=Field.PHONE_NUMBER
        ),
        SealedColumn(sealed=number_change.c.number_sealed, row_id=number_change.c.change_id, field=Field.PHONE_NUMBER),
        SealedColumn(sealed=account_appeal.c.reason_sealed, row_id=account_appeal.c.appeal_id, field=Field.NOTE),
    ),
    passing=(
        verification_ticket.c.phone_number_sealed,
        sms_code.c.phone_number_index,
        sms_code.c.code_index,
        captcha.c.answer_index,
    ),
    lasting_indexes=(
        account.c.name_index,
        account.c.document_index,
        account_tombstone.c.name_index,
        account_tombstone.c.document_index,
    ),
    export=_export,
    erase=_erase,
    cancel=_cancel,
    retention=(RetentionRule(subject="login_history", expire=_expire_logins),),
)
