"""`cosignctl account`: look up, suspend, unlock. Numbers and names are shown masked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from cosign import ids, validation
from cosign.accounts.model import Account, normal_number
from cosign.accounts.ports import AccountUnit
from cosign.accounts.usecases.devices import list_devices
from cosign.accounts.usecases.profile import get_profile
from cosign.accounts.usecases.staff import suspend, unlock_account
from cosign.cli.cosignctl_output import confirm, emit, english, load_config, new_app, reporting
from cosign.errors import ResourceNotFound
from cosign.server import operator_wiring
from cosign.server.accounts_wiring import operator_accounts
from cosign.store.unit_of_work import reading, writing

account = new_app("Look up, suspend and unlock accounts.")

_PAGE = 200
AccountArgument = Annotated[str, typer.Argument(help="`acc_` and a ULID.")]


@account.callback()
def account_group() -> None:
    """Look up, suspend and unlock accounts."""


@account.command("find")
def find(
    brand: Annotated[str, typer.Option(help="The app's brand.")],
    number: Annotated[str, typer.Option(help="Mobile number, 11 digits.")],
) -> None:
    """Find the account of a number."""
    with reporting(), _unit(write=False) as unit:
        found = unit.accounts.by_number(brand, normal_number("number", number))
        if found is None:
            raise ResourceNotFound("no account of this number")
        document = _as_row(unit, found)
    _show(document)


@account.command("show")
def show(account_id: AccountArgument) -> None:
    """Show an account and its devices; number and name masked."""
    with reporting(), _unit(write=False) as unit:
        validation.identifier("account_id", account_id, ids.ACCOUNT)
        found = unit.accounts.get(account_id)
        if found is None:
            raise ResourceNotFound("no such account")
        document = _as_row(unit, found)
        devices = list_devices(unit, account_id=account_id, before="", limit=_PAGE)
        document["devices"] = [f"{one.device.device_id} {one.device.state.value}" for one in devices]
    _show(document)


@account.command("suspend")
def suspend_account(
    account_id: AccountArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop an account: its sessions end on all nodes, the keys of its phones rest."""
    with reporting():
        validation.identifier("account_id", account_id, ids.ACCOUNT)
        confirm(f"suspend {account_id}?" if english() else f"是否停用账号{account_id}？", given=yes)
        with _unit(write=True) as unit:
            document = _as_row(unit, suspend(unit, account_id=account_id))
    _show(document)


@account.command("unlock")
def unlock(account_id: AccountArgument) -> None:
    """Let a locked or suspended account work again, and the phones that the suspension stopped."""
    with reporting():
        validation.identifier("account_id", account_id, ids.ACCOUNT)
        with _unit(write=True) as unit:
            document = _as_row(unit, unlock_account(unit, account_id=account_id))
    _show(document)


@contextmanager
def _unit(*, write: bool) -> Iterator[AccountUnit]:
    with operator_wiring.operator(load_config()) as operator:
        make = operator_accounts(operator)
        with writing(operator.engine) if write else reading(operator.engine) as connection:
            yield make(connection)


def _as_row(unit: AccountUnit, found: Account) -> dict[str, Any]:
    profile = get_profile(unit, account_id=found.account_id)
    return {
        "account_id": found.account_id,
        "brand": found.brand,
        "state": found.state.value,
        "number": profile.phone_number_masked,
        "name": profile.name_masked,
        "verified": bool(found.person_id),
        "created_at": found.created_at.isoformat(timespec="seconds"),
        "locked_until": found.locked_until.isoformat(timespec="seconds") if found.locked_until else "",
    }


def _show(document: dict[str, Any]) -> None:
    def text() -> str:
        lines = [f"{key}  {value}" for key, value in document.items() if key != "devices"]
        return "\n".join([*lines, *(f"device  {one}" for one in document.get("devices", []))])

    emit(document, text)
