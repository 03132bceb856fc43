"""`cosign-phone`: a virtual phone on the command line, built on `cosign.client.phone`.

Exit status: 0 done, 1 refused or failed, 2 wrong usage. Results go to stdout (with `--json` one JSON object),
everything else to stderr. PINs come from `--pin-file`, COSIGN_PIN or a hidden prompt, never from the command line.
"""

import os

import typer

from cosign.cli import cosign_phone_account as account
from cosign.cli import cosign_phone_bindings as bindings
from cosign.cli import cosign_phone_brand as brand
from cosign.cli import cosign_phone_computers as computers
from cosign.cli import cosign_phone_device as device
from cosign.cli import cosign_phone_identity as identity
from cosign.cli import cosign_phone_identity_changes as identity_changes
from cosign.cli import cosign_phone_login as login
from cosign.cli import cosign_phone_messages as messages
from cosign.cli import cosign_phone_number as number
from cosign.cli import cosign_phone_use as use
from cosign.process import harden

app = typer.Typer(
    name="cosign-phone",
    help="Virtual phone: holds one half of each key and signs or decrypts together with the server.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(device.enroll)
app.command()(account.send_code)
app.command()(account.captcha)
app.command()(account.register)
app.command()(account.login)
app.command()(login.login_certificate)
app.command()(account.logout)
app.command()(account.devices)
app.command()(account.logins)
app.command()(account.unbind)
app.command()(identity.verify_identity)
app.add_typer(identity_changes.identity, name="identity")
app.add_typer(account.password, name="password")
app.add_typer(bindings.bindings, name="bindings")
app.add_typer(number.number_change, name="number-change")
app.add_typer(computers.computer, name="computer")
app.command()(number.cancel_account)
app.command()(device.keygen)
app.command()(device.pubkey)
app.command()(use.sign)
app.command()(use.sign_digest)
app.command()(use.decrypt)
app.command()(use.change_pin)
app.command()(use.refresh)
app.command()(use.recover)
app.command()(device.status)
app.command()(device.sync)
app.add_typer(brand.brand, name="brand")
app.add_typer(messages.messages, name="messages")
app.command()(messages.operations)
app.add_typer(brand.agreements, name="agreements")


def main() -> None:
    """Entry point of the `cosign-phone` program."""
    harden()
    # Otherwise gRPC's own log lines about lost connections mix with ours.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    app()


if __name__ == "__main__":
    main()
