"""Devices, codes, sessions and nonces in the database. The only user of `tables.py`."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.audit.model import AuditEntry
from cosign.audit.trail import AuditTrail
from cosign.devices.model import DEVICE_TRANSITIONS, Caller, Device, DeviceState
from cosign.devices.ports import PageOfDevices
from cosign.devices.tables import device as device_table
from cosign.devices.tables import device_session, enrolment_code, proof_nonce
from cosign.errors import ConcurrentOperation, DeviceKeyTaken, EnrolmentCodeInvalid, ProofReplayed
from cosign.store.prepared import Prepared, moment_of
from cosign.store.waker import notify

UNBOUND: Final = "device-unbound:"
"""Topic of `cosign.store.waker`, followed by the device id; a blocked device is one too."""
SESSIONS_ENDED: Final = "sessions-ended:"
"""Topic of `cosign.store.waker`, followed by the user id: some of his bearer tokens changed or ended."""

_BY_KEY: Final = Prepared(
    "SELECT device_id, user_id, display_name, public_key, state, enrolled_at FROM device WHERE public_key = :key"
)
_ADD_SESSION: Final = Prepared(
    "INSERT INTO device_session (token_hash, device_id, user_id, expires_at, session_id, brand, acting) "
    "VALUES (:token_hash, :device_id, :user_id, :expires_at, :session_id, :brand, :acting)"
)
_END_OF_USER: Final = Prepared("DELETE FROM device_session WHERE user_id = :of_user")
_END_OF_DEVICE: Final = Prepared("DELETE FROM device_session WHERE user_id = :of_user AND device_id = :of_device")
_REMEMBER_NONCE: Final = Prepared(
    "INSERT INTO proof_nonce (public_key, nonce, expires_at) VALUES (:public_key, :nonce, :expires_at) "
    "ON CONFLICT DO NOTHING"
)


def on_unbound(topic: str, forget: Callable[[str], None]) -> None:
    """Calls `forget` with the device that a topic speaks of; with an empty id when messages may have been missed."""
    if not topic:
        forget("")
    elif topic.startswith(UNBOUND):
        forget(topic.removeprefix(UNBOUND))


def on_sessions_ended(topic: str, forget: Callable[[str], None]) -> None:
    """Calls `forget` with the user that a topic speaks of."""
    if topic.startswith(SESSIONS_ENDED):
        forget(topic.removeprefix(SESSIONS_ENDED))


class SigningDevices(Protocol):
    """What the signing area does for devices, on the connection of our transaction."""

    def open_device(self, connection: Connection, *, device_id: str, user_id: str) -> None:
        """Creates the row of counters and clone token."""
        ...

    def unbind_device(self, connection: Connection, *, device_id: str) -> None:
        """Destroys the device's shares and ends its keys."""
        ...

    def device_state(self, connection: Connection, device_id: str) -> str:
        """`active`, `locked` or `frozen`."""
        ...


