"""Staff: accounts, roles, strong login, acts that need two persons, and what staff see of users (R-ADM-20, 21, 24).

    roles           who may do what: one table
    scope           for which brands somebody works
    model           values and state machines
    callers         who calls on the staff listener: `StaffCallers.principal(context, permission)`
    dual_control    propose, approve by a second person, execute once: `DualControl`, `DualKind`
    usecases        one capability per file

Other areas that serve staff take a `StaffCallers` for their servicers and add their kinds of proposals to the
`DualControl` of the server.
"""

from cosign.staff.callers import StaffCallers, StaffContext
from cosign.staff.dual_control import Approval, DualControl, DualKind
from cosign.staff.faults import PermissionMissing
from cosign.staff.model import Proposal, ProposalState, StaffPrincipal
from cosign.staff.roles import PERMISSIONS, Permission, Role, permissions_of
from cosign.staff.scope import BrandScope

__all__ = [
    "PERMISSIONS",
    "Approval",
    "BrandScope",
    "DualControl",
    "DualKind",
    "Permission",
    "PermissionMissing",
    "Proposal",
    "ProposalState",
    "Role",
    "StaffCallers",
    "StaffContext",
    "StaffPrincipal",
    "permissions_of",
]
