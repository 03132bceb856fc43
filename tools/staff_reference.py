"""Writes the tables of roles of the staff guide from the table that the service works with."""

from cosign.staff.roles import CONFLICTS, PERMISSIONS, Permission, Role


def roles() -> str:
    """Returns a Markdown table: every role and its permissions."""
    rows = ["| Role | May |", "|---|---|"]
    for role in Role:
        words = ", ".join(f"`{one.value}`" for one in Permission if one in PERMISSIONS[role])
        rows.append(f"| `{role.value}` | {words or '– (works with `cosignctl hsm`)'} |")
    return "\n".join(rows) + "\n"


def conflicts() -> str:
    """Returns a Markdown table: every role and the roles that its holder may not have."""
    rows = ["| Role | Excludes |", "|---|---|"]
    for role in Role:
        others = [other for other in Role if frozenset({role, other}) in CONFLICTS]
        rows.append(f"| `{role.value}` | {', '.join(f'`{other.value}`' for other in others) or '–'} |")
    return "\n".join(rows) + "\n"
