"""Commands of `cosign-phone` about the device and its keys: enroll, keygen, pubkey, status, sync."""

from pathlib import Path
from typing import Annotated, Final

import typer

from cosign.cli import cosign_phone_io as io
from cosign.cli.cosign_phone_options import (
    CaOption,
    HomeOption,
    JsonOption,
    KeyOption,
    LanguageOption,
    PinFileOption,
    ServerOption,
    choose,
    make_setting,
)
from cosign.client.phone import PhoneKeyState
from protocol import p256, sm2
from protocol.codes import Custody, Purpose, Suite

ALGORITHMS: Final = {"sm2": Suite.SM2, "ecdsa-p256": Suite.P256}
CUSTODIES: Final = {"sealed": Custody.SEALED, "token": Custody.TOKEN}
ALGORITHM_NAMES: Final = {suite: name for name, suite in ALGORITHMS.items()}


def enroll(
    home: HomeOption,
    code: Annotated[str, typer.Option("--code", help="Enrolment code issued by `cosignctl enrolment create`.")],
    server: ServerOption = None,
    ca: CaOption = None,
    name: Annotated[str, typer.Option("--name", help="What to call this phone.")] = "cosign-phone",
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Register this phone under an enrolment code and remember server and CA."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        with setting.console.progress("Enrolling"):
            view = phone.enrol(code=code, display_name=name)
        setting.console.result(
            f"Enrolled as {view.device_id} of user {view.user_id} at {view.server_id}.",
            device_id=view.device_id,
            user_id=view.user_id,
            server_id=view.server_id,
        )


def keygen(
    home: HomeOption,
    purpose: Annotated[str, typer.Option("--purpose", help="sign or decrypt.")],
    algorithm: Annotated[str, typer.Option("--algorithm", help="sm2 or ecdsa-p256.")] = "sm2",
    custody: Annotated[
        str, typer.Option("--custody", help="Where the server keeps its share: sealed, or token (ecdsa-p256, decrypt).")
    ] = "sealed",
    server: ServerOption = None,
    ca: CaOption = None,
    new: Annotated[bool, typer.Option("--new", help="Make a new key even if an unfinished one waits.")] = False,
    pin_file: PinFileOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Make a key together with the server and activate it.

    If an earlier run was interrupted before the activation, that key is finished instead of making another one.
    """
    if purpose not in ("sign", "decrypt"):
        raise typer.BadParameter("sign or decrypt", param_hint="--purpose")
    wanted = Purpose.SIGN if purpose == "sign" else Purpose.DECRYPT
    suite = ALGORITHMS.get(algorithm)
    if suite is None:
        raise typer.BadParameter(" or ".join(ALGORITHMS), param_hint="--algorithm")
    kept = CUSTODIES.get(custody)
    if kept is None:
        raise typer.BadParameter(" or ".join(CUSTODIES), param_hint="--custody")
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        unfinished = [key for key in phone.keys(wanted) if key.state is PhoneKeyState.INACTIVE and key.suite is suite]
        waiting = [] if new else unfinished
        pin = io.ask_pin(pin_file, prompt="PIN of the unfinished key" if waiting else "New PIN", twice=not waiting)
        with setting.console.progress("Generating the key"):
            key = phone.activate(waiting[0].key_id, pin) if waiting else phone.keygen(wanted, pin, suite, kept)
        setting.console.result(
            f"{key.key_id} is ready.",
            key_id=key.key_id,
            algorithm=algorithm,
            purpose=purpose,
            public_key=key.public_key.hex(),
        )


def pubkey(
    home: HomeOption,
    out: Annotated[Path, typer.Option("--out", help="PEM file to write.")],
    server: ServerOption = None,
    ca: CaOption = None,
    key_id: KeyOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Write the public key as SubjectPublicKeyInfo, which OpenSSL reads."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        key = choose(phone, key_id, None)
        to_pem = sm2.public_key_to_pem if key.suite is Suite.SM2 else p256.public_key_to_pem
        io.write_output(out, to_pem(key.public_key).encode())
        setting.console.result(f"Wrote {out}.", key_id=key.key_id, out=str(out))


def status(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show the device and its keys, without asking the server."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        view = phone.status()
        keys = [
            {
                "key_id": key.key_id,
                "algorithm": ALGORITHM_NAMES[key.suite],
                "purpose": key.purpose.name.lower(),
                "state": key.state.value,
                "unfinished_change": key.unfinished.value,
                "public_key": key.public_key.hex(),
            }
            for key in view.keys
        ]
        lines = [
            f"Device  {view.device_id or 'not enrolled'}  {view.display_name}",
            f"User    {view.user_id}",
            f"Server  {view.address}  {view.server_id}",
            f"Open requests  {view.open_requests}",
            *(
                f"{key.key_id}  {ALGORITHM_NAMES[key.suite]}  {key.purpose.name.lower()}  "
                f"{key.state.value}{io.UNFINISHED[key.unfinished]}"
                for key in view.keys
            ),
        ]
        setting.console.result(
            "\n".join(lines),
            device_id=view.device_id,
            user_id=view.user_id,
            server=view.address,
            server_id=view.server_id,
            open_requests=view.open_requests,
            keys=keys,
        )


def sync(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Send a heartbeat: settles lost answers and shows early whether a copy of this phone was used."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        case = phone.sync()
        text = "in step with the server" if case.value == "A" else "an answer was lost; settled"
        setting.console.result(f"Heartbeat: {text}.", case=case.value)
