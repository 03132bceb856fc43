"""`cosign-phone brand` and `cosign-phone agreements`: what an app shows before and after its login."""

from collections.abc import Callable, Iterable
from typing import Annotated

import typer

from cosign.cli import cosign_phone_io as io
from cosign.cli.cosign_phone_lists import Row, print_list
from cosign.cli.cosign_phone_options import (
    CaOption,
    HomeOption,
    JsonOption,
    LanguageOption,
    ServerOption,
    Setting,
    make_setting,
)
from cosign.client.phone import Phone
from cosign.client.phone.brand import DocumentRef, LocalizedText

brand = typer.Typer(help="Configuration, versions and help of a brand.", no_args_is_help=True, rich_markup_mode=None)
agreements = typer.Typer(help="Agreements, and what the user accepts.", no_args_is_help=True, rich_markup_mode=None)

BrandOption = Annotated[str, typer.Option("--brand", envvar="COSIGN_PHONE_BRAND", help="The app's brand.")]
PlatformOption = Annotated[str, typer.Option("--platform", help="android, ios, harmonyos or mini_program.")]
OperationOption = Annotated[
    str, typer.Option("--operation", help="register, login, verify_identity, cancel_account or apply_certificate.")
]


@brand.command("show")
def show(
    home: HomeOption,
    name: BrandOption = "cosign",
    platform: PlatformOption = "android",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show what the app of a brand offers: login methods, real-name checks, agreements, support."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        config = phone.brand(name, platform=platform).config()
        documents = {one.document_id: one for entry in config.agreements for one in entry.documents}
        lines = [
            f"{_text(config.title, language)}  {config.brand}",
            f"Login       {' '.join(config.login_methods)}  {config.login_factors}",
            f"Real name   {' '.join(config.identity.methods)}",
            f"Modes       {' '.join(config.modes)}",
            f"Support     {_text(config.support_hours, language)}",
            *(f"{one.kind}  {one.value}  {_text(one.label, language)}" for one in config.contacts),
            *(f"{_text(link.title, language)}  {link.url}" for link in config.links),
            *(f"{one.document_id}  {one.kind} {one.version}" for one in documents.values()),
        ]
        setting.console.result(
            "\n".join(line.rstrip() for line in lines),
            brand=config.brand,
            title=_text(config.title, language),
            login_methods=list(config.login_methods),
            login_factors=config.login_factors,
            identity_methods=list(config.identity.methods),
            modes=list(config.modes),
            captcha=config.codes.captcha,
            minimum_os=config.platform.minimum_os,
            documents=[_document_row(one, language) for one in documents.values()],
        )


@brand.command("check")
def check(
    home: HomeOption,
    app_version: Annotated[str, typer.Option("--app", help="Version of the app, for example 2.3.1.")],
    os_version: Annotated[str, typer.Option("--os", help="Version of the operating system.")],
    name: BrandOption = "cosign",
    platform: PlatformOption = "android",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Ask whether a newer app exists and whether this one may go on."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        answer = phone.brand(name, platform=platform).check_version(app_version, os_version)
        words = [
            *(["the app must be upgraded"] if answer.upgrade_required else []),
            *(["the operating system is too old"] if answer.os_too_old else []),
            *(["a newer app exists"] if answer.upgrade_available and not answer.upgrade_required else []),
        ]
        setting.console.result(
            "; ".join(words) or "up to date",
            upgrade_available=answer.upgrade_available,
            upgrade_required=answer.upgrade_required,
            os_too_old=answer.os_too_old,
            newest_app=answer.required.newest_app,
            download_url=answer.required.download_url,
        )


@brand.command("environment")
def environment(
    home: HomeOption,
    code: Annotated[str, typer.Argument(help="Text of the scanned code.")],
    name: BrandOption = "cosign",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Resolve the code of an intranet environment and check that this server signed it."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        found = phone.brand(name).environment(code)
        setting.console.result(
            f"{found.name}  {found.endpoint}",
            environment_id=found.environment_id,
            name=found.name,
            endpoint=found.endpoint,
            expires_at=found.expires_at.ToJsonString(),
        )


@brand.command("region")
def region(
    home: HomeOption,
    code: Annotated[str, typer.Argument(help="GB/T 2260, six digits.")],
    name: BrandOption = "cosign",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show the default region and trading platform of a place."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        found = phone.brand(name).region(code)
        setting.console.result(
            f"{found.region} {_text(found.name, language)} {found.trading_platform}".strip() or "no default",
            region=found.region,
            name=_text(found.name, language),
            trading_platform=found.trading_platform,
            choices=[one.code for one in found.choices],
        )


@brand.command("articles")
def articles(
    home: HomeOption,
    kind: Annotated[str, typer.Option("--kind", help="announcement, guide or video.")] = "announcement",
    keyword: Annotated[str, typer.Option("--keyword", help="Part of the title.")] = "",
    name: BrandOption = "cosign",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List announcements, guides or videos, newest first."""
    print_list(
        make_setting(home, server, ca, machine, language),
        "articles",
        lambda phone: phone.brand(name).articles(kind, keyword),
        row=lambda one: {
            "article_id": one.article_id,
            "published_at": one.published_at.ToJsonString(),
            "title": _text(one.title, language),
            "video_url": one.video_url,
        },
        line=lambda one: f"{one.article_id}  {one.published_at.ToJsonString()}  {_text(one.title, language)}",
    )


@brand.command("read")
def read(
    home: HomeOption,
    content_id: Annotated[str, typer.Argument(metavar="ID", help="`ann_…` or `doc_…`.")],
    name: BrandOption = "cosign",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Print an article or a document."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        client = phone.brand(name)
        if content_id.startswith("doc_"):
            document = client.document(content_id)
            title, body = _text(document.document.title, language), _text(document.body, language)
        else:
            article = client.article(content_id)
            title, body = _text(article.article.title, language), _text(article.body, language)
        setting.console.result(f"{title}\n\n{body}".rstrip(), id=content_id, title=title, body=body)


@agreements.command("list")
def list_versions(
    home: HomeOption,
    kind: Annotated[str, typer.Option("--kind", help="For example user_agreement or privacy_policy.")],
    name: BrandOption = "cosign",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the published versions of a document, newest first."""
    setting = make_setting(home, server, ca, machine, language)
    _print_documents(setting, language, lambda phone: phone.brand(name).versions(kind))


@agreements.command("missing")
def missing(
    home: HomeOption,
    operation: OperationOption = "login",
    name: BrandOption = "cosign",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List what the user must still accept before an operation. Needs a login."""
    setting = make_setting(home, server, ca, machine, language)
    _print_documents(setting, language, lambda phone: phone.brand(name).missing(operation))


@agreements.command("accept")
def accept(
    home: HomeOption,
    document_ids: Annotated[list[str], typer.Argument(metavar="ID", help="`doc_…`; may be repeated.")],
    name: BrandOption = "cosign",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Record that the user accepts documents. Needs a login."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        new = phone.brand(name).accept(document_ids)
        setting.console.result(f"{len(new)} accepted.", accepted=[one.document_id for one in new])


@agreements.command("accepted")
def accepted(
    home: HomeOption,
    name: BrandOption = "cosign",
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List what the user has accepted. Needs a login."""
    print_list(
        make_setting(home, server, ca, machine, language),
        "consents",
        lambda phone: phone.brand(name).accepted(),
        row=lambda one: {
            "document_id": one.document_id,
            "kind": one.kind,
            "version": one.version,
            "device_id": one.device_id,
            "accepted_at": one.accepted_at.ToJsonString(),
        },
        line=lambda one: f"{one.document_id}  {one.kind} {one.version}  {one.accepted_at.ToJsonString()}",
    )


def _document_row(one: DocumentRef, language: str | None) -> Row:
    return {
        "document_id": one.document_id,
        "kind": one.kind,
        "version": one.version,
        "effective_at": one.effective_at.ToJsonString(),
        "title": _text(one.title, language),
    }


def _print_documents(setting: Setting, language: str | None, fetch: Callable[[Phone], Iterable[DocumentRef]]) -> None:
    print_list(
        setting,
        "documents",
        fetch,
        row=lambda one: _document_row(one, language),
        line=lambda one: f"{one.document_id}  {one.kind} {one.version}  {_text(one.title, language)}",
    )


def _text(text: LocalizedText, language: str | None) -> str:
    """In the chosen language if there is one, else in the other."""
    if io.pick_language(language) == "zh":
        return text.zh or text.en
    return text.en or text.zh
