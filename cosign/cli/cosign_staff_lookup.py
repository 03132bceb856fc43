"""`cosign-staff lookup`: accounts for support, masked."""

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

lookup = group("Look up accounts, masked; unlock, send messages again, freeze, release.")

AccountArgument = Annotated[str, typer.Argument(help="`acc_` and a ULID.")]
SubjectArgument = Annotated[str, typer.Argument(help="`acc_` or `dev_` and a ULID.")]
_ACCOUNT = ("account_id", "brand", "state", "phone_number_masked", "name_masked")


@lookup.command("find")
def find(
    home: HomeOption,
    brand: Annotated[str, typer.Option(help="The app's brand.")],
    phone_number: Annotated[str, typer.Option(help="Mobile number, 11 digits.")] = "",
    document_number: Annotated[str, typer.Option(help="Number of the identity document.")] = "",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Find accounts by an exact number."""
    if bool(phone_number) is bool(document_number):
        raise typer.BadParameter("--phone-number or --document-number", param_hint="--phone-number")
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        found = client.lookup.find(brand, phone_number=phone_number, document_number=document_number)
        desk.show_rows("accounts", found, _ACCOUNT)


@lookup.command("show")
def show(
    account_id: AccountArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Show one account."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.lookup.account(account_id))


@lookup.command("devices")
def devices(
    account_id: AccountArgument,
    home: HomeOption,
    limit: LimitOption = 50,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the devices of an account."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows(
            "devices",
            client.lookup.devices(account_id),
            ("device_id", "state", "platform", "last_login_at"),
            limit=limit,
        )


@lookup.command("logins")
def logins(
    account_id: AccountArgument,
    home: HomeOption,
    limit: LimitOption = 50,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the logins of an account."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows(
            "logins", client.lookup.logins(account_id), ("time", "method", "result", "device_id"), limit=limit
        )


@lookup.command("operations")
def operations(
    account_id: AccountArgument,
    home: HomeOption,
    limit: LimitOption = 50,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List what the user of an account did."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows(
            "operations", client.lookup.operations(account_id), ("time", "type", "outcome", "object_id"), limit=limit
        )


@lookup.command("unmask")
def unmask(
    account_id: AccountArgument,
    home: HomeOption,
    field: Annotated[str, typer.Option(help="phone_number or name.")],
    reason: ReasonOption,
    purpose: Annotated[str, typer.Option(help="support, identity_review, appeal_review or legal.")] = "support",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show one datum in clear text; who, when and why is kept."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        text = client.lookup.unmask(account_id, field, purpose=purpose, reason=reason)
        desk.console.result(text, text=text)


@lookup.command("unmaskings")
def unmaskings(
    home: HomeOption,
    account: Annotated[str, typer.Option(help="Only of this account.")] = "",
    limit: LimitOption = 50,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List who saw what in clear text; for auditors."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows(
            "unmaskings",
            client.lookup.unmaskings(account),
            ("time", "staff_id", "account_id", "field", "purpose", "reason"),
            limit=limit,
        )


@lookup.command("unlock")
def unlock(
    account_id: AccountArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """End the lock of an account after failed logins."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        client.lookup.unlock(account_id)
        desk.console.result(f"{account_id} unlocked", account_id=account_id)


@lookup.command("messages")
def messages(
    account_id: AccountArgument,
    home: HomeOption,
    limit: LimitOption = 50,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the messages of an account, without their texts."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows(
            "messages", client.lookup.messages(account_id), ("created_at", "message_id", "kind", "state"), limit=limit
        )


@lookup.command("resend")
def resend(
    account_id: AccountArgument,
    message_id: Annotated[str, typer.Argument(help="`msg_` and a ULID.")],
    home: HomeOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Send a message again, by the channels of its kind."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        channels = client.lookup.resend(account_id, message_id)
        desk.console.result(f"{message_id} on its way: {', '.join(channels)}", channels=channels)


@lookup.command("freeze")
def freeze(
    subject_id: SubjectArgument,
    home: HomeOption,
    reason: ReasonOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Propose to freeze an account or device."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        proposal_id = client.lookup.propose_freeze(subject_id, release=False, reason=reason)
        desk.console.result(f"{proposal_id} waits for a second person", proposal_id=proposal_id)


@lookup.command("release")
def release(
    subject_id: SubjectArgument,
    home: HomeOption,
    reason: ReasonOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Propose to release an account or device that was frozen."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        proposal_id = client.lookup.propose_freeze(subject_id, release=True, reason=reason)
        desk.console.result(f"{proposal_id} waits for a second person", proposal_id=proposal_id)
