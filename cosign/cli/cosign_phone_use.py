"""Commands of `cosign-phone` that use a PIN: sign, sign-digest, decrypt, change-pin, refresh, recover."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Final

import typer

from cosign.cli import cosign_phone_io as io
from cosign.cli.cosign_phone_options import (
    CaOption,
    HomeOption,
    InOption,
    JsonOption,
    KeyOption,
    LanguageOption,
    OutOption,
    PinFileOption,
    ServerOption,
    Setting,
    ask_key_pin,
    choose,
    make_setting,
)
from cosign.client.phone import KeyView, Phone
from protocol import sm2
from protocol.codes import Purpose, Suite

BATCH: Final = 256
"""Items of one request; more are sent in several requests under the same PIN entry, signatures over one stream."""


def sign(
    home: HomeOption,
    inputs: InOption,
    outputs: OutOption,
    server: ServerOption = None,
    ca: CaOption = None,
    key_id: KeyOption = None,
    signer_id: Annotated[str, typer.Option("--id", help="Signer id of GB/T 32918.2.")] = sm2.DEFAULT_ID.decode(),
    pin_file: PinFileOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Sign files under one PIN entry; each signature is DER.

    SM2 keys sign with SM3 (GB/T 32918.2), P-256 keys by ECDSA with SHA-256.

    With one existing folder as --out each signature is called like its input plus `.sig.der`.
    """
    targets = io.pair_outputs(inputs, outputs, ".sig.der")
    messages = [io.read_input(path) for path in inputs]
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        key = choose(phone, key_id, Purpose.SIGN)
        digests = [phone.digest(key.key_id, message, signer_id=signer_id.encode()) for message in messages]
        signatures = _sign_batches(setting, phone, key, digests, ask_key_pin(setting, key, pin_file))
        for path, signature in zip(targets, signatures, strict=True):
            io.write_output(path, sm2.signature_to_der(signature))
        setting.console.result(
            f"Signed {len(targets)} file(s) with {key.key_id}.",
            key_id=key.key_id,
            out=[str(path) for path in targets],
        )


