"""Commands of `cosign-phone` about computers that log in to the account."""

import datetime as dt
from typing import Annotated

import typer

from cosign.cli.cosign_phone_lists import Row, print_list
from cosign.cli.cosign_phone_options import (
    HomeOption,
    JsonOption,
    KeyOption,
    LanguageOption,
    PinFileOption,
    ask_key_pin,
    choose,
    make_setting,
)
from cosign.client.phone.computers import LoggedInComputer
from protocol.codes import Purpose

computer = typer.Typer(
    help="Let computers in, list and end them.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)


@computer.command("approve")
def approve(
    home: HomeOption,
    qr_text: Annotated[str, typer.Option("--qr", help="Text of the QR code.")],
    number: Annotated[
        str | None, typer.Option("--number", help="Number that the computer shows; asked for when left out.")
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="Keep it out.")] = False,
    key_id: KeyOption = None,
    pin_file: PinFileOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Scan the QR code of a computer, show what asks, and let it in or keep it out."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        waiting = phone.computers.scan(qr_text)
        setting.console.note(f"{waiting.label}, from {waiting.network}, since {waiting.created_at.isoformat()}")
        if refuse:
            phone.computers.refuse(waiting)
            setting.console.result("Refused.", login_id=waiting.login_id, state="refused")
            return
        number = number or str(typer.prompt("Number shown by the computer", err=True))
        if waiting.needs == "pin":
            key = choose(phone, key_id, Purpose.SIGN)
            pin = ask_key_pin(setting, key, pin_file)
            phone.computers.confirm(waiting, number, key_id=key.key_id, pin=pin)
        else:
            phone.computers.confirm(waiting, number)
        setting.console.result(f"{waiting.label} is let in.", login_id=waiting.login_id, state="confirmed")


@computer.command("list")
def list_computers(home: HomeOption, machine: JsonOption = False, language: LanguageOption = None) -> None:
    """List the computers that are logged in."""
    print_list(
        make_setting(home, None, None, machine, language),
        "computers",
        lambda phone: phone.computers.all(),
        row=_row,
        line=lambda one: f"{one.computer_id}  {one.label}  {one.network}  until {_time(one.expires_at)}",
    )


@computer.command("end")
def end(
    home: HomeOption,
    computer_id: Annotated[str, typer.Option("--computer", help="`cpu_` and a ULID.")],
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Log a computer out."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        phone.computers.end(computer_id)
        setting.console.result(f"{computer_id} is logged out.", computer_id=computer_id)


def _row(computer: LoggedInComputer) -> Row:
    return {
        "computer_id": computer.computer_id,
        "label": computer.label,
        "network": computer.network,
        "opened_at": _time(computer.opened_at),
        "expires_at": _time(computer.expires_at),
    }


def _time(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")
