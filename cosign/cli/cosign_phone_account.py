"""Commands of `cosign-phone` about the account: send-code, register, login, logout, devices, logins, unbind, password.

The SMS code comes from --sms-code, COSIGN_SMS_CODE or a prompt; the password from --password-file, COSIGN_PASSWORD or a
hidden prompt, never from the command line.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from cosign.cli import cosign_phone_io as io
from cosign.cli.cosign_phone_authorise import AuthoriserOption, log_in
from cosign.cli.cosign_phone_lists import print_list
from cosign.cli.cosign_phone_options import (
    CaOption,
    HomeOption,
    JsonOption,
    LanguageOption,
    ServerOption,
    Setting,
    make_setting,
)
from cosign.client.phone import About, BindingNeeded, Phone, SecondStepNeeded

PASSWORD_VARIABLE: Final = "COSIGN_PASSWORD"  # noqa: S105 - the name of a variable
NEW_PASSWORD_VARIABLE: Final = "COSIGN_NEW_PASSWORD"  # noqa: S105 - the name of a variable
CODE_VARIABLE: Final = "COSIGN_SMS_CODE"
_CODE_STEP: Final = 2
"""`SECOND_STEP_CODE`."""

BrandOption = Annotated[str, typer.Option("--brand", help="The app's brand, for example bzt.")]
NumberOption = Annotated[str, typer.Option("--number", help="Mobile number, 11 digits.")]
CodeOption = Annotated[str | None, typer.Option("--sms-code", help="The code; without it one is sent and asked for.")]
NameOption = Annotated[str, typer.Option("--name", help="What to call this phone.")]
PasswordOption = Annotated[
    Path | None, typer.Option("--password-file", exists=True, dir_okay=False, help="File with the password.")
]
AcceptOption = Annotated[
    list[str] | None, typer.Option("--accept", help="Id of an agreement the user accepts; may be repeated.")
]

password = typer.Typer(
    help="Set, change or reset the password.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)


def send_code(
    home: HomeOption,
    brand: BrandOption,
    number: NumberOption,
    purpose: Annotated[str, typer.Option("--purpose", help="login, register, reset-password, step-up …")] = "login",
    captcha: Annotated[str, typer.Option("--captcha", help="ID:CHARACTERS of `captcha`, where needed.")] = "",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Send an SMS code to a number."""
    setting = make_setting(home, server, ca, machine, language)
    captcha_id, _, answer = captcha.partition(":")
    with setting.phone() as phone:
        phone.login.send_code(
            brand=brand, phone_number=number, purpose=purpose, captcha_id=captcha_id, captcha_answer=answer
        )
        setting.console.result("A code was sent.", number=number, purpose=purpose)


