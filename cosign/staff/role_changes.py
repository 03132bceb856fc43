"""Roles by two security officers: a kind of proposal (R-ADM-21)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cosign.staff.dual_control import Approval, DualKind
from cosign.staff.ports import StaffUnit
from cosign.staff.roles import Permission, Role
from cosign.staff.rules import StaffRules
from cosign.staff.usecases.manage import set_roles

NAME: Final = "staff_roles"


@dataclass(frozen=True, slots=True)
class RoleChange:
    """Roles that a member is to have."""

    staff_id: str
    roles: frozenset[Role]


def role_changes(unit: Callable[[Connection], StaffUnit], rules: StaffRules) -> DualKind[RoleChange]:
    """The kind, with what it does in the transaction of the approval."""

    def execute(connection: Connection, change: RoleChange, approval: Approval) -> None:
        set_roles(
            unit(connection),
            staff_id=change.staff_id,
            roles=change.roles,
            actor=approval.proposer_id,
            second=approval.approver_id,
        )

    return DualKind(
        name=NAME,
        propose=Permission.STAFF_MANAGE,
        approve=Permission.STAFF_MANAGE,
        lifetime=rules.proposal,
        encode=lambda change: json.dumps({"staff_id": change.staff_id, "roles": _words(change)}),
        decode=_decode,
        execute=execute,
        describe=lambda change: f"{change.staff_id} shall be {', '.join(_words(change))}",
    )


def _words(change: RoleChange) -> list[str]:
    return sorted(role.value for role in change.roles)


def _decode(text: str) -> RoleChange:
    values = json.loads(text)
    return RoleChange(values["staff_id"], frozenset(Role(word) for word in values["roles"]))
