"""`cosign-staff members`: staff accounts and roles, for security officers."""

from typing import Annotated

import typer

from cosign.cli.cosign_staff_options import (
    HomeOption,
    JsonOption,
    LanguageOption,
    LimitOption,
    ReasonOption,
    group,
    make_desk,
)

members = group("Invite staff and give them roles.")

StaffArgument = Annotated[str, typer.Argument(help="`stf_` and a ULID.")]
RoleOption = Annotated[list[str], typer.Option("--role", help="Word of a role; may be repeated.")]

BrandOption = Annotated[
    list[str] | None, typer.Option("--brand", help="Brand to work for; may be repeated; without it all.")
]


@members.command("list")
def list_members(
    home: HomeOption, limit: LimitOption = 200, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """List staff accounts, newest first."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows(
            "staff", client.members.all(), ("staff_id", "login_name", "state", "roles", "brands", "name"), limit=limit
        )


@members.command("show")
def show(
    staff_id: StaffArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Show one staff account."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.get(staff_id))


@members.command("invite")
def invite(
    login_name: Annotated[str, typer.Argument(help="3 to 32 of a-z, 0-9, `.`, `_`, `-`.")],
    home: HomeOption,
    name: Annotated[str, typer.Option(help="Of the person.")],
    role: RoleOption,
    reason: ReasonOption,
    brand: BrandOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Invite somebody; prints the invitation once."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.invite(login_name, name, role, reason, brands=brand or ()))


@members.command("roles")
def roles(
    staff_id: StaffArgument,
    home: HomeOption,
    role: RoleOption,
    reason: ReasonOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Replace the roles of a member, or propose it."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.change_roles(staff_id, role, reason))


@members.command("brands")
def brands(
    staff_id: StaffArgument,
    home: HomeOption,
    reason: ReasonOption,
    brand: BrandOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Replace the brands that a member works for, or propose it."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.change_brands(staff_id, brand or (), reason))


@members.command("disable")
def disable(
    staff_id: StaffArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """End an account; its sessions end now."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.disable(staff_id))


@members.command("unlock")
def unlock(
    staff_id: StaffArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """End the lock after failed logins."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.unlock(staff_id))


@members.command("reset")
def reset(
    staff_id: StaffArgument,
    home: HomeOption,
    reason: ReasonOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Take password and authenticator away and invite again; prints the invitation once."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.reset(staff_id, reason))


@members.command("sessions")
def end_sessions(
    staff_id: StaffArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """End all sessions of a member."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        ended = client.members.end_sessions(staff_id)
        desk.console.result(f"{ended} ended", ended=ended)


@members.command("certificate")
def certificate(
    staff_id: StaffArgument,
    home: HomeOption,
    sha256: Annotated[str, typer.Option(help="SHA-256 of the certificate, 64 hexadecimal digits; empty: none.")] = "",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Name the client certificate that a member must show."""
    try:
        digest = bytes.fromhex(sha256)
    except ValueError:
        raise typer.BadParameter("64 hexadecimal digits", param_hint="--sha256") from None
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.bind_certificate(staff_id, digest))


@members.command("demand-password")
def demand_password(
    staff_id: StaffArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Make a member change his password before anything else."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.members.demand_password(staff_id))
