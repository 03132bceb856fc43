"""`cosign-staff review reasons`: the dictionary of reasons."""

from typing import Annotated

import typer

from cosign.cli.cosign_staff_options import HomeOption, JsonOption, LanguageOption, group, make_desk
from cosign.client.staff.reviews import KINDS

reasons = group("Reasons to return and to refuse.")

KindArgument = Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")]
CodeArgument = Annotated[str, typer.Argument(help="Code of the reason.")]
_ROW = ("code", "version", "retired", "text_zh", "text_en")


@reasons.command("list")
def list_reasons(
    kind: KindArgument,
    home: HomeOption,
    everything: Annotated[bool, typer.Option("--all", help="Also retired ones.")] = False,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the reasons of a kind of review."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows("reasons", client.reviews.reasons(kind, retired=everything), _ROW)


@reasons.command("add")
def add(
    kind: KindArgument,
    code: CodeArgument,
    home: HomeOption,
    zh: Annotated[str, typer.Option(help="Chinese text, at most 90 characters.")],
    en: Annotated[str, typer.Option(help="English text, at most 90 characters.")],
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Add a reason."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.reviews.add_reason(kind, code, zh=zh, en=en))


@reasons.command("change")
def change(
    kind: KindArgument,
    code: CodeArgument,
    home: HomeOption,
    version: Annotated[int, typer.Option(help="The newest version, as `list` shows it.")],
    zh: Annotated[str, typer.Option(help="Other Chinese text; together with --en.")] = "",
    en: Annotated[str, typer.Option(help="Other English text; together with --zh.")] = "",
    retire: Annotated[bool | None, typer.Option("--retire/--offer", help="Offer it no longer, or again.")] = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Make the next version of a reason."""
    if bool(zh) is not bool(en):
        raise typer.BadParameter("--zh and --en belong together", param_hint="--zh")
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.reviews.change_reason(kind, code, version, zh=zh, en=en, retired=retire))


@reasons.command("delete")
def delete(
    kind: KindArgument,
    code: CodeArgument,
    home: HomeOption,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Delete a reason that no decision names."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        client.reviews.delete_reason(kind, code)
        desk.console.result(f"{code} deleted", code=code)
