"""`cosign-staff content`: agreements, announcements, guides and videos."""

from pathlib import Path
from typing import Annotated

import typer

from cosign.cli.cosign_phone_io import read_input
from cosign.cli.cosign_staff_options import HomeOption, JsonOption, LanguageOption, LimitOption, group, make_desk

content = group("Draft, publish and withdraw texts.")

ContentArgument = Annotated[str, typer.Argument(help="`doc_` or `ann_` and a ULID.")]
BrandOption = Annotated[str, typer.Option(help="The app's brand.")]
KindOption = Annotated[str, typer.Option(help="user_agreement, privacy_policy … announcement, guide, video.")]
TitleZh = Annotated[str, typer.Option(help="Chinese title.")]
TitleEn = Annotated[str, typer.Option(help="English title.")]
BodyZh = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Markdown, Chinese.")]
BodyEn = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Markdown, English.")]
_COLUMNS = ("content_id", "kind", "version", "state", "updated_at")


@content.command("draft")
def draft(
    home: HomeOption,
    brand: BrandOption,
    kind: KindOption,
    title_zh: TitleZh = "",
    title_en: TitleEn = "",
    body_zh: BodyZh = None,
    body_en: BodyEn = None,
    video_url: Annotated[str, typer.Option(help="Where the video is.")] = "",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Store a draft: the next version of a document, or a new article."""
    desk = make_desk(home, machine, language)
    body = _body(body_zh), _body(body_en)
    with desk.client() as client:
        desk.show(client.contents.draft(brand, kind, title=(title_zh, title_en), body=body, video_url=video_url))


@content.command("edit")
def edit(
    content_id: ContentArgument,
    home: HomeOption,
    title_zh: TitleZh = "",
    title_en: TitleEn = "",
    body_zh: BodyZh = None,
    body_en: BodyEn = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Replace the texts of a document that is still a draft."""
    desk = make_desk(home, machine, language)
    body = _body(body_zh), _body(body_en)
    with desk.client() as client:
        desk.show(client.contents.edit(content_id, title=(title_zh, title_en), body=body))


@content.command("publish")
def publish(
    content_id: ContentArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Publish a draft; its texts never change again."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.contents.publish(content_id))


@content.command("withdraw")
def withdraw(
    content_id: ContentArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Withdraw a text; that is final."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.contents.withdraw(content_id))


@content.command("list")
def list_content(
    home: HomeOption,
    brand: BrandOption,
    kind: KindOption,
    state: Annotated[str, typer.Option(help="draft, published or withdrawn; empty: all.")] = "",
    limit: LimitOption = 50,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List texts of one kind, newest first."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows("contents", client.contents.all(brand, kind, state=state), _COLUMNS, limit=limit)


@content.command("show")
def show(
    content_id: ContentArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Show one text with its body."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.contents.get(content_id))


def _body(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return read_input(path).decode()
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path} is not UTF-8", param_hint="--body") from None
