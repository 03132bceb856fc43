"""Freezing an account or a device by two members of staff: a kind of proposal (R-ADM-21, R-ADM-24)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cosign import ids
from cosign.accounts import AccountState, AccountUnit
from cosign.accounts.faults import AccountStateRefused
from cosign.accounts.usecases import staff as accounts
from cosign.errors import FieldInvalid, ResourceNotFound
from cosign.staff.dual_control import Approval, DualKind
from cosign.staff.roles import Permission
from cosign.staff.rules import StaffRules

NAME: Final = "freeze"


@dataclass(frozen=True, slots=True)
class Freeze:
    """What is to rest, or to work again."""

    subject_id: str
    """`acc_` or `dev_` and a ULID."""
    release: bool


def checked_subject(subject_id: str) -> str:
    """The id of an account or device. Raises FieldInvalid."""
    if not ids.is_id(subject_id, ids.ACCOUNT) and not ids.is_id(subject_id, ids.DEVICE):
        raise FieldInvalid("subject_id", "must be `acc_` or `dev_` and a ULID")
    return subject_id


def freezes(unit: Callable[[Connection], AccountUnit], rules: StaffRules) -> DualKind[Freeze]:
    """The kind, with what it does in the transaction of the approval."""

    def execute(connection: Connection, freeze: Freeze, _approval: Approval) -> None:
        carry_out(unit(connection), freeze)

    return DualKind(
        name=NAME,
        propose=Permission.FREEZE,
        approve=Permission.FREEZE,
        lifetime=rules.proposal,
        encode=lambda freeze: json.dumps({"subject_id": freeze.subject_id, "release": freeze.release}),
        decode=lambda text: Freeze(**json.loads(text)),
        execute=execute,
        describe=lambda freeze: f"{'release' if freeze.release else 'freeze'} {freeze.subject_id}",
    )


def brand_of(unit: AccountUnit, subject_id: str) -> str:
    """The brand of an account or device. Raises ResourceNotFound: no such account, or device of an account."""
    account_id = subject_id
    if ids.is_id(subject_id, ids.DEVICE):
        phone = unit.phones.get(subject_id)
        account_id = phone.account_id if phone is not None else ""
    account = unit.accounts.get(account_id)
    if account is None:
        raise ResourceNotFound("no such account or device")
    return account.brand


def carry_out(unit: AccountUnit, freeze: Freeze) -> None:
    """Freezes or releases. Raises ResourceNotFound, AccountStateRefused, DeviceStateRefused, ConcurrentOperation."""
    if ids.is_id(freeze.subject_id, ids.DEVICE):
        act = accounts.release_device if freeze.release else accounts.block_device
        act(unit, device_id=freeze.subject_id)
        return
    if not freeze.release:
        accounts.suspend(unit, account_id=freeze.subject_id)
        return
    account = unit.accounts.get(freeze.subject_id)
    if account is not None and account.state is not AccountState.SUSPENDED:
        raise AccountStateRefused(f"the account is {account.state.value}, not suspended")
    accounts.unlock_account(unit, account_id=freeze.subject_id)
