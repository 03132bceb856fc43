"""Roles and brands by two security officers: a kind of proposal (R-ADM-21)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cosign.staff.dual_control import Approval, DualKind
from cosign.staff.ports import StaffUnit
from cosign.staff.roles import Permission, Role
from cosign.staff.rules import StaffRules
from cosign.staff.scope import BrandScope, scope_words
from cosign.staff.usecases.manage import set_roles

NAME: Final = "staff_roles"


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What a member is to be, for which brands: the whole of it, so that the second person sees what he approves."""

    staff_id: str
    roles: frozenset[Role]
    brands: BrandScope


def role_changes(unit: Callable[[Connection], StaffUnit], rules: StaffRules) -> DualKind[RoleChange]:
    """The kind, with what it does in the transaction of the approval."""

    def execute(connection: Connection, change: RoleChange, approval: Approval) -> None:
        set_roles(
            unit(connection),
            staff_id=change.staff_id,
            roles=change.roles,
            brands=change.brands,
            actor=approval.proposer_id,
            second=approval.approver_id,
        )

    return DualKind(
        name=NAME,
        propose=Permission.STAFF_MANAGE,
        approve=Permission.STAFF_MANAGE,
        lifetime=rules.proposal,
        encode=lambda change: json.dumps(
            {"staff_id": change.staff_id, "roles": _roles(change), "brands": scope_words(change.brands)}
        ),
        decode=_decode,
        execute=execute,
        describe=lambda change: (
            f"{change.staff_id} shall be {', '.join(_roles(change))}"
            f" for {', '.join(scope_words(change.brands)) or 'all brands'}"
        ),
    )


def _roles(change: RoleChange) -> list[str]:
    return sorted(role.value for role in change.roles)


def _decode(text: str) -> RoleChange:
    values = json.loads(text)
    # Proposals that were made before members had brands name none.
    brands = frozenset(values.get("brands", ())) or None
    return RoleChange(values["staff_id"], frozenset(Role(word) for word in values["roles"]), brands)
