"""`cosign-staff enrol | login | logout | whoami | logins | password | recovery-codes`: the own account."""

from typing import Annotated

import typer

from cosign.cli.cosign_staff_options import (
    CODE_VARIABLE,
    INVITATION_VARIABLE,
    NEW_PASSWORD_VARIABLE,
    PASSWORD_VARIABLE,
    CaOption,
    CertificateOption,
    HomeOption,
    JsonOption,
    KeyOption,
    LanguageOption,
    LimitOption,
    ServerOption,
    ask_secret,
    make_desk,
)

NameArgument = Annotated[str, typer.Argument(help="Login name.")]


def enrol(
    login_name: NameArgument,
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    certificate: CertificateOption = None,
    private_key: KeyOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Accept an invitation: shows the authenticator's secret, then asks for its code and a new password."""
    desk = make_desk(home, machine, language, server=server, ca=ca, certificate=certificate, private_key=private_key)
    invitation = ask_secret("Invitation", INVITATION_VARIABLE)
    with desk.client() as client:
        begun = client.begin_enrolment(login_name, invitation)
        typer.echo(f"Authenticator: {begun.totp_uri}", err=True)
        code = ask_secret("Code of the authenticator", CODE_VARIABLE)
        password = ask_secret("New password", PASSWORD_VARIABLE, twice=True)
        codes = client.finish_enrolment(login_name, invitation, password, code)
        desk.console.result("Enrolled. Recovery codes:\n" + "\n".join(codes), recovery_codes=codes)


def login(
    login_name: NameArgument,
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    certificate: CertificateOption = None,
    private_key: KeyOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Log in by password and a code of the authenticator or a recovery code."""
    desk = make_desk(home, machine, language, server=server, ca=ca, certificate=certificate, private_key=private_key)
    password = ask_secret("Password", PASSWORD_VARIABLE)
    code = ask_secret("Code", CODE_VARIABLE)
    with desk.client() as client:
        desk.show(client.log_in(login_name, password, code))


def logout(home: HomeOption, machine: JsonOption = False, language: LanguageOption = None) -> None:
    """Log out."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        client.log_out()
        desk.console.result("Logged out.")


def whoami(home: HomeOption, machine: JsonOption = False, language: LanguageOption = None) -> None:
    """Show who is logged in and what he may do."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.who_am_i())


def logins(
    home: HomeOption, limit: LimitOption = 50, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """List the own logins, newest first."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows("logins", client.logins(), ("time", "result", "network"), limit=limit)


def password(home: HomeOption, machine: JsonOption = False, language: LanguageOption = None) -> None:
    """Change the own password; all other sessions end."""
    desk = make_desk(home, machine, language)
    old = ask_secret("Present password", PASSWORD_VARIABLE)
    new = ask_secret("New password", NEW_PASSWORD_VARIABLE, twice=True)
    with desk.client() as client:
        client.change_password(old, new)
        desk.console.result("Password changed.")


def recovery_codes(home: HomeOption, machine: JsonOption = False, language: LanguageOption = None) -> None:
    """Replace the recovery codes."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        codes = client.renew_recovery_codes()
        desk.console.result("\n".join(codes), recovery_codes=codes)