class SqlDeviceUnit:
    """`DeviceUnit` on one connection, inside the caller's transaction."""

    def __init__(self, connection: Connection, *, signing: SigningDevices, trail: AuditTrail) -> None:
        self._connection = connection
        self._signing = signing
        self._trail = trail

    def add_code(self, *, code_hash: bytes, user_id: str, expires_at: dt.datetime) -> None:
        self._connection.execute(
            insert(enrolment_code).values(code_hash=code_hash, user_id=user_id, expires_at=expires_at)
        )

    def take_code(self, code_hash: bytes, *, device_id: str, now: dt.datetime) -> str:
        spent = self._connection.execute(
            update(enrolment_code)
            .where(
                enrolment_code.c.code_hash == code_hash,
                enrolment_code.c.used_at.is_(None),
                enrolment_code.c.expires_at > now,
            )
            .values(used_at=now, device_id=device_id)
        )
        if spent.rowcount != 1:
            raise EnrolmentCodeInvalid("unknown, used or expired enrolment code")
        query = select(enrolment_code.c.user_id).where(enrolment_code.c.code_hash == code_hash)
        return str(self._connection.execute(query).scalar_one())

    def remember_nonce(self, public_key: bytes, nonce: bytes, expires_at: dt.datetime) -> None:
        values = {"public_key": public_key, "nonce": nonce, "expires_at": expires_at}
        if _REMEMBER_NONCE.run(self._connection, values) != 1:
            raise ProofReplayed("the proof was used before")

    def add_device(self, device: Device) -> None:
        self._signing.open_device(self._connection, device_id=device.device_id, user_id=device.user_id)
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(device_table).values(
                        device_id=device.device_id,
                        user_id=device.user_id,
                        display_name=device.display_name,
                        public_key=device.public_key,
                        state=DeviceState.ACTIVE.value,
                        enrolled_at=device.enrolled_at,
                    )
                )
        except IntegrityError:
            raise DeviceKeyTaken("the device key is registered already") from None

    def device(self, device_id: str) -> Device | None:
        row = (
            self._connection.execute(select(device_table).where(device_table.c.device_id == device_id))
            .mappings()
            .one_or_none()
        )
        return None if row is None else self._as_device(row)

    def device_by_key(self, public_key: bytes) -> Device | None:
        found = _BY_KEY.rows(self._connection, {"key": public_key})
        if not found:
            return None
        device_id, user_id, display_name, key, state, enrolled_at = found[0]
        return self._as_device(
            {
                "device_id": device_id,
                "user_id": user_id,
                "display_name": display_name,
                "public_key": key,
                "state": state,
                "enrolled_at": moment_of(enrolled_at),
            }
        )

    def devices(self, user_id: str, *, before: str, limit: int) -> PageOfDevices:
        query = select(device_table).order_by(device_table.c.device_id.desc()).limit(limit + 1)
        if user_id:
            query = query.where(device_table.c.user_id == user_id)
        if before:
            query = query.where(device_table.c.device_id < before)
        found = [self._as_device(row) for row in self._connection.execute(query).mappings()]
        more = len(found) > limit
        return PageOfDevices(found[:limit], found[limit - 1].device_id if more else "")

    def unbind(self, device_id: str, now: dt.datetime) -> None:
        ended = self._connection.execute(
            update(device_table)
            .where(device_table.c.device_id == device_id, _may_become(DeviceState.UNBOUND))
            .values(state=DeviceState.UNBOUND.value, unbound_at=now, blocked_by="")
        )
        if ended.rowcount != 1:
            raise ConcurrentOperation("the device changed meanwhile")
        self._connection.execute(delete(device_session).where(device_session.c.device_id == device_id))
        self._signing.unbind_device(self._connection, device_id=device_id)
        notify(self._connection, UNBOUND + device_id)

    def block(self, device_id: str, *, by: str) -> bool:
        hit = self._connection.execute(
            update(device_table)
            .where(device_table.c.device_id == device_id, _may_become(DeviceState.BLOCKED))
            .values(state=DeviceState.BLOCKED.value, blocked_by=by)
        )
        self._connection.execute(delete(device_session).where(device_session.c.device_id == device_id))
        notify(self._connection, UNBOUND + device_id)
        return hit.rowcount == 1

    def release(self, device_id: str, *, by: str) -> bool:
        blocked = (_may_become(DeviceState.ACTIVE), device_table.c.blocked_by == by)
        hit = self._connection.execute(
            update(device_table)
            .where(device_table.c.device_id == device_id, *blocked)
            .values(state=DeviceState.ACTIVE.value, blocked_by="")
        )
        return hit.rowcount == 1

    def refresh_label(self, device_id: str, display_name: str) -> None:
        self._connection.execute(
            update(device_table).where(device_table.c.device_id == device_id).values(display_name=display_name)
        )

    def end_sessions(self, user_id: str, *, session_id: str = "", keep: str = "") -> None:
        ended = delete(device_session).where(device_session.c.user_id == user_id)
        if session_id:
            ended = delete(device_session).where(device_session.c.session_id == session_id)
        if keep:
            ended = ended.where(device_session.c.session_id != keep)
        self._connection.execute(ended)
        notify(self._connection, SESSIONS_ENDED + user_id)

    def end_device_sessions(self, user_id: str, device_id: str) -> None:
        ended = _END_OF_DEVICE if device_id else _END_OF_USER
        ended.later(self._connection, {"of_user": user_id, "of_device": device_id})
        notify(self._connection, SESSIONS_ENDED + user_id)

    def stop_acting(self, user_id: str, *, acting: str) -> None:
        mine = (device_session.c.user_id == user_id, device_session.c.acting == acting)
        self._connection.execute(update(device_session).where(*mine).values(acting=""))
        notify(self._connection, SESSIONS_ENDED + user_id)

    def act_as(self, session_id: str, *, user_id: str, acting: str) -> None:
        self._connection.execute(
            update(device_session).where(device_session.c.session_id == session_id).values(acting=acting)
        )
        notify(self._connection, SESSIONS_ENDED + user_id)

    def add_session(self, token_hash: bytes, caller: Caller, expires_at: dt.datetime) -> None:
        _ADD_SESSION.later(
            self._connection,
            {
                "token_hash": token_hash,
                "device_id": caller.device_id,
                "user_id": caller.user_id,
                "expires_at": expires_at,
                "session_id": caller.session_id,
                "brand": caller.brand,
                "acting": caller.acting,
            },
        )

    def session(self, token_hash: bytes) -> tuple[Caller, dt.datetime] | None:
        query = select(device_session).where(device_session.c.token_hash == token_hash)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        caller = Caller(row["device_id"], row["user_id"], row["session_id"], row["brand"], row["acting"])
        return caller, row["expires_at"]

    def record(self, entry: AuditEntry) -> None:
        self._trail.append(self._connection, [entry])

    def _as_device(self, row: RowMapping | dict[str, Any]) -> Device:
        state = DeviceState(row["state"])
        if state is DeviceState.ACTIVE:
            state = DeviceState(self._signing.device_state(self._connection, row["device_id"]))
        return Device(
            device_id=row["device_id"],
            user_id=row["user_id"],
            display_name=row["display_name"],
            public_key=row["public_key"],
            state=state,
            enrolled_at=row["enrolled_at"],
        )


