"""Commands of `cosign-phone identity` about reviews by hand, changes, new phones and links.

Personal data comes from a file, never from the command line: other users of the machine see that.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cosign.cli.cosign_phone_account import CODE_VARIABLE, AcceptOption, prove
from cosign.cli.cosign_phone_identity import identity
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
from cosign.client.phone.identity import AttemptView, IdentityClient
from cosign.client.phone.identity_changes import SubmissionView

__all__ = ["identity"]

_EXIT_FAILED: Final = 1
_VIDEO: Final = "holding_video"
_FIELDS: Final = frozenset(
    {
        "name",
        "document_type",
        "document_number",
        "document_country",
        "document_expiry",
        "long_term",
        "phone_number",
        "email",
    }
)

PersonOption = Annotated[
    Path, typer.Option("--person", exists=True, dir_okay=False, help="JSON file: name, document_number, …")
]
SideOption = Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Picture of one side of the card.")]
WaitOption = Annotated[float, typer.Option("--wait", help="Seconds to wait for the result.", min=0)]
CodeOption = Annotated[str | None, typer.Option("--sms-code", help="The code that was sent.")]


@identity.command("submit")
def submit(
    home: HomeOption,
    person: PersonOption,
    file: Annotated[
        list[str], typer.Option("--file", help="WHAT=PATH, for example portrait=me.jpg; `identity review` names them.")
    ],
    accept: AcceptOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Hand papers in for a review by hand."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        papers: dict[str, str] = {}
        for one in file:
            what, path = _file(one)
            upload = phone.identity_changes.upload_video if what == _VIDEO else phone.identity.upload
            papers[what] = upload(path.read_bytes())
        sent = phone.identity_changes.submit_manual(papers, accepted=accept or (), **_person(person))
        setting.console.result(_submission_line(sent), **_submission_row(sent))


@identity.command("review")
def review(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show what a review by hand needs, and what was handed in last."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        found = phone.identity_changes.manual()
        sent = found.submission
        lines = [f"needs: {' '.join(found.required_files)}  about {found.hours} h"]
        if sent is not None:
            lines.append(_submission_line(sent))
        setting.console.result(
            "\n".join(lines),
            required_files=list(found.required_files),
            offered=found.offered,
            hours=found.hours,
            submissions=[_submission_row(sent)] if sent is not None else [],
        )


@identity.command("changes")
def changes(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show what a verified user may change now, and which phone holds the keys."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        found = phone.identity_changes.changes()
        words = [
            word
            for word, holds in (
                ("change", found.change),
                ("renew", found.renew),
                ("expired", found.expired),
                ("reverify", found.reverify),
            )
            if holds
        ]
        setting.console.result(
            "  ".join([*words, found.document_expiry, found.key_holder]).strip() or "Nothing.",
            change=found.change,
            renew=found.renew,
            expired=found.expired,
            document_expiry=found.document_expiry,
            reverify=found.reverify,
            key_holder=found.key_holder,
        )


@identity.command("change")
def change(
    home: HomeOption,
    method: Annotated[str, typer.Option("--method", help="One of `identity methods`.")],
    person: PersonOption,
    front: SideOption,
    back: SideOption,
    brand: Annotated[str, typer.Option("--brand", help="The app's brand.")],
    number: Annotated[str, typer.Option("--number", help="The number of the account.")],
    sms_code: CodeOption = None,
    seconds: WaitOption = 60.0,
    accept: AcceptOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Have a changed name or a new document checked; exit status 1 when it did not pass."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        fields = {name: value for name, value in _person(person).items() if name != "long_term"}
        fields["ticket"] = prove(setting, phone, brand, number, "identity", sms_code)
        fields["front_upload_id"] = phone.identity.upload(front.read_bytes())
        fields["back_upload_id"] = phone.identity.upload(back.read_bytes())
        attempt = phone.identity_changes.change(method, accepted=accept or (), **fields)
        _finish(setting, phone.identity, attempt, seconds)


@identity.command("reverify")
def reverify(
    home: HomeOption,
    method: Annotated[str, typer.Option("--method", help="One of `identity methods` with a face.")],
    seconds: WaitOption = 60.0,
    accept: AcceptOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Have the verified person checked on this phone, which holds the keys then; exit status 1 when it did not pass."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        attempt = phone.identity_changes.reverify(method, accepted=accept or ())
        _finish(setting, phone.identity, attempt, seconds)


@identity.command("link")
def link(
    home: HomeOption,
    token: Annotated[str, typer.Argument(help="From the link.", envvar="COSIGN_LINK_TOKEN")],
    send_code: Annotated[bool, typer.Option("--send-code", help="Only send the code, and end.")] = False,
    sms_code: CodeOption = None,
    method: Annotated[str, typer.Option("--method", help="Face check; by default the first that is offered.")] = "",
    seconds: WaitOption = 60.0,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Prove who one is through a link, without an account; exit status 1 when it did not pass."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        links = phone.identity_links
        shown = links.open(token)
        code = sms_code or os.environ.get(CODE_VARIABLE)
        if send_code or not code:
            links.send_code(token)
            setting.console.note(f"A code was sent to {shown.phone_number_masked}.")
        if send_code:
            setting.console.result(f"{shown.link_id}  {shown.state}", link_id=shown.link_id, state=shown.state)
            return
        if not code:
            if not sys.stdin.isatty():
                raise InputRefused("a code is needed; give --sms-code")
            code = str(typer.prompt("Code", err=True))
        continuation = links.prove(token, code)
        begun = links.begin(continuation, method or next(iter(shown.methods), ""))
        if begun.session.get("url"):
            setting.console.note(f"Continue at {begun.session['url']}")
        done = links.wait(continuation, seconds=seconds)
        setting.console.result(
            f"{done.link_id}  {done.state}  {done.reason}".rstrip(),
            link_id=done.link_id,
            state=done.state,
            reason=done.reason,
            checks_left=done.checks_left,
        )
        if done.state != "proved":
            raise typer.Exit(_EXIT_FAILED)


def _finish(setting: Setting, client: IdentityClient, attempt: AttemptView, seconds: float) -> None:
    """Waits for the result and shows it; ends with status 1 when it did not pass."""
    if attempt.session.get("url"):
        setting.console.note(f"Continue at {attempt.session['url']}")
    if attempt.pending:
        attempt = client.wait(attempt.attempt_id, seconds=seconds)
    setting.console.result(
        f"{attempt.attempt_id}  {attempt.state}  {attempt.reason}".rstrip(),
        attempt_id=attempt.attempt_id,
        state=attempt.state,
        reason=attempt.reason,
    )
    if attempt.state != "verified":
        raise typer.Exit(_EXIT_FAILED)


def _file(text: str) -> tuple[str, Path]:
    what, _, name = text.partition("=")
    path = Path(name)
    if not what or not path.is_file():
        raise InputRefused("a file is given as WHAT=PATH")
    return what, path


def _person(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputRefused(f"{path} is no JSON file") from None
    if not isinstance(document, dict):
        raise InputRefused(f"{path} holds no JSON object")
    return {name: value for name, value in document.items() if name in _FIELDS}


def _submission_line(sent: SubmissionView) -> str:
    parts = (sent.attempt.attempt_id, sent.attempt.state, sent.attempt.reason, sent.attempt.note)
    return "  ".join(part for part in (*parts, f"due {sent.due_at.isoformat(timespec='minutes')}") if part)


def _submission_row(sent: SubmissionView) -> dict[str, str]:
    return {
        "attempt_id": sent.attempt.attempt_id,
        "state": sent.attempt.state,
        "reason": sent.attempt.reason,
        "note": sent.attempt.note,
        "name": sent.attempt.name_masked,
        "document_type": sent.document_type,
        "document_number": sent.attempt.document_number_masked,
        "files": ",".join(sorted(sent.files)),
        "submitted_at": sent.submitted_at.isoformat(timespec="seconds"),
        "due_at": sent.due_at.isoformat(timespec="seconds"),
    }
