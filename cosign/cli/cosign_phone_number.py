"""Commands of `cosign-phone` for a lost login number and for the end of an account."""

from typing import Annotated

import typer

from cosign.cli.cosign_phone_account import AcceptOption, BrandOption, CodeOption, NumberOption, prove
from cosign.cli.cosign_phone_options import HomeOption, JsonOption, LanguageOption, Setting, make_setting
from cosign.client.phone.own_account import NumberChangeView

number_change = typer.Typer(
    help="Change a lost login number.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)


@number_change.command("request")
def request_change(
    home: HomeOption,
    brand: BrandOption,
    number: NumberOption,
    sms_code: CodeOption = None,
    attempt_id: Annotated[
        str, typer.Option("--identity-attempt", help="Check of the person on this phone; without it support decides.")
    ] = "",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Ask for another number, which is proved by a code. The old number and every phone are told."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        ticket = prove(setting, phone, brand, number, "change-number", sms_code)
        _show(setting, phone.account.request_number_change(new_ticket=ticket, identity_attempt_id=attempt_id))


@number_change.command("show")
def show_change(home: HomeOption, machine: JsonOption = False, language: LanguageOption = None) -> None:
    """Show the newest change."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        _show(setting, phone.account.number_change())


@number_change.command("cancel")
def cancel_change(
    home: HomeOption,
    change_id: Annotated[str, typer.Option("--change", help="`nch_` and a ULID.")],
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Stop a change; any phone of the account can."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        _show(setting, phone.account.cancel_number_change(change_id))


def cancel_account(
    home: HomeOption,
    brand: BrandOption,
    number: NumberOption,
    sms_code: CodeOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, at most 200 characters.")] = "",
    accept: AcceptOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """End the account. Where the brand gives days of grace, a login within them takes it back."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        ticket = prove(setting, phone, brand, number, "step-up", sms_code)
        until = phone.account.cancel(ticket=ticket, reason=reason, accepted=accept or ())
        if until is None:
            setting.console.result("The account has ended.", cancel_at=None)
            return
        when = until.isoformat(timespec="seconds")
        setting.console.result(f"The account ends at {when}; log in before then to keep it.", cancel_at=when)


def _show(setting: Setting, change: NumberChangeView) -> None:
    due_at = None if change.due_at is None else change.due_at.isoformat(timespec="seconds")
    text = f"{change.change_id}  {change.state}" + (f"  at {due_at}" if due_at else "")
    setting.console.result(text, change_id=change.change_id, state=change.state, due_at=due_at)
