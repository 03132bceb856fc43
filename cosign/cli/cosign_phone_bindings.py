"""Command `bindings` of `cosign-phone`: the account and its users at WeChat, Alipay and network identity."""

import dataclasses
from typing import Annotated

import typer

from cosign.cli.cosign_phone_account import BrandOption, CodeOption, NumberOption, prove
from cosign.cli.cosign_phone_authorise import AuthoriserOption, authorise
from cosign.cli.cosign_phone_lists import Row, print_list
from cosign.cli.cosign_phone_options import HomeOption, JsonOption, LanguageOption, make_setting
from cosign.client.phone import BindingView

ProviderOption = Annotated[str, typer.Option("--provider", help="One of wechat, alipay and network_id.")]

bindings = typer.Typer(
    help="Link the account with WeChat, Alipay or a network identity.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@bindings.command("list")
def list_bindings(
    home: HomeOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the providers of the brand, linked or not."""
    print_list(
        make_setting(home, None, None, machine, language),
        "bindings",
        lambda phone: phone.linked.bindings(),
        row=_row,
        line=lambda one: f"{one.provider}  {one.binding_id or 'not linked'}  {one.name_masked}",
    )


@bindings.command("add")
def add_binding(
    home: HomeOption,
    provider: ProviderOption,
    brand: BrandOption,
    number: NumberOption,
    sms_code: CodeOption = None,
    authoriser: AuthoriserOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Link the account with a user of a provider. Confirmed by an SMS code."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        ticket = prove(setting, phone, brand, number, "step-up", sms_code)
        wanted = dataclasses.replace(phone.linked.begin_binding(provider), brand=brand)
        made = phone.linked.bind(wanted, authorise(wanted, authoriser), ticket=ticket)
        setting.console.result(f"Linked with {made.provider} as {made.binding_id}.", **_row(made))


@bindings.command("remove")
def remove_binding(
    home: HomeOption,
    binding_id: Annotated[str, typer.Option("--binding", help="Its id in `bindings list`.")],
    brand: BrandOption,
    number: NumberOption,
    sms_code: CodeOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """End a link. Confirmed by an SMS code."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        phone.linked.unbind(binding_id, ticket=prove(setting, phone, brand, number, "step-up", sms_code))
        setting.console.result(f"{binding_id} has ended.", binding_id=binding_id)


@bindings.command("add-number")
def add_number(
    home: HomeOption,
    brand: BrandOption,
    number: NumberOption,
    sms_code: CodeOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Give a number to an account that has none. Proved by an SMS code."""
    setting = make_setting(home, None, None, machine, language)
    with setting.phone() as phone:
        masked = phone.linked.add_phone_number(ticket=prove(setting, phone, brand, number, "bind", sms_code))
        setting.console.result(f"{masked} belongs to the account.", number=masked)


def _row(binding: BindingView) -> Row:
    return {
        "provider": binding.provider,
        "binding_id": binding.binding_id,
        "name": binding.name_masked,
        "level": binding.level,
    }
