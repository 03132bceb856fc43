"""Commands of `cosign-phone` that log in without SMS or password."""

from typing import Annotated

import typer

from cosign.cli.cosign_phone_account import AcceptOption, BrandOption, NameOption
from cosign.cli.cosign_phone_options import (
    CaOption,
    HomeOption,
    JsonOption,
    KeyOption,
    LanguageOption,
    PinFileOption,
    ServerOption,
    ask_key_pin,
    choose,
    make_setting,
)
from cosign.client.phone import About
from protocol.codes import Purpose

DocumentOption = Annotated[
    str,
    typer.Option(
        "--document", envvar="COSIGN_DOCUMENT_NUMBER", prompt="Document number", help="Number of the verified document."
    ),
]


def login_certificate(
    home: HomeOption,
    brand: BrandOption,
    document_number: DocumentOption,
    key_id: KeyOption = None,
    pin_file: PinFileOption = None,
    name: NameOption = "cosign-phone",
    accept: AcceptOption = None,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Log in by document number and PIN: a key of this phone co-signs a challenge."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        key = choose(phone, key_id, Purpose.SIGN)
        phone.login_certificate(
            brand=brand,
            document_number=document_number,
            key_id=key.key_id,
            pin=ask_key_pin(setting, key, pin_file),
            about=About(label=name),
            accepted=accept or (),
        )
        view = phone.status()
        setting.console.result(
            f"Logged in as {view.user_id} with {key.key_id}.", account_id=view.user_id, key_id=key.key_id
        )
