"""Faults of staff accounts and dual control, one class per reason (`cosign.errors` has the base classes)."""

from typing import TYPE_CHECKING

from cosign.errors import RequestFault, StateFault

if TYPE_CHECKING:
    from cosign.staff.roles import Permission


class PermissionMissing(RequestFault):
    """None of the member's roles allows this; `permission` names what is missing."""

    reason = "PERMISSION_MISSING"

    def __init__(self, permission: "Permission") -> None:
        super().__init__(f"needs the permission {permission.value}", metadata={"permission": permission.value})
        self.permission = permission


class StaffLoginFailed(RequestFault):
    """Wrong name, password, code or certificate, or an account that may not log in: the answer is the same."""

    reason = "STAFF_LOGIN_FAILED"


class StaffLoginLocked(RequestFault):
    """Too many failed logins of this name or address."""

    reason = "STAFF_LOGIN_LOCKED"


class InvitationInvalid(RequestFault):
    """Unknown, used or expired invitation."""

    reason = "STAFF_INVITATION_INVALID"


class OneTimeCodeWrong(RequestFault):
    """A wrong or used code of the authenticator."""

    reason = "STAFF_CODE_WRONG"


class StaffPasswordWeak(RequestFault):
    """The password breaks rules; `rules` names them."""

    reason = "STAFF_PASSWORD_WEAK"

    def __init__(self, rules: list[str]) -> None:
        super().__init__("the password breaks rules: " + ", ".join(rules), metadata={"rules": ",".join(rules)})


class PasswordChangeRequired(StateFault):
    """The member must choose a new password before anything else."""

    reason = "STAFF_PASSWORD_CHANGE_REQUIRED"


class StaffNameTaken(StateFault):
    """Another member has the login name."""

    reason = "STAFF_NAME_TAKEN"


class StaffStateRefused(StateFault):
    """The staff account is not in a state that allows this."""

    reason = "STAFF_STATE"


class RolesRefused(StateFault):
    """No role, or two that one person may not have together."""

    reason = "STAFF_ROLES_REFUSED"


class OwnAccountRefused(StateFault):
    """Nobody changes roles or state of his own account."""

    reason = "STAFF_OWN_ACCOUNT"


class LastSecurityOfficer(StateFault):
    """Without this member nobody could manage staff."""

    reason = "STAFF_LAST_SECURITY_OFFICER"


class ProposalStateRefused(StateFault):
    """The proposal was decided, withdrawn or has expired, or the same one is open already."""

    reason = "PROPOSAL_STATE"


class SecondPersonNeeded(StateFault):
    """Who proposed something cannot approve it."""

    reason = "PROPOSAL_SECOND_PERSON"