def _may_become(target: DeviceState) -> ColumnElement[bool]:
    return device_table.c.state.in_([state.value for state in DEVICE_TRANSITIONS.sources(target)])


def active_public_keys(connection: Connection, device_ids: Sequence[str]) -> dict[str, bytes]:
    """Public keys of devices that are not unbound. On the hot path, for all devices not seen for some seconds."""
    values: dict[str, object] = {f"p{i}": device_id for i, device_id in enumerate(device_ids)}
    values["state"] = DeviceState.ACTIVE.value
    return {row[0]: bytes(row[1]) for row in _active_keys(len(device_ids)).rows(connection, values)}


@lru_cache(maxsize=512)
def _active_keys(count: int) -> Prepared:
    names = ", ".join(f":p{i}" for i in range(count))
    # S608: only names of parameters are put into the text.
    return Prepared(f"SELECT device_id, public_key FROM device WHERE device_id IN ({names}) AND state = :state")  # noqa: S608


def sweep(connection: Connection, now: dt.datetime) -> None:
    """Deletes sessions, nonces and unused codes that have ended."""
    for table in (device_session, proof_nonce):
        connection.execute(delete(table).where(table.c.expires_at <= now))
    connection.execute(
        delete(enrolment_code).where(enrolment_code.c.expires_at <= now, enrolment_code.c.used_at.is_(None))
    )
