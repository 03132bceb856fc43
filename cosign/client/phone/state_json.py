"""`PhoneState` as one JSON document. Reading is strict: a missing, unknown or wrongly typed field means damage."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from cosign.client.phone.errors import HomeBroken
from cosign.client.phone.record import DeviceRecord
from cosign.client.phone.state import BlobSlot, PendingEnrolment, PhoneKey, PhoneKeyState, PhoneLogin, PhoneState
from cosign.client.phone.trust import TrustedServer
from protocol.codes import Purpose, Suite

FORMAT: Final = 1

T = TypeVar("T")
Document = Mapping[str, Any]


def encode_state(state: PhoneState) -> bytes:
    """UTF-8 JSON; bytes are hexadecimal."""
    document = {
        "format": FORMAT,
        "address": state.address,
        "device_id": state.device_id,
        "user_id": state.user_id,
        "display_name": state.display_name,
        "last_contact_ms": state.last_contact_ms,
        "changing": state.changing,
        "pending": _optional(state.pending, _put_pending),
        "login": _optional(state.login, _put_login),
        "server": _optional(state.server, _put_server),
        "record": _put_record(state.record),
        "keys": [_put_key(key) for key in state.keys.values()],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def decode_state(content: bytes) -> PhoneState:
    """Reads what `encode_state` wrote. Raises HomeBroken."""
    try:
        document = _Reader(json.loads(content))
        if document.number("format") != FORMAT:
            raise HomeBroken("device.json was written by another version")
        state = PhoneState(
            address=document.text("address"),
            device_id=document.text("device_id"),
            user_id=document.text("user_id"),
            display_name=document.text("display_name"),
            last_contact_ms=document.number("last_contact_ms"),
            changing=_Reader(document.take("changing", dict)).numbers(),
            pending=_optional(document.take("pending", dict, type(None)), _get_pending),
            login=_optional(document.take("login", dict, type(None)) if document.has("login") else None, _get_login),
            server=_optional(document.take("server", dict, type(None)), _get_server),
            record=_get_record(document.take("record", dict)),
            keys={key.key_id: key for key in map(_get_key, document.take("keys", list))},
        )
        document.end()
    except (ValueError, KeyError, TypeError) as error:
        raise HomeBroken(f"device.json is damaged: {type(error).__name__}: {error}") from None
    return state


class _Reader:
    """Takes each field of an object once, with its type."""

    def __init__(self, fields: Any) -> None:
        if not isinstance(fields, dict):
            raise TypeError("an object is expected")
        self._fields = dict(fields)

    def take(self, name: str, *types: type) -> Any:
        value = self._fields.pop(name)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise TypeError(name)
        return value

    def has(self, name: str) -> bool:
        """Whether a field that earlier versions did not write is there."""
        return name in self._fields

    def text(self, name: str) -> str:
        return str(self.take(name, str))

    def number(self, name: str) -> int:
        return int(self.take(name, int))

    def flag(self, name: str) -> bool:
        return bool(self.take(name, bool))

    def octets(self, name: str, size: int) -> bytes:
        value = bytes.fromhex(self.text(name))
        if len(value) != size:
            raise ValueError(f"{name} has {len(value)} bytes")
        return value

    def numbers(self) -> dict[str, int]:
        return {name: self.number(name) for name in list(self._fields)}

    def end(self) -> None:
        if self._fields:
            raise ValueError(f"unknown field {next(iter(self._fields))}")


def _optional(value: Any, convert: Callable[[Any], T]) -> T | None:
    return None if value is None else convert(value)


def _put_pending(pending: PendingEnrolment) -> Document:
    return {"request_id": pending.request_id, "code": pending.code, "display_name": pending.display_name}


def _get_pending(fields: Any) -> PendingEnrolment:
    reader = _Reader(fields)
    pending = PendingEnrolment(reader.text("request_id"), reader.text("code"), reader.text("display_name"))
    reader.end()
    return pending


def _put_login(login: PhoneLogin) -> Document:
    return {
        "session_id": login.session_id,
        "account_id": login.account_id,
        "refresh_token": login.refresh_token,
    }


def _get_login(fields: Any) -> PhoneLogin:
    reader = _Reader(fields)
    login = PhoneLogin(reader.text("session_id"), reader.text("account_id"), reader.text("refresh_token"))
    reader.end()
    return login


def _put_server(server: TrustedServer) -> Document:
    return {
        "server_id": server.server_id,
        "identity_public_key": server.identity_public_key.hex(),
        "core_key_id": server.core_key_id.hex(),
        "envelope_public_key": server.envelope_public_key.hex(),
        "envelope_not_before_ms": server.envelope_not_before_ms,
        "envelope_not_after_ms": server.envelope_not_after_ms,
        "fetched_at_ms": server.fetched_at_ms,
        "clock_offset_ms": server.clock_offset_ms,
    }


def _get_server(fields: Any) -> TrustedServer:
    reader = _Reader(fields)
    server = TrustedServer(
        server_id=reader.text("server_id"),
        identity_public_key=reader.octets("identity_public_key", 33),
        core_key_id=reader.octets("core_key_id", 8),
        envelope_public_key=reader.octets("envelope_public_key", 33),
        envelope_not_before_ms=reader.number("envelope_not_before_ms"),
        envelope_not_after_ms=reader.number("envelope_not_after_ms"),
        fetched_at_ms=reader.number("fetched_at_ms"),
        clock_offset_ms=reader.number("clock_offset_ms"),
    )
    reader.end()
    return server


def _put_record(record: DeviceRecord) -> Document:
    return {
        "tau": record.tau.hex(),
        "ctr": record.ctr,
        "local_seq": record.local_seq,
        "restore_epoch": record.restore_epoch,
        "open_reqs": [req_id.hex() for req_id in record.open_reqs],
        "syncs": [{"req_id": req_id.hex(), "issued_ms": issued} for req_id, issued in record.syncs],
        "newest": record.newest.hex(),
    }


def _get_record(fields: Any) -> DeviceRecord:
    reader = _Reader(fields)
    record = DeviceRecord(
        tau=reader.octets("tau", 16),
        ctr=reader.number("ctr"),
        local_seq=reader.number("local_seq"),
        restore_epoch=reader.number("restore_epoch"),
        open_reqs=[_Reader({"id": one}).octets("id", 16) for one in reader.take("open_reqs", list)],
        syncs=[_get_sync(one) for one in reader.take("syncs", list)],
        newest=reader.octets("newest", 16),
    )
    reader.end()
    return record


def _get_sync(fields: Any) -> tuple[bytes, int]:
    reader = _Reader(fields)
    sync = reader.octets("req_id", 16), reader.number("issued_ms")
    reader.end()
    return sync


def _put_key(key: PhoneKey) -> Document:
    return {
        "key_id": key.key_id,
        "suite": key.suite.value,
        "faults_ms": key.faults_ms,
        "purpose": key.purpose.value,
        "public_key": key.public_key.hex(),
        "state": key.state.value,
        "active": _put_slot(key.active),
        "other": _optional(key.other, _put_slot),
    }


def _get_key(fields: Any) -> PhoneKey:
    reader = _Reader(fields)
    key = PhoneKey(
        key_id=reader.text("key_id"),
        suite=Suite(reader.text("suite") if reader.has("suite") else Suite.SM2),
        faults_ms=[int(one) for one in reader.take("faults_ms", list)] if reader.has("faults_ms") else [],
        purpose=Purpose(reader.number("purpose")),
        public_key=reader.octets("public_key", 33),
        state=PhoneKeyState(reader.text("state")),
        active=_get_slot(reader.take("active", dict)),
        other=_optional(reader.take("other", dict, type(None)), _get_slot),
    )
    reader.end()
    return key


def _put_slot(slot: BlobSlot) -> Document:
    return {"share_id": slot.share_id.hex(), "pin_number": slot.pin_number, "confirmed": slot.confirmed}


def _get_slot(fields: Any) -> BlobSlot:
    reader = _Reader(fields)
    slot = BlobSlot(
        share_id=reader.octets("share_id", 16),
        pin_number=reader.number("pin_number"),
        confirmed=reader.flag("confirmed"),
    )
    reader.end()
    return slot
