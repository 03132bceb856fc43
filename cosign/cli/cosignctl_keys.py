"""`cosignctl key`: list, show, freeze, unfreeze and revoke joint keys."""

from collections.abc import Callable
from typing import Annotated

import typer

from cosign import ids, validation
from cosign.cli.cosignctl_output import emit, emit_rows, load_config, new_app, reporting
from cosign.clock import to_ms
from cosign.server import operator_wiring
from cosign.signing.model import FrozenBy, Key, KeyFilter
from cosign.signing.ports import KeyUnit
from cosign.signing.usecases.change_key_state import freeze_key, revoke_key, unfreeze_key
from cosign.signing.usecases.find_key import get_key, list_keys
from cosign.store.unit_of_work import reading, writing

key = new_app("List, show, freeze, unfreeze and revoke keys.")

KeyId = Annotated[str, typer.Argument(help="The key.")]

_PAGE = 200


@key.command("list")
def list_all(
    user: Annotated[str, typer.Option(help="Only keys of this user.")] = "",
    device: Annotated[str, typer.Option(help="Only keys of this device.")] = "",
) -> None:
    """List keys, newest first."""
    found: list[Key] = []
    with reporting(), operator_wiring.operator(load_config()) as operator, reading(operator.engine) as connection:
        unit, after = operator.units.unit(connection), None
        where = KeyFilter(device_id=device or None)
        while True:
            page = list_keys(unit, user_id=user or None, where=where, after=after, limit=_PAGE)
            found += page
            if len(page) < _PAGE:
                break
            after = (to_ms(page[-1].created_at), page[-1].key_id)
    emit_rows([_as_row(entry) for entry in found], ("key_id", "purpose", "state", "custody", "device_id", "created_at"))


@key.command("show")
def show(key_id: KeyId) -> None:
    """Show one key."""
    with reporting(), operator_wiring.operator(load_config()) as operator:
        validation.identifier("key_id", key_id, ids.KEY)
        with reading(operator.engine) as connection:
            found = get_key(operator.units.unit(connection), key_id=key_id, user_id=None)
    row = _as_row(found)
    emit(row, lambda: "\n".join(f"{name} {value}" for name, value in row.items()))


@key.command("freeze")
def freeze(key_id: KeyId) -> None:
    """Stop every use of a key at once. Only the operator can undo it."""
    _change(
        key_id,
        lambda unit, now_ms: freeze_key(unit, key_id=key_id, user_id=None, by=FrozenBy.OPERATOR, now_ms=now_ms),
    )


@key.command("unfreeze")
def unfreeze(key_id: KeyId) -> None:
    """Allow use of a frozen key again, whoever froze it."""
    _change(
        key_id,
        lambda unit, now_ms: unfreeze_key(unit, key_id=key_id, user_id=None, by=FrozenBy.OPERATOR, now_ms=now_ms),
    )


@key.command("revoke")
def revoke(key_id: KeyId) -> None:
    """End a key for good: its server shares are destroyed."""
    _change(key_id, lambda unit, now_ms: revoke_key(unit, key_id=key_id, user_id=None, now_ms=now_ms, actor="operator"))


def _change(key_id: str, change: Callable[[KeyUnit, int], Key]) -> None:
    with reporting(), operator_wiring.operator(load_config()) as operator:
        validation.identifier("key_id", key_id, ids.KEY)
        with writing(operator.engine) as connection:
            changed = change(operator.units.unit(connection), operator.clock.now_ms())
    emit(_as_row(changed), lambda: f"{changed.key_id} {changed.state.value}")


def _as_row(entry: Key) -> dict[str, object]:
    return {
        "key_id": entry.key_id,
        "suite": entry.suite,
        "purpose": entry.purpose.name.lower(),
        "state": entry.state.value,
        "custody": entry.custody.name.lower(),
        "frozen_by": entry.frozen_by.value,
        "public_key": entry.public_key.hex(),
        "user_id": entry.user_id,
        "device_id": entry.device_id,
        "created_at": entry.created_at.isoformat(timespec="seconds"),
        "share_epoch": entry.share_epoch,
        "decryptions": entry.decryptions,
    }
