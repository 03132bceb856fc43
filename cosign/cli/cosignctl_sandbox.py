"""`cosignctl sandbox authorise`: plays the app of a login provider."""

import json
import sys
from typing import Annotated

import typer

from cosign.cli.cosignctl_output import load_config, reporting
from cosign.clock import SystemClock
from cosign.errors import ConfigInvalid, FieldInvalid
from cosign.linked_logins.adapters.sandbox import FILE, Grant, SandboxKey


def authorise(
    user: Annotated[str, typer.Option(help="Id of the user there; for one-tap the number of the SIM.")],
    name: Annotated[str, typer.Option(help="How the user calls himself there.")] = "",
    level: Annotated[str, typer.Option(help="Of network identity: credential, password or face.")] = "face",
    cancel: Annotated[bool, typer.Option("--cancel", help="The user says no.")] = False,
) -> None:
    """Read what the phone asks a provider for from stdin, and print what the sandbox gives for it.

    For `cosign-phone login --authoriser`. Users that end in 0001, 0002 and 0003 fail; see docs/linked-logins.md.
    """
    with reporting():
        config = load_config()
        if config.production:
            raise ConfigInvalid("environment", "there is no sandbox in production")
        try:
            wanted = json.load(sys.stdin)
            method, brand, state = (str(wanted[key]) for key in ("method", "brand", "state"))
        except (ValueError, KeyError, TypeError):
            raise FieldInvalid("stdin", "must be the JSON object of cosign-phone") from None
        grant = Grant(
            method=method,
            brand=brand,
            state=state,
            user=user,
            name=name,
            level=level if method == "network_id" else "",
            cancelled=cancel,
        )
        text = SandboxKey(config.server.state_dir / FILE).issue(grant, SystemClock())
    print(text)
