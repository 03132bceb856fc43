"""The operator program. Works directly on the database and the state folder of the configuration.

    cosignctl COMMAND [--config FILE] [--json] [--lang en|zh]     these three may stand anywhere

    init                                   make state folder, database, token and keys of the core
    enrolment create --user USER           issue a one-time enrolment code
    device list | unbind | reidentify      devices
    account find | show | suspend | unlock accounts of users
    identity link issue | proof | withdraw   links for persons without an account
    key list | show | freeze | unfreeze | revoke
    audit verify | export | checkpoint     the audit trail
    token info | rotate                    the token that seals the server shares
    hsm init | verify | doctor | list | bench | backup-check | rotate | rewrap   a hardware token
    db upgrade | check | reconcile | restored   the database
    outbox list | retry | drop             deliveries of messages, dead letters
    sandbox messages                       what the sandbox took instead of sending it
    brand list | history | show | apply    policies of brands
    environment create | list | disable    intranet environments
    content draft | edit | publish | withdraw | list | show | check   agreements, announcements, help
    staff create | list | roles | disable | unlock | reset   staff accounts
    data status | rotate | reseal | export | erase | archive | retention   personal data
    config check                           print the effective configuration

Exit status: 0 done, 1 refused, 2 wrong usage.
"""

import sys
from collections.abc import Sequence
from itertools import islice

import typer

from cosign.cli import (
    cosignctl_accounts,
    cosignctl_admin,
    cosignctl_audit,
    cosignctl_brands,
    cosignctl_content,
    cosignctl_data,
    cosignctl_database,
    cosignctl_devices,
    cosignctl_hsm,
    cosignctl_identity,
    cosignctl_identity_links,
    cosignctl_keys,
    cosignctl_messages,
    cosignctl_sandbox,
    cosignctl_staff,
    cosignctl_token,
)
from cosign.cli.cosignctl_output import ConfigOption, JsonOption, LanguageOption, new_app, options

app = new_app("Operate a key-share service.")
app.add_typer(cosignctl_devices.enrolment, name="enrolment")
app.add_typer(cosignctl_devices.device, name="device")
app.add_typer(cosignctl_accounts.account, name="account")
app.add_typer(cosignctl_identity_links.identity, name="identity")
app.add_typer(cosignctl_keys.key, name="key")
app.add_typer(cosignctl_audit.audit, name="audit")
app.add_typer(cosignctl_token.token, name="token")
app.add_typer(cosignctl_hsm.hsm, name="hsm")
app.add_typer(cosignctl_database.database, name="db")
app.add_typer(cosignctl_brands.brand, name="brand")
app.add_typer(cosignctl_brands.environment, name="environment")
app.add_typer(cosignctl_content.content, name="content")
app.add_typer(cosignctl_staff.staff, name="staff")
app.add_typer(cosignctl_data.data, name="data")
app.add_typer(cosignctl_admin.configuration, name="config")
app.add_typer(cosignctl_messages.outbox, name="outbox")
cosignctl_messages.sandbox.command("authorise")(cosignctl_sandbox.authorise)
cosignctl_messages.sandbox.command("card")(cosignctl_identity.card)
app.add_typer(cosignctl_messages.sandbox, name="sandbox")
app.command("init")(cosignctl_admin.init)


@app.callback()
def program(config: ConfigOption = None, json: JsonOption = False, lang: LanguageOption = "en") -> None:
    """Operate a key-share service."""
    if lang.partition("_")[0].partition("-")[0] not in {"en", "zh"}:
        raise typer.BadParameter("must be en or zh", param_hint="--lang")
    options.config, options.json, options.language = config, json, lang


def main() -> None:
    """Entry point of the program."""
    app(common_first(sys.argv[1:]))


def common_first(arguments: Sequence[str]) -> list[str]:
    """Moves the options that every command has to the front, where the parser looks for them."""
    common: list[str] = []
    others: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        name, _, value = argument.partition("=")
        if argument == "--":
            others += [argument, *waiting]
        elif argument == "--json" or (name in {"--config", "--lang"} and value):
            common.append(argument)
        elif argument in {"--config", "--lang"}:
            common += [argument, *islice(waiting, 1)]
        else:
            others.append(argument)
    return common + others


if __name__ == "__main__":
    main()
