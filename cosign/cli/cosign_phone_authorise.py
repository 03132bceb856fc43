"""Logins of `cosign-phone` through providers.

What the app of a provider would give comes from a program (--authoriser, COSIGN_AUTHORISER) or a prompt. The program
gets one JSON object on stdin: method, brand, state, app_id, scope, signed_request; its first line is the code, token
or signed result. In the sandbox it is `cosignctl sandbox authorise --user NAME`.
"""

import dataclasses
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from cosign.client.phone import About, Phone, PhoneFault, Wanted

AUTHORISER_VARIABLE: Final = "COSIGN_AUTHORISER"
_SECONDS: Final = 60

AuthoriserOption = Annotated[
    str | None, typer.Option("--authoriser", envvar=AUTHORISER_VARIABLE, help="Program that plays the provider's app.")
]


def log_in(
    phone: Phone, method: str, brand: str, *, authoriser: str | None, about: About, accepted: Sequence[str], bind: bool
) -> None:
    """Logs in by `one_tap` or a provider; `bind` makes no account for an unknown network identity.

    Raises:
        BindingNeeded, SecondStepNeeded, and other faults of the phone.
    """
    if method == "one_tap":
        token = authorise(Wanted(method=method, brand=brand), authoriser)
        phone.linked.one_tap(brand, token, about=about, accepted=accepted)
        return
    wanted = phone.linked.begin(brand, method)
    code = authorise(wanted, authoriser)
    phone.linked.third_party(wanted, code, about=about, accepted=accepted, bind_existing=bind)


def authorise(wanted: Wanted, authoriser: str | None) -> str:
    """What the app of the provider gives. Raises AuthorisationFailed."""
    request = json.dumps(dataclasses.asdict(wanted))
    if not authoriser:
        if not sys.stdin.isatty():
            raise typer.BadParameter(
                f"needed without a terminal; or give {AUTHORISER_VARIABLE}", param_hint="--authoriser"
            )
        print(request, file=sys.stderr)
        return str(typer.prompt("Code of the provider", err=True)).strip()
    try:
        done = subprocess.run(
            shlex.split(authoriser),
            input=request,
            env=os.environ,
            stdout=subprocess.PIPE,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        raise AuthorisationFailed from None
    return done.stdout.partition("\n")[0].strip()


class AuthorisationFailed(PhoneFault):
    """The program that plays the provider's app has failed."""

    reason = "AUTHORISATION_FAILED"
    english = "The provider gave no authorisation."
    chinese = "未获得第三方授权。"
