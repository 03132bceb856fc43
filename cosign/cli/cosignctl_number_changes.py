"""`cosignctl account number-change`: users who lost their number and cannot be checked on their phone."""

from typing import Annotated, Any

import typer

from cosign import ids, validation
from cosign.accounts.number_change import NumberChange
from cosign.accounts.usecases.change_lost_number import decide
from cosign.cli.cosignctl_output import confirm, emit, english, load_config, new_app, reporting
from cosign.personal import mask_phone_number
from cosign.server import operator_wiring
from cosign.server.accounts_wiring import operator_accounts
from cosign.store.unit_of_work import reading, writing

number_change = new_app("Decide about changes of a lost login number.")

_PAGE = 200


@number_change.callback()
def number_change_group() -> None:
    """Decide about changes of a lost login number."""


@number_change.command("list")
def list_changes(
    after: Annotated[str, typer.Option(help="Go on after this id.")] = "",
) -> None:
    """List the changes that wait for a decision, oldest first; the new number masked."""
    with reporting(), operator_wiring.operator(load_config()) as operator, reading(operator.engine) as connection:
        unit = operator_accounts(operator)(connection)
        rows = [
            _row(one, unit.number_changes.phone_number(one.change_id))
            for one in unit.number_changes.in_review(after=after, limit=_PAGE)
        ]
    lines = [f"{row['change_id']}  {row['account_id']}  {row['number']}  {row['requested_at']}" for row in rows]
    emit({"changes": rows}, lambda: "\n".join(lines))


@number_change.command("decide")
def decide_change(
    change_id: Annotated[str, typer.Argument(help="`nch_` and a ULID.")],
    accept: Annotated[bool, typer.Option("--accept/--refuse", help="Whether the person is the owner.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Accept a change, after which the brand's days of waiting begin, or refuse it."""
    with reporting():
        validation.identifier("change_id", change_id, ids.NUMBER_CHANGE)
        question = f"decide {change_id}?" if english() else f"是否确认处理{change_id}？"
        confirm(question, given=yes)
        with operator_wiring.operator(load_config()) as operator, writing(operator.engine) as connection:
            unit = operator_accounts(operator)(connection)
            decided = decide(unit, change_id=change_id, accept=accept, clock=operator.units.clock)
            row = _row(decided, unit.number_changes.phone_number(change_id))
    emit(row, lambda: f"{row['change_id']}  {row['state']}")


def _row(change: NumberChange, number: str) -> dict[str, Any]:
    return {
        "change_id": change.change_id,
        "account_id": change.account_id,
        "state": change.state.value,
        "number": mask_phone_number(number.removeprefix("+86")) if number else "",
        "requested_at": change.requested_at.isoformat(timespec="seconds"),
        "due_at": change.due_at.isoformat(timespec="seconds") if change.due_at else "",
    }
