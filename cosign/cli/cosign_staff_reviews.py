"""`cosign-staff review`: queues, claims, decisions."""

from typing import Annotated, Any

import typer

from cosign.cli.cosign_staff_options import (
    HomeOption,
    JsonOption,
    LanguageOption,
    LimitOption,
    as_fields,
    group,
    make_desk,
)
from cosign.cli.cosign_staff_reasons import reasons
from cosign.client.staff.reviews import KINDS, STATES

review = group("Review what waits for a decision.")
review.add_typer(reasons, name="reasons")

ReviewArgument = Annotated[str, typer.Argument(help="`rev_` and a ULID.")]
NameArgument = Annotated[str, typer.Argument(help="Name of a field or file, as `review show` lists them.")]
ReasonCodeOption = Annotated[str, typer.Option("--reason", help="Code of `review reasons list`.")]
NoteOption = Annotated[str, typer.Option(help="To the applicant, at most 500 characters.")]
_ROW = ("review_id", "kind", "brand", "state", "stage", "due_at", "claimed_by")


@review.command("list")
def list_reviews(
    home: HomeOption,
    kind: Annotated[str, typer.Option(help=f"{', '.join(KINDS)}; empty: all.")] = "",
    brand: Annotated[str, typer.Option(help="The app's brand; empty: all.")] = "",
    state: Annotated[str, typer.Option(help=f"{', '.join(STATES)}; empty: waiting and claimed.")] = "",
    mine: Annotated[bool, typer.Option("--mine", help="Only what you have claimed.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what should be decided by now.")] = False,
    limit: LimitOption = 50,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List reviews: urgent ones first, then what is due first."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        found = client.reviews.queue(kind=kind, brand=brand, state=state, mine=mine, overdue=overdue)
        desk.show_rows("reviews", found, _ROW, limit=limit)


@review.command("show")
def show(
    review_id: ReviewArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Show a review, its subject masked, its files and its history."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        fields = as_fields(client.reviews.get(review_id))
        desk.console.result("\n".join(_lines(fields)), **fields)


@review.command("claim")
def claim(
    review_id: ReviewArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Take a review, or prolong your claim."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.reviews.claim(review_id))


@review.command("release")
def release(
    review_id: ReviewArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Put a review back into the queue."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.reviews.release(review_id))


@review.command("reassign")
def reassign(
    review_id: ReviewArgument,
    staff_id: Annotated[str, typer.Argument(help="`stf_` and a ULID.")],
    home: HomeOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Give a review to another member, as supervisor."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.reviews.reassign(review_id, staff_id))


@review.command("approve")
def approve(
    review_id: ReviewArgument,
    home: HomeOption,
    note: NoteOption = "",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Approve what you have claimed."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.reviews.decide(review_id, "approve", note=note))


@review.command("return")
def return_(
    review_id: ReviewArgument,
    home: HomeOption,
    reason: ReasonCodeOption,
    note: NoteOption = "",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Give back what you have claimed, for a correction."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.reviews.decide(review_id, "return", reason_code=reason, note=note))


@review.command("refuse")
def refuse(
    review_id: ReviewArgument,
    home: HomeOption,
    reason: ReasonCodeOption,
    note: NoteOption = "",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Refuse what you have claimed, for good."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.reviews.decide(review_id, "refuse", reason_code=reason, note=note))


@review.command("unmask")
def unmask(
    review_id: ReviewArgument,
    name: NameArgument,
    home: HomeOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show one field in clear text; the reading is recorded."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        text = client.reviews.unmask(review_id, name)
        desk.console.result(text, name=name, text=text)


@review.command("file")
def file(
    review_id: ReviewArgument,
    name: NameArgument,
    home: HomeOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Make a link to one file, good for five minutes; the reading is recorded."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        url = client.reviews.file(review_id, name)
        desk.console.result(url, name=name, url=url)


def _lines(fields: dict[str, Any]) -> list[str]:
    """A review for people."""
    head = [f"{name}  {value}" for name, value in fields["review"].items()]
    subject = [f"  {one['name']}  {one.get('text', '')}" for one in fields.get("fields", [])]
    files = [f"  {name}" for name in fields.get("files", [])]
    history = [
        "  " + "  ".join(str(one[part]) for part in ("time", "action", "actor", "reason_code", "note") if part in one)
        for one in fields.get("history", [])
    ]
    return [*head, "subject", *subject, "files", *files, "history", *history]