def sign_digest(
    home: HomeOption,
    digests: Annotated[
        list[str],
        typer.Option("--digest", help="SM3(Z_A ‖ M), or SHA-256(M) with a P-256 key: 64 hex digits; may be repeated."),
    ],
    server: ServerOption = None,
    ca: CaOption = None,
    key_id: KeyOption = None,
    outputs: Annotated[
        list[Path] | None, typer.Option("--out", help="DER file for each --digest; without it hex is printed.")
    ] = None,
    pin_file: PinFileOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Sign digests computed elsewhere: whoever computed them vouches for what they stand for."""
    if outputs and len(outputs) != len(digests):
        raise typer.BadParameter(f"{len(digests)} digests need {len(digests)} outputs", param_hint="--out")
    try:
        raw = [bytes.fromhex(digest) for digest in digests]
    except ValueError:
        raise typer.BadParameter("not hexadecimal", param_hint="--digest") from None
    if any(len(digest) != 32 for digest in raw):
        raise typer.BadParameter("a digest has 64 hex digits", param_hint="--digest")
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        key = choose(phone, key_id, Purpose.SIGN)
        signatures = _sign_batches(setting, phone, key, raw, ask_key_pin(setting, key, pin_file))
        encoded = [sm2.signature_to_der(signature) for signature in signatures]
        for path, signature in zip(outputs or [], encoded, strict=bool(outputs)):
            io.write_output(path, signature)
        setting.console.result(
            f"Signed {len(raw)} digest(s) with {key.key_id}."
            if outputs
            else "\n".join(signature.hex() for signature in encoded),
            key_id=key.key_id,
            signatures=[signature.hex() for signature in encoded],
        )


def decrypt(
    home: HomeOption,
    inputs: InOption,
    outputs: OutOption,
    server: ServerOption = None,
    ca: CaOption = None,
    key_id: KeyOption = None,
    pin_file: PinFileOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Decrypt under one PIN entry: SM2 ciphertexts in DER (GM/T 0009), with a P-256 key CMS in DER or HPKE.

    With one existing folder as --out each plaintext is called like its input plus `.plain`. Plaintext files get
    mode 0600.
    """
    targets = io.pair_outputs(inputs, outputs, ".plain")
    files = [io.read_input(path) for path in inputs]
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        key = choose(phone, key_id, Purpose.DECRYPT)
        ciphertexts = [io.decode_ciphertext(key.suite, path, der) for path, der in zip(inputs, files, strict=True)]
        pin = ask_key_pin(setting, key, pin_file)
        with setting.console.progress("Decrypting") as bar, phone.unlock(key.key_id, pin) as unlocked:
            plaintexts: list[bytes] = []
            for start in range(0, len(ciphertexts), BATCH):
                plaintexts += phone.decrypt(key.key_id, ciphertexts[start : start + BATCH], unlocked)
                bar.advance(len(plaintexts), len(ciphertexts))
        for path, plaintext in zip(targets, plaintexts, strict=True):
            io.write_output(path, plaintext, private=True)
        setting.console.result(
            f"Decrypted {len(targets)} file(s) with {key.key_id}.",
            key_id=key.key_id,
            out=[str(path) for path in targets],
        )


def change_pin(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    key_id: Annotated[str | None, typer.Option("--key", help="Only this key; by default all active keys.")] = None,
    pin_file: PinFileOption = None,
    new_pin_file: Annotated[
        Path | None, typer.Option("--new-pin-file", exists=True, dir_okay=False, help="File with the new PIN.")
    ] = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Change the PIN. After an interruption run the same command again; nothing is lost.

    The new PIN comes from --new-pin-file, COSIGN_NEW_PIN or a prompt.
    """
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        old_pin = io.ask_pin(pin_file, prompt="Old PIN")
        new_pin = io.ask_pin(new_pin_file, prompt="New PIN", variable=io.NEW_PIN_VARIABLE, twice=True)
        with setting.console.progress("Changing the PIN") as bar:
            phone.change_pin(old_pin, new_pin, key_ids=[key_id] if key_id else None, advance=bar.advance)
        setting.console.result("PIN changed.")


def refresh(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    key_id: KeyOption = None,
    pin_file: PinFileOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Renew both shares of a key; the public key and the PIN stay."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        key = choose(phone, key_id, None)
        pin = ask_key_pin(setting, key, pin_file)
        with setting.console.progress("Renewing the shares"):
            phone.refresh(key.key_id, pin)
        setting.console.result(f"The shares of {key.key_id} are renewed.", key_id=key.key_id)


def recover(
    home: HomeOption,
    server: ServerOption = None,
    ca: CaOption = None,
    key_id: KeyOption = None,
    pin_file: PinFileOption = None,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Use a locked or frozen phone again, after the service has identified you again. Renews the shares of the key."""
    setting = make_setting(home, server, ca, machine, language)
    with setting.phone() as phone:
        key = choose(phone, key_id, None)
        pin = ask_key_pin(setting, key, pin_file)
        with setting.console.progress("Recovering"):
            phone.recover(key.key_id, pin)
        setting.console.result(f"This phone works again; the shares of {key.key_id} are renewed.", key_id=key.key_id)


def _sign_batches(setting: Setting, phone: Phone, key: KeyView, digests: list[bytes], pin: str) -> list[bytes]:
    """All signatures under one PIN entry; a bar shows the batches."""
    signatures: list[bytes] = []
    batch = BATCH if key.suite is Suite.SM2 else 1  # a request of ECDSA carries one digest
    long = phone.streaming() if len(digests) > batch else nullcontext()
    with setting.console.progress("Signing") as bar, phone.unlock(key.key_id, pin) as unlocked, long:
        for start in range(0, len(digests), batch):
            signatures += phone.sign_digests(key.key_id, digests[start : start + batch], unlocked)
            bar.advance(len(signatures), len(digests))
    return signatures
