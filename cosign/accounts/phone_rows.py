"""`Phones` in the database: devices of accounts."""

import datetime as dt
from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from cosign.accounts.model import DeviceDetails
from cosign.accounts.ports import Phone
from cosign.accounts.tables import account_device
from cosign.personal import Field, PersonalData
from cosign.store.prepared import Prepared


@cache
def _seen(pushes: bool) -> Prepared:
    """What a login tells about a known phone, with or without a push token."""
    told = "UPDATE account_device SET platform = :platform, os_version = :os_version, app_version = :app_version, "
    told += "last_login_at = :last_login_at, push_token_sealed = "
    told += ":push_token_sealed" if pushes else "NULL"
    return Prepared(told + " WHERE device_id = :of_device")


class SqlPhones:
    """Devices of accounts on one connection."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def put(self, account_id: str, device_id: str, details: DeviceDetails, now: dt.datetime) -> None:
        push = self._personal.seal(Field.EXTERNAL_ID, device_id, details.push_token) if details.push_token else None
        values = {
            "platform": details.platform,
            "os_version": details.os_version,
            "app_version": details.app_version,
            "push_token_sealed": push,
            "last_login_at": now,
        }
        if _seen(push is not None).run(self._connection, values | {"of_device": device_id}) == 1:
            return
        self._connection.execute(
            insert(account_device).values(device_id=device_id, account_id=account_id, remember_pin=False, **values)
        )

    def get(self, device_id: str) -> Phone | None:
        query = select(account_device).where(account_device.c.device_id == device_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_phone(row)

    def of(self, account_id: str, *, before: str, limit: int) -> Sequence[Phone]:
        query = select(account_device).where(account_device.c.account_id == account_id)
        if before:
            query = query.where(account_device.c.device_id < before)
        rows = self._connection.execute(query.order_by(account_device.c.device_id.desc()).limit(limit)).mappings()
        return [_as_phone(row) for row in rows]

    def push_tokens(self, account_id: str) -> tuple[str, ...]:
        """Where push messages to the account go."""
        query = select(account_device.c.device_id, account_device.c.push_token_sealed).where(
            account_device.c.account_id == account_id, account_device.c.push_token_sealed.is_not(None)
        )
        rows = self._connection.execute(query).all()
        return tuple(self._personal.open(Field.EXTERNAL_ID, device_id, sealed) for device_id, sealed in rows)

    def set_biometric(self, device_id: str, public_key: bytes) -> None:
        self._set(device_id, biometric_key=public_key or None)

    def set_preferences(
        self, device_id: str, *, remember_pin: bool | None, guide_suppressed_until: dt.datetime | None
    ) -> None:
        if remember_pin is not None:
            self._set(device_id, remember_pin=remember_pin)
        if guide_suppressed_until is not None:
            self._set(device_id, guide_suppressed_until=guide_suppressed_until)

    def detach_push(self, device_id: str) -> None:
        self._set(device_id, push_token_sealed=None)

    def remove(self, device_id: str) -> None:
        self._connection.execute(delete(account_device).where(account_device.c.device_id == device_id))

    def _set(self, device_id: str, **values: object) -> None:
        self._connection.execute(update(account_device).where(account_device.c.device_id == device_id).values(**values))


def _as_phone(row: RowMapping) -> Phone:
    return Phone(
        device_id=row["device_id"],
        account_id=row["account_id"],
        platform=row["platform"],
        os_version=row["os_version"],
        app_version=row["app_version"],
        last_login_at=row["last_login_at"],
        biometric_key=row["biometric_key"] or b"",
        remember_pin=row["remember_pin"],
        guide_suppressed_until=row["guide_suppressed_until"],
    )
