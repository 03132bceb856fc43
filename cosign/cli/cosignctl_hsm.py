"""`cosignctl hsm`: the token of PKCS#11, from the key ceremony to the destruction of an old key."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cosign.cli.cosignctl_hsm_keys import rewrap, rotate
from cosign.cli.cosignctl_output import emit, emit_rows, english, load_config, new_app, note, refuse, reporting
from cosign.server import ceremony_wiring
from cosign.server.config import Config

hsm = new_app("Make a hardware token ready, look at it, measure it, change its keys.")
hsm.command("rotate")(rotate)
hsm.command("rewrap")(rewrap)

PartOption = Annotated[Path | None, typer.Option(help="File or device with an operator's part; default: ask.")]


@hsm.command("init")
def init(
    transcript: Annotated[Path, typer.Option(help="Folder for ceremony.json and ceremony.md; must not have them.")],
    part_1: PartOption = None,
    part_2: PartOption = None,
    keep_old_keys: Annotated[
        bool, typer.Option("--keep-old-keys", help="Make a new KEK beside versions whose state object is lost.")
    ] = False,
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="On a SoftHSM2 token that is deleted again.")] = False,
    module: Annotated[Path, typer.Option(help="SoftHSM2, for --rehearsal.")] = Path("/usr/lib/softhsm/libsofthsm2.so"),
) -> None:
    """Run the key ceremony: two operators, one token, a signed transcript.

    Initialises the token named by token.uri if there is only an uninitialised one, sets its PINs, draws the first
    KEK. The PIN of the security officer is the first operator's part followed by the second's. Refused for a token
    that holds our keys already. A token with KEK versions but without the object that describes them is refused too;
    nothing in it is ever destroyed.
    """
    with reporting():
        if any((transcript / name).exists() for name in ("ceremony.json", "ceremony.md")):
            refuse("TRANSCRIPT_EXISTS", f"{transcript} holds a transcript already")
        transcript.mkdir(parents=True, exist_ok=True)
        if rehearsal:
            with ceremony_wiring.rehearsed(module) as config:
                _run(config, (part_1, part_2), transcript, keep_old_keys=False, rehearsal=True)
        else:
            _run(load_config(), (part_1, part_2), transcript, keep_old_keys=keep_old_keys, rehearsal=False)


def _run(
    config: Config, parts: tuple[Path | None, Path | None], folder: Path, *, keep_old_keys: bool, rehearsal: bool
) -> None:
    done = ceremony_wiring.init(config, parts=parts, keep_old_keys=keep_old_keys, rehearsal=rehearsal)
    (folder / "ceremony.json").write_text(json.dumps(done.document, indent=2) + "\n", encoding="utf-8")
    (folder / "ceremony.md").write_text(ceremony_wiring.markdown(done.document), encoding="utf-8")
    made = done.made
    emit(
        {**done.document["transcript"], "transcript": str(folder)},
        lambda: (
            f"token {made.label}\nkey {made.key_label} check_value {made.check_value.hex()}\n"
            f"algorithm {int(made.algorithm)}\ntranscript {folder}"
        ),
    )
    if rehearsal:
        note("REHEARSAL: the token was deleted; nothing here protects a real key")


@hsm.command("verify")
def verify(
    path: Annotated[Path, typer.Argument(help="ceremony.json", exists=True)],
    public_key: Annotated[
        str | None, typer.Option(help="Expected key of the token in hex, from the signed paper; asks no token.")
    ] = None,
) -> None:
    """Check the signature of a transcript against the configured token's key, or against --public-key.

    With neither, only the key that the transcript itself names is checked: that shows no origin.
    """
    with reporting():
        config = load_config()
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            content, against = ceremony_wiring.verified(document, config, public_key)
        except (ceremony_wiring.TranscriptInvalid, json.JSONDecodeError, UnicodeDecodeError) as fault:
            refuse("TRANSCRIPT_INVALID", str(fault))
    if against is ceremony_wiring.CheckedAgainst.DOCUMENT:
        note(
            "only the public key that the transcript names was checked: anybody can make such a transcript; configure"
            " the token or compare with --public-key"
            if english()
            else "仅用记录自身所列的公钥做了验证，任何人都能伪造这样的记录；请配置令牌或用 --public-key 指定公钥"
        )
    emit(
        {"ok": True, **content, "public_key": document["public_key"], "checked_against": against.value},
        lambda: (
            f"good: token {content['label']}, check value {content['check_value']}\n"
            f"signed by {document['public_key']}, checked against: {against.value}"
        ),
    )


@hsm.command("doctor")
def doctor() -> None:
    """Show what the token offers and what of it works, with advice."""
    with reporting():
        found = ceremony_wiring.doctor(load_config())
    rows: list[dict[str, Any]] = [
        {"need": row.need, "offered": "yes" if row.offered else "no", "tested": row.tested, "advice": row.advice}
        for row in found.capabilities
    ]
    head = {"module": found.module, "label": found.label, "model": found.model, "serial": found.serial}
    note(f"{found.module}: token {found.label}, {found.model}, serial number {found.serial}")
    if not found.logged_in:
        note("the token has no user PIN yet: nothing was tried; run `cosignctl hsm init`")
    emit_rows([{**head, **row} for row in rows], ("need", "offered", "tested", "advice"))


@hsm.command("list")
def listing() -> None:
    """List our objects in the token with their attributes."""
    with reporting():
        found = ceremony_wiring.listing(load_config())
    emit_rows([dataclasses.asdict(one) for one in found], ("label", "kind", "attributes"))


@hsm.command("bench")
def bench(rounds: Annotated[int, typer.Option(min=10, max=100_000, help="Calls of each kind.")] = 1000) -> None:
    """Measure the calls of the hot path: microseconds on the clock and of processor time."""
    with reporting():
        measured = ceremony_wiring.bench(load_config(), rounds=rounds)
    rows = [{"call": one.call, "wall_us": f"{one.wall_us:.1f}", "cpu_us": f"{one.cpu_us:.1f}"} for one in measured]
    emit_rows(rows, ("call", "wall_us", "cpu_us"))


@hsm.command("backup-check")
def backup_check(
    uri: Annotated[str, typer.Option(help="PKCS#11 URI of the token that was restored from the backup.")],
) -> None:
    """Prove that a restored token holds the keys of the one in use: same check values, opens the same records."""
    with reporting():
        ours, theirs = ceremony_wiring.backup_check(load_config(), uri)
    values = {str(version): value.hex() for version, value in sorted(ours.check_values.items())}
    emit(
        {"ok": True, "token": ours.name, "backup": theirs.name, "check_values": values},
        lambda: f"good: {theirs.name} holds the keys of {ours.name}",
    )
