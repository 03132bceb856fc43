"""`cosign-phone messages`: the inbox of the account this phone is logged in to."""

import itertools
from typing import Annotated

import typer

from cosign.cli.cosign_phone_lists import Row, print_list
from cosign.cli.cosign_phone_options import (
    CaOption,
    HomeOption,
    JsonOption,
    LanguageOption,
    ServerOption,
    make_setting,
)
from cosign.client.phone.inbox import MOST_WAIT_SECONDS, MessageView, OperationView

messages = typer.Typer(
    help="Messages of the account.", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)

IdArgument = Annotated[str, typer.Argument(help="Message id, `msg_…`.")]
CategoryOption = Annotated[
    str, typer.Option(help="security, account, certificate, authorisation, order or enterprise; empty: all.")
]


@messages.command("list")
def list_messages(
    home: HomeOption,
    category: CategoryOption = "",
    unread: Annotated[bool, typer.Option("--unread", help="Only unread ones.")] = False,
    limit: Annotated[int, typer.Option(help="Most messages.", min=1, max=1000)] = 50,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List messages, newest first."""
    setting = make_setting(home, server, ca, machine, language)
    print_list(
        setting,
        "messages",
        lambda phone: phone.inbox(setting.console.language).messages(category=category, unread_only=unread),
        row=_fields,
        line=lambda one: f"{one.message_id}  {_time(one)}  {one.state:8}  {one.title}",
        limit=limit,
    )


@messages.command("show")
def show(
    home: HomeOption,
    message_id: IdArgument,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show one message; it stays unread."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        one = phone.inbox(setting.console.language).message(message_id)
        lines = [one.title, one.text, f"{_time(one)}  {one.state}  {one.outcome}".rstrip(), one.target]
        setting.console.result("\n".join(line for line in lines if line), **_fields(one))


@messages.command("read")
def read(
    home: HomeOption,
    message_id: Annotated[str, typer.Argument(help="Message id, `msg_…`; leave it out with --all.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="All messages, or all of a category.")] = False,
    category: CategoryOption = "",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Mark messages read."""
    if everything is bool(message_id):
        raise typer.BadParameter("a message id or --all", param_hint="MESSAGE_ID")
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        inbox = phone.inbox(setting.console.language)
        if everything:
            count = inbox.read_all(category=category)
            setting.console.result(f"{count} marked read.", count=count)
        else:
            one = inbox.read(message_id)
            setting.console.result(f"{one.message_id} {one.state}", **_fields(one))


@messages.command("count")
def count_unread(
    home: HomeOption,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a change.", min=0, max=MOST_WAIT_SECONDS)] = 0,
    after: Annotated[int, typer.Option(help="Revision that is known already.", min=0)] = 0,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Count unread messages; with --wait, as soon as something changes."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        state = phone.inbox(setting.console.language).state(wait_seconds=wait, after_revision=after)
        by_category: list[dict[str, str | int | bool | None]] = [
            {"category": name, "count": count} for name, count in state.unread_by_category.items()
        ]
        setting.console.result(
            f"{state.unread} unread, revision {state.revision}",
            unread=state.unread,
            revision=state.revision,
            unread_by_category=by_category,
        )


@messages.command("watch")
def watch(
    home: HomeOption,
    after: Annotated[int, typer.Option(help="Revision that is known already.", min=0)] = 0,
    count: Annotated[int, typer.Option(help="End after so many changes; 0: never.", min=0)] = 0,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Print the unread messages now and whenever they change, one line or JSON object each."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        states = phone.inbox(setting.console.language).watch(after_revision=after)
        for state in itertools.islice(states, count or None):
            setting.console.result(
                f"{state.unread} unread, revision {state.revision}", unread=state.unread, revision=state.revision
            )


def operations(
    home: HomeOption,
    kind: Annotated[str, typer.Option("--type", help="Only this type, for example device_unbound.")] = "",
    keyword: Annotated[str, typer.Option(help="Only entries that contain this.")] = "",
    limit: Annotated[int, typer.Option(help="Most entries.", min=1, max=1000)] = 50,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List what was done with the account, newest first."""
    setting = make_setting(home, server, ca, machine, language)
    print_list(
        setting,
        "operations",
        lambda phone: phone.inbox(setting.console.language).operations(kind=kind, keyword=keyword),
        row=_operation_row,
        line=lambda one: f"{one.time:%Y-%m-%d %H:%M:%S}  {one.title}  {one.outcome}  {one.content}",
        limit=limit,
    )


def _operation_row(operation: OperationView) -> Row:
    return {
        "operation_id": operation.operation_id,
        "type": operation.kind,
        "title": operation.title,
        "content": operation.content,
        "outcome": operation.outcome,
        "time": operation.time.isoformat(timespec="seconds"),
    }


def _time(message: MessageView) -> str:
    return f"{message.created_at:%Y-%m-%d %H:%M:%S}"


def _fields(message: MessageView) -> dict[str, str | bool]:
    return {
        "message_id": message.message_id,
        "kind": message.kind,
        "category": message.category,
        "title": message.title,
        "text": message.text,
        "target": message.target,
        "asks": message.asks,
        "state": message.state,
        "outcome": message.outcome,
        "created_at": message.created_at.isoformat(timespec="seconds"),
    }
