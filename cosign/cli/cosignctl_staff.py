"""`cosignctl staff`: staff accounts on the database of the configuration, for the first one and for emergencies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer

from cosign import ids, validation
from cosign.cli.cosignctl_output import confirm, emit, emit_rows, english, load_config, new_app, reporting
from cosign.errors import ResourceNotFound
from cosign.server import operator_wiring
from cosign.server.staff_wiring import operator_staff
from cosign.staff import PERMISSIONS, Role
from cosign.staff.model import StaffMember
from cosign.staff.ports import StaffUnit
from cosign.staff.rules import StaffRules
from cosign.staff.scope import decoded_scope, scope_words
from cosign.staff.usecases import manage
from cosign.store.unit_of_work import reading, writing

staff = new_app("Make and mend staff accounts.")

_PAGE: Final = 200
NameArgument = Annotated[str, typer.Argument(help="Login name, or `stf_` and a ULID.")]
RoleOption = Annotated[list[Role], typer.Option("--role", help="May be repeated.")]
BrandOption = Annotated[
    list[str] | None, typer.Option("--brand", help="Brand to work for; may be repeated; without it all.")
]


@staff.callback()
def staff_group() -> None:
    """Make and mend staff accounts."""


@staff.command("create")
def create(
    login_name: Annotated[str, typer.Argument(help="3 to 32 of a-z, 0-9, `.`, `_`, `-`.")],
    name: Annotated[str, typer.Option(help="Of the person.")],
    role: RoleOption,
    brand: BrandOption = None,
) -> None:
    """Make an account with roles; prints the invitation once. Two security officers are needed to give roles later."""
    with reporting(), _opened(write=True) as (unit, rules, operator):
        member, invitation = manage.invite(
            unit,
            login_name=login_name,
            name=name,
            roles=role,
            brands=decoded_scope(brand or (), operator.config.brands.enabled),
            actor=manage.OPERATOR,
            rules=rules,
            clock=operator.clock,
        )
        row = _row(unit, member)
    emit({**row, "invitation": invitation}, lambda: f"{row['staff_id']}\ninvitation {invitation}")


@staff.command("list")
def list_staff() -> None:
    """List staff accounts, newest first."""
    rows: list[dict[str, Any]] = []
    with reporting(), _opened(write=False) as (unit, _, _):
        before = ""
        while page := unit.members.page(before=before, limit=_PAGE):
            rows += [_row(unit, member) for member in page]
            before = page[-1].staff_id
    emit_rows(rows, ("staff_id", "login_name", "state", "roles", "brands", "name"))


@staff.command("roles")
def roles(
    who: Annotated[str, typer.Argument(help="Login name; empty: what each role may do.")] = "",
    role: Annotated[list[Role] | None, typer.Option("--role", help="New roles; may be repeated.")] = None,
) -> None:
    """Show what roles may do, or replace the roles of a member."""
    if not who:
        table = [
            {"role": one.value, "permissions": ", ".join(sorted(p.value for p in PERMISSIONS[one]))} for one in Role
        ]
        emit_rows(table, ("role", "permissions"))
        return
    if not role:
        raise typer.BadParameter("at least one", param_hint="--role")
    _act(
        who,
        lambda unit, member: manage.set_roles(
            unit, staff_id=member.staff_id, roles=role, brands=member.brands, actor=manage.OPERATOR
        ),
    )


@staff.command("brands")
def brands(who: NameArgument, brand: BrandOption = None) -> None:
    """Replace the brands that a member works for; his roles stay."""
    with reporting(), _opened(write=True) as (unit, _, operator):
        scope, member = decoded_scope(brand or (), operator.config.brands.enabled), _find(unit, who)
        changed = manage.set_roles(
            unit, staff_id=member.staff_id, roles=member.roles, brands=scope, actor=manage.OPERATOR
        )
        row = _row(unit, changed)
    emit(row, lambda: f"{row['staff_id']} {row['roles']} {row['brands'] or 'all brands'}")


@staff.command("disable")
def disable(who: NameArgument, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """End an account; its sessions end now."""
    with reporting():
        confirm(f"disable {who}?" if english() else f"是否停用{who}？", given=yes)
    _act(who, lambda unit, member: manage.disable(unit, staff_id=member.staff_id, actor=manage.OPERATOR))


@staff.command("unlock")
def unlock(who: NameArgument) -> None:
    """End the lock after failed logins."""
    _act(who, lambda unit, member: manage.unlock(unit, staff_id=member.staff_id, actor=manage.OPERATOR))


@staff.command("reset")
def reset(who: NameArgument, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Take password and authenticator away and invite again; the roles stay. Prints the invitation once."""
    with reporting():
        confirm(f"reset {who}?" if english() else f"是否重置{who}？", given=yes)
        with _opened(write=True) as (unit, rules, operator):
            member, invitation = manage.reset(
                unit,
                staff_id=_find(unit, who).staff_id,
                actor=manage.OPERATOR,
                keep_roles=True,
                rules=rules,
                clock=operator.clock,
            )
            row = _row(unit, member)
    emit({**row, "invitation": invitation}, lambda: f"{row['staff_id']}\ninvitation {invitation}")


@contextmanager
def _opened(*, write: bool) -> Iterator[tuple[StaffUnit, StaffRules, operator_wiring.Operator]]:
    with operator_wiring.operator(load_config()) as operator:
        make, rules = operator_staff(operator)
        with writing(operator.engine) if write else reading(operator.engine) as connection:
            yield make(connection), rules, operator


def _act(who: str, act: Callable[[StaffUnit, StaffMember], StaffMember]) -> None:
    with reporting(), _opened(write=True) as (unit, _, _):
        row = _row(unit, act(unit, _find(unit, who)))
    emit(row, lambda: f"{row['staff_id']} {row['state']} {row['roles']}")


def _find(unit: StaffUnit, who: str) -> StaffMember:
    if ids.is_id(who, ids.STAFF):
        return manage.get_member(unit, validation.identifier("staff_id", who, ids.STAFF))
    member = unit.members.by_login_name(who)
    if member is None:
        raise ResourceNotFound("no such member of staff")
    return member


def _row(unit: StaffUnit, member: StaffMember) -> dict[str, Any]:
    return {
        "staff_id": member.staff_id,
        "login_name": member.login_name,
        "name": unit.members.name(member.staff_id),
        "state": member.state.value,
        "roles": ",".join(sorted(role.value for role in member.roles)),
        "brands": ",".join(scope_words(member.brands)),
    }
