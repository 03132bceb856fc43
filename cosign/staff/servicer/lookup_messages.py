"""Messages of LookupService."""

from cosign.accounts.model import LoginEntry
from cosign.accounts.usecases.devices import AccountDevice
from cosign.api.v1 import lookup_pb2 as pb
from cosign.audit.operation_log_model import Operation
from cosign.messages import Message
from cosign.staff.model import Unmasking
from cosign.staff.usecases.look_up import AccountView
from cosign.timestamps import timestamp, timestamp_ms


def account(view: AccountView) -> pb.SupportAccount:
    """An account, masked."""
    found = view.account
    return pb.SupportAccount(
        account_id=found.account_id,
        brand=found.brand,
        state=found.state.value,
        phone_number_masked=view.phone_number_masked,
        name_masked=view.name_masked,
        verified=bool(found.person_id),
        created_at=timestamp(found.created_at),
        locked_until=timestamp(found.locked_until) if found.locked_until else None,
        devices=view.devices,
        sessions=view.sessions,
        unread_messages=view.unread_messages,
    )


def device(one: AccountDevice) -> pb.SupportDevice:
    """A device, without what its user called it."""
    return pb.SupportDevice(
        device_id=one.device.device_id,
        state=one.device.state.value,
        platform=one.phone.platform,
        os_version=one.phone.os_version,
        app_version=one.phone.app_version,
        last_login_at=timestamp(one.phone.last_login_at),
    )


def login(entry: LoginEntry) -> pb.SupportLogin:
    """A login, without the network it came from."""
    return pb.SupportLogin(
        login_id=entry.login_id,
        time=timestamp(entry.time),
        method=entry.method,
        result=entry.result,
        device_id=entry.device_id,
    )


def operation(one: Operation) -> pb.SupportOperation:
    """An operation, without its content."""
    return pb.SupportOperation(
        operation_id=one.operation_id,
        type=one.kind.value,
        outcome=one.outcome,
        object_id=one.object_id,
        device_id=one.device_id,
        time=timestamp_ms(one.time_ms),
    )


def message(one: Message) -> pb.SupportMessage:
    """A message, without its text."""
    return pb.SupportMessage(
        message_id=one.message_id,
        kind=one.kind.value,
        state=one.state.value,
        created_at=timestamp_ms(one.created_ms),
    )


def unmasking(one: Unmasking) -> pb.Unmasking:
    """Who saw what."""
    return pb.Unmasking(
        unmasking_id=one.unmasking_id,
        staff_id=one.staff_id,
        account_id=one.account_id,
        field=one.datum,
        purpose=one.purpose,
        reason=one.reason,
        time=timestamp(one.time),
    )
