"""Roles of staff and what each may do: the one table (requirements, section 4).

A member has one or more roles; what he may do is the union. Code asks for a permission, never for a role.
"""

import enum
from collections.abc import Iterable, Mapping
from typing import Final

from cosign.staff.faults import RolesRefused


class Role(enum.StrEnum):
    """What somebody works as. The words are stored."""

    SUPPORT = "support"
    """Support (客服)."""
    PLATFORM_REVIEWER = "platform_reviewer"
    """First stage of reviews (平台审核员)."""
    SENIOR_REVIEWER = "senior_reviewer"
    """Second stage of reviews within the platform (平台复核员)."""
    CA_REVIEWER = "ca_reviewer"
    """The stage of the CA (CA审核员)."""
    OPERATOR = "operator"
    """Catalogue, brand policies, relying parties, reject types (运营)."""
    CONTENT_EDITOR = "content_editor"
    """Announcements, guides, agreements (内容编辑)."""
    FINANCE = "finance"
    """Refunds, invoices, transfers (财务)."""
    SECURITY_OFFICER = "security_officer"
    """Staff accounts and roles (安全管理员); the administrator of this service."""
    AUDITOR = "auditor"
    """Reads the records of what others did (审计员)."""
    HSM_OPERATOR = "hsm_operator"
    """Ceremonies of the token, by `cosignctl` (密码机操作员)."""


class Permission(enum.StrEnum):
    """One thing staff may do."""

    ACCOUNT_VIEW = "account_view"
    """Find an account and read it masked."""
    OPERATIONS_VIEW = "operations_view"
    """Read the operation log of an account, masked."""
    UNMASK = "unmask"
    """See one datum in clear text, with a reason."""
    ACCOUNT_UNLOCK = "account_unlock"
    """End a lock after failed logins."""
    MESSAGE_RESEND = "message_resend"
    """Have a message sent again."""
    FREEZE = "freeze"
    """Stop or release an account or a device; two persons."""
    REVIEW_VIEW = "review_view"
    """Read review queues and items."""
    REVIEW_FIRST = "review_first"
    """Decide the first stage."""
    REVIEW_SECOND = "review_second"
    """Decide the second stage within the platform."""
    REVIEW_CA = "review_ca"
    """Decide the stage of the CA."""
    REVIEW_SUPERVISE = "review_supervise"
    """Release the claims of others."""
    REJECT_TYPES_EDIT = "reject_types_edit"
    """Edit the dictionary of reject types."""
    CONTENT_EDIT = "content_edit"
    """Draft texts."""
    CONTENT_PUBLISH = "content_publish"
    """Publish and withdraw texts."""
    CATALOGUE_EDIT = "catalogue_edit"
    """Edit catalogue, brand policies and relying parties."""
    FINANCE = "finance"
    """Approve refunds, issue invoices, match transfers."""
    STATISTICS_VIEW = "statistics_view"
    """Read counts without persons."""
    STAFF_VIEW = "staff_view"
    """Read staff accounts and their logins."""
    STAFF_MANAGE = "staff_manage"
    """Invite, change, lock and disable staff."""
    AUDIT_VIEW = "audit_view"
    """Read and export audit records."""
    PROPOSALS_VIEW = "proposals_view"
    """Read proposals that wait for a second person."""


_REVIEWER: Final = frozenset(
    {
        Permission.ACCOUNT_VIEW,
        Permission.OPERATIONS_VIEW,
        Permission.UNMASK,
        Permission.FREEZE,
        Permission.PROPOSALS_VIEW,
        Permission.REVIEW_VIEW,
    }
)

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.SUPPORT: frozenset(
        {
            Permission.ACCOUNT_VIEW,
            Permission.OPERATIONS_VIEW,
            Permission.ACCOUNT_UNLOCK,
            Permission.MESSAGE_RESEND,
            Permission.FREEZE,
            Permission.PROPOSALS_VIEW,
            Permission.REVIEW_VIEW,
        }
    ),
    Role.PLATFORM_REVIEWER: _REVIEWER | {Permission.REVIEW_FIRST},
    Role.SENIOR_REVIEWER: _REVIEWER | {Permission.REVIEW_SECOND, Permission.REVIEW_SUPERVISE},
    Role.CA_REVIEWER: _REVIEWER | {Permission.REVIEW_CA},
    Role.OPERATOR: frozenset(
        {
            Permission.CATALOGUE_EDIT,
            Permission.REJECT_TYPES_EDIT,
            Permission.CONTENT_EDIT,
            Permission.CONTENT_PUBLISH,
            Permission.STATISTICS_VIEW,
        }
    ),
    Role.CONTENT_EDITOR: frozenset({Permission.CONTENT_EDIT, Permission.CONTENT_PUBLISH}),
    Role.FINANCE: frozenset({Permission.FINANCE, Permission.STATISTICS_VIEW}),
    Role.SECURITY_OFFICER: frozenset({Permission.STAFF_VIEW, Permission.STAFF_MANAGE, Permission.PROPOSALS_VIEW}),
    Role.AUDITOR: frozenset(
        {
            Permission.STAFF_VIEW,
            Permission.PROPOSALS_VIEW,
            Permission.AUDIT_VIEW,
            Permission.OPERATIONS_VIEW,
            Permission.STATISTICS_VIEW,
        }
    ),
    Role.HSM_OPERATOR: frozenset(),
}
"""Who may do what. `docs/staff.md` shows it; a test compares them."""

_REVIEWERS: Final = (Role.PLATFORM_REVIEWER, Role.SENIOR_REVIEWER, Role.CA_REVIEWER)

CONFLICTS: Final[frozenset[frozenset[Role]]] = frozenset(
    {frozenset({Role.AUDITOR, other}) for other in Role if other is not Role.AUDITOR}
    | {frozenset({Role.SECURITY_OFFICER, other}) for other in Role if other is not Role.SECURITY_OFFICER}
    | {frozenset({Role.HSM_OPERATOR, other}) for other in (*_REVIEWERS, Role.FINANCE, Role.OPERATOR)}
    | {frozenset({first, second}) for first in _REVIEWERS for second in _REVIEWERS if first is not second}
    | {frozenset({Role.FINANCE, other}) for other in _REVIEWERS}
)
"""Pairs that nobody may have together (separation of duties)."""

WHOLE_SERVICE: Final = frozenset({Role.SECURITY_OFFICER, Role.AUDITOR})
"""Roles that nobody has for some brands only: they manage, or read, what belongs to all."""


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What a member with these roles may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def checked_roles(roles: Iterable[Role]) -> frozenset[Role]:
    """The roles as a set, if one person may have them together. Raises RolesRefused."""
    wanted = frozenset(roles)
    if not wanted:
        raise RolesRefused("at least one role is needed")
    for pair in CONFLICTS:
        if pair <= wanted:
            first, second = sorted(role.value for role in pair)
            raise RolesRefused(f"{first} and {second} may not be one person")
    return wanted