def captcha(
    home: HomeOption,
    brand: BrandOption,
    out: Annotated[Path, typer.Option("--out", help="PNG file to write.")],
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Fetch an image captcha and write it to a file."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        captcha_id, image = phone.login.captcha(brand)
        io.write_output(out, image)
        setting.console.result(f"Wrote {out}; its id is {captcha_id}.", captcha_id=captcha_id, out=str(out))


def register(
    home: HomeOption,
    brand: BrandOption,
    number: NumberOption,
    sms_code: CodeOption = None,
    password_file: PasswordOption = None,
    name: NameOption = "cosign-phone",
    accept: AcceptOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Make an account for a number, with a password, and log in."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        ticket = prove(setting, phone, brand, number, "register", sms_code)
        chosen = io.ask_pin(password_file, prompt="New password", variable=PASSWORD_VARIABLE, twice=True)
        phone.login.register(ticket=ticket, password=chosen, about=About(label=name), accepted=accept or ())
        _report(setting, phone, "Registered")


def login(
    home: HomeOption,
    brand: BrandOption,
    number: NumberOption = "",
    sms_code: CodeOption = None,
    by_password: Annotated[bool, typer.Option("--by-password", help="Log in by password, not by SMS.")] = False,
    one_tap: Annotated[bool, typer.Option("--one-tap", help="Log in by the number of the SIM.")] = False,
    wechat: Annotated[bool, typer.Option("--wechat", help="Log in by WeChat; --number links it at first use.")] = False,
    alipay: Annotated[bool, typer.Option("--alipay", help="Log in by Alipay; --number links it at first use.")] = False,
    network_identity: Annotated[
        bool, typer.Option("--network-identity", help="Log in by network identity; --number links an account.")
    ] = False,
    authoriser: AuthoriserOption = None,
    password_file: PasswordOption = None,
    name: NameOption = "cosign-phone",
    accept: AcceptOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Log in by SMS or another method; where the brand wants a second step, that is asked for."""
    setting = make_setting(home, server, ca, machine, language)
    about, accepted = About(label=name), accept or ()
    method = _method(password=by_password, one_tap=one_tap, wechat=wechat, alipay=alipay, network_id=network_identity)
    if not number and method in ("", "password"):
        raise typer.BadParameter("needed by this method", param_hint="--number")
    with setting.phone() as phone:
        try:
            if method == "password":
                secret = io.ask_pin(password_file, prompt="Password", variable=PASSWORD_VARIABLE)
                phone.login.login_password(
                    brand=brand, phone_number=number, password=secret, about=about, accepted=accepted
                )
            elif method:
                try:
                    log_in(
                        phone,
                        method,
                        brand,
                        authoriser=authoriser,
                        about=about,
                        accepted=accepted,
                        bind=bool(number),
                    )
                except BindingNeeded as unknown:
                    if not number:
                        raise
                    ticket = prove(setting, phone, brand, number, "bind", sms_code)
                    phone.linked.login_and_bind(unknown, ticket=ticket, about=about, accepted=accepted)
            else:
                ticket = prove(setting, phone, brand, number, "login", sms_code)
                phone.login.login_sms(ticket=ticket, about=about, accepted=accepted)
        except SecondStepNeeded as waiting:
            if waiting.step == _CODE_STEP:
                secret = prove(setting, phone, brand, number, "login", sms_code)
            else:
                secret = io.ask_pin(password_file, prompt="Password", variable=PASSWORD_VARIABLE)
            phone.login.finish(waiting, secret, about=about, accepted=accepted)
        _report(setting, phone, "Logged in")


def logout(
    home: HomeOption,
    everywhere: Annotated[bool, typer.Option("--others", help="End all other sessions instead of this one.")] = False,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Log out. Keys and device stay; log in again to use the account."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        if everywhere:
            ended = phone.account.revoke_sessions()
            setting.console.result(f"Ended {ended} other session(s).", ended=ended)
            return
        phone.login.logout()
        setting.console.result("Logged out.")


def devices(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the phones of the account."""
    print_list(
        make_setting(home, server, ca, machine, language),
        "devices",
        lambda phone: phone.account.phones(),
        row=lambda one: {
            "device_id": one.device_id,
            "label": one.label,
            "platform": one.platform,
            "state": one.state,
            "last_login": one.last_login_at.ToJsonString(),
            "calling": one.calling,
        },
        line=lambda one: f"{one.device_id}  {one.state}  {one.label}{'  (this one)' if one.calling else ''}",
    )


def logins(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the newest logins of the account, failed ones too."""
    print_list(
        make_setting(home, server, ca, machine, language),
        "logins",
        lambda phone: phone.account.logins(),
        row=lambda one: {
            "time": one.time.ToJsonString(),
            "method": one.method,
            "result": one.result,
            "device_id": one.device_id,
            "label": one.device_label,
            "network": one.network,
        },
        line=lambda one: f"{one.time.ToJsonString()}  {one.method}  {one.result}  {one.device_label}  {one.network}",
    )


def unbind(
    home: HomeOption,
    device_id: Annotated[str, typer.Option("--device", help="The phone to unbind.")],
    brand: BrandOption,
    number: NumberOption,
    sms_code: CodeOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Unbind a phone of the account: its sessions end, its keys can never be used again. Confirmed by an SMS code."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        ticket = prove(setting, phone, brand, number, "step-up", sms_code)
        left = phone.account.unbind(device_id, ticket=ticket)
        setting.console.result(f"{device_id} is unbound; {left} left.", device_id=device_id, left=left)


@password.command("set")
def set_password(
    home: HomeOption,
    password_file: PasswordOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Set the first password."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        phone.account.set_password(
            io.ask_pin(password_file, prompt="New password", variable=PASSWORD_VARIABLE, twice=True)
        )
        setting.console.result("Password set.")


@password.command("change")
def change_password(
    home: HomeOption,
    password_file: PasswordOption = None,
    new_password_file: Annotated[
        Path | None, typer.Option("--new-password-file", exists=True, dir_okay=False, help="File with the new one.")
    ] = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Change the password; all other sessions of the account end."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        old = io.ask_pin(password_file, prompt="Old password", variable=PASSWORD_VARIABLE)
        new = io.ask_pin(new_password_file, prompt="New password", variable=NEW_PASSWORD_VARIABLE, twice=True)
        phone.account.change_password(old, new)
        setting.console.result("Password changed.")


@password.command("reset")
def reset_password(
    home: HomeOption,
    brand: BrandOption,
    number: NumberOption,
    sms_code: CodeOption = None,
    password_file: PasswordOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Set a new password for a number that is proved by a code; all sessions of the account end."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        ticket = prove(setting, phone, brand, number, "reset-password", sms_code)
        chosen = io.ask_pin(password_file, prompt="New password", variable=PASSWORD_VARIABLE, twice=True)
        phone.login.reset_password(ticket=ticket, password=chosen)
        setting.console.result("Password reset; log in again.")


def prove(setting: Setting, phone: Phone, brand: str, number: str, purpose: str, code: str | None) -> str:
    """A ticket for a number; sends a code and asks for it when none was given."""
    code = code or os.environ.get(CODE_VARIABLE)
    if not code:
        if not sys.stdin.isatty():
            raise typer.BadParameter(f"needed without a terminal; or give {CODE_VARIABLE}", param_hint="--sms-code")
        phone.login.send_code(brand=brand, phone_number=number, purpose=purpose)
        setting.console.note(f"A code was sent to {number}.")
        code = str(typer.prompt("Code", err=True))
    return phone.login.verify_code(brand=brand, phone_number=number, purpose=purpose, code=code)


def _method(**chosen: bool) -> str:
    """The one method that was chosen; empty: SMS."""
    words = [word for word, wanted in chosen.items() if wanted]
    if len(words) > 1:
        raise typer.BadParameter("give one method only")
    return words[0] if words else ""


def _report(setting: Setting, phone: Phone, what: str) -> None:
    view = phone.status()
    setting.console.result(
        f"{what} as {view.user_id} on {view.device_id}.", account_id=view.user_id, device_id=view.device_id
    )
