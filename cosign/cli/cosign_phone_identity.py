"""Commands of `cosign-phone` about real names: verify-identity, identity status, identity methods, identity attempts.

Personal data comes from a file or a prompt, never from the command line: other users of the machine see that.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from cosign.cli.cosign_phone_account import AcceptOption, prove
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
from cosign.client.phone.errors import InputRefused
from cosign.client.phone.identity import AttemptView, CardView, IdentityClient

identity = typer.Typer(
    help="Real-name verification of the account.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

_ASKED: Final = {
    "name": "Name",
    "document_number": "Document number",
    "phone_number": "Phone number",
    "card_number": "Bank card",
    "email": "E-mail",
    "credential": "Credential of the network identity",
}
"""Fields that a file or a prompt gives."""
_EXIT_FAILED: Final = 1

PictureOption = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="Picture of one side of the card.")
]


def verify_identity(
    home: HomeOption,
    method: Annotated[str, typer.Option("--method", help="One of `identity methods`; by default the first.")] = "",
    person: Annotated[
        Path | None,
        typer.Option("--person", exists=True, dir_okay=False, help="JSON file: name, document_number, …"),
    ] = None,
    front: PictureOption = None,
    back: PictureOption = None,
    brand: Annotated[str, typer.Option("--brand", help="For methods with an SMS code.")] = "",
    sms_code: Annotated[str | None, typer.Option("--sms-code", help="The code that was sent to phone_number.")] = None,
    seconds: Annotated[float, typer.Option("--wait", help="How long to wait for the result.", min=0)] = 60.0,
    accept: AcceptOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Verify the real name of the account; exit status 1 when it did not pass."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        client = phone.identity
        chosen = method or next((one.method for one in client.methods() if one.method != "manual"), "")
        needed = {one.method: one.required_fields for one in client.methods()}.get(chosen, ())
        fields = _fields(needed, person)
        if "ticket" in needed:
            fields["ticket"] = prove(setting, phone, brand, fields["phone_number"], "identity", sms_code)
        if "front_upload_id" in needed:
            fields["front_upload_id"], fields["back_upload_id"] = _pictures(client, front, back)
        attempt = client.start(chosen, accepted=accept or (), **fields)
        if attempt.state == "in_progress":
            attempt = _card(setting, client, attempt, front, back)
        if attempt.session.get("url"):
            setting.console.note(f"Continue at {attempt.session['url']}")
        if attempt.session.get("digits"):
            setting.console.note(f"Read aloud: {attempt.session['digits']}")
        if attempt.pending:
            attempt = client.wait(attempt.attempt_id, seconds=seconds)
        setting.console.result(_line(attempt), **_as_row(attempt))
        if attempt.state != "verified":
            raise typer.Exit(_EXIT_FAILED)


@identity.command("status")
def status(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show where the account stands."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        found = phone.identity.status()
        line = f"{found.state}  {found.level}  {found.name_masked}  {found.document_number_masked}".rstrip()
        setting.console.result(
            line,
            state=found.state,
            level=found.level,
            method=found.method,
            name=found.name_masked,
            document_number=found.document_number_masked,
            attempts_left=found.attempts_left,
            manual_offered=found.manual_offered,
        )


@identity.command("methods")
def methods(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the ways to verify, and what each needs."""
    print_list(
        make_setting(home, server, ca, machine, language),
        "methods",
        lambda phone: phone.identity.methods(),
        row=lambda one: {
            "method": one.method,
            "level": one.level,
            "fields": ",".join(one.required_fields),
            "impaired": one.impaired,
        },
        line=lambda one: f"{one.method}  {one.level}  {' '.join(one.required_fields)}",
    )


@identity.command("attempts")
def attempts(
    home: HomeOption,
    limit: Annotated[int, typer.Option(help="Most attempts.", min=1, max=1000)] = 50,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List attempts, newest first."""
    print_list(
        make_setting(home, server, ca, machine, language),
        "attempts",
        lambda phone: phone.identity.attempts(),
        row=_as_row,
        line=_line,
        limit=limit,
    )


@identity.command("cancel")
def cancel(
    home: HomeOption,
    attempt_id: Annotated[str, typer.Argument(help="`idv_` and a ULID.")],
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Give an undecided attempt up."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        found = phone.identity.cancel(attempt_id)
        setting.console.result(_line(found), **_as_row(found))


def _fields(needed: tuple[str, ...], person: Path | None) -> dict[str, str]:
    """Values of the file, then of prompts."""
    given: dict[str, str] = {}
    if person is not None:
        try:
            document = json.loads(person.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InputRefused(f"{person} is no JSON file") from None
        if not isinstance(document, dict):
            raise InputRefused(f"{person} holds no JSON object")
        given = {str(name): str(value) for name, value in document.items() if name in _ASKED}
    for name in needed:
        if name in _ASKED and not given.get(name):
            if not sys.stdin.isatty():
                raise InputRefused(f"{name} is needed; give it in --person")
            given[name] = str(typer.prompt(_ASKED[name], err=True))
    return {name: value for name, value in given.items() if name in needed or name == "email"}


def _pictures(client: IdentityClient, front: Path | None, back: Path | None) -> tuple[str, str]:
    if front is None or back is None:
        raise InputRefused("this method needs --front and --back")
    return client.upload(front.read_bytes()), client.upload(back.read_bytes())


def _card(
    setting: Setting, client: IdentityClient, attempt: AttemptView, front: Path | None, back: Path | None
) -> AttemptView:
    """Pictures, what was read, confirmation."""
    sides = _pictures(client, front, back)
    read = client.submit_card(attempt.attempt_id, front=sides[0], back=sides[1])
    _show(setting, read)
    if sys.stdin.isatty():
        typer.confirm("Are these values right?", abort=True, err=True)
    return client.confirm_card(attempt.attempt_id, read)


def _show(setting: Setting, read: CardView) -> None:
    for name, value in asdict(read).items():
        setting.console.note(f"{name}: {value}")


def _line(attempt: AttemptView) -> str:
    parts = (attempt.attempt_id, attempt.method, attempt.state, attempt.level, attempt.reason, attempt.note)
    return "  ".join(part for part in parts if part)


def _as_row(attempt: AttemptView) -> dict[str, str]:
    return {
        "attempt_id": attempt.attempt_id,
        "method": attempt.method,
        "state": attempt.state,
        "level": attempt.level,
        "reason": attempt.reason,
        "name": attempt.name_masked,
        "created_at": attempt.created_at.isoformat(timespec="seconds"),
    }
