"""The independent judge of the demo: the `openssl` program."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

INSTALL_HINT: Final = (
    "openssl 3.0 or later with SM2 is missing; install it, for example: sudo apt-get install openssl (Debian, Ubuntu), "
    "sudo dnf install openssl (Fedora), brew install openssl@3 (macOS)"
)
SIGNER_ID: Final = "1234567812345678"


class OpensslRefused(Exception):
    """The program ended with an error; the message is its own."""


def is_usable() -> bool:
    """Whether an `openssl` with SM2 is on the path."""
    if shutil.which("openssl") is None:
        return False
    found = re.match(r"OpenSSL (\d+)\.", version())
    curves = subprocess.run(["openssl", "ecparam", "-list_curves"], capture_output=True, text=True, check=False).stdout
    return found is not None and int(found[1]) >= 3 and "SM2" in curves


def version() -> str:
    """What the program calls itself."""
    return _run("version").strip()


def verify_file(public_key: Path, message: Path, signature: Path) -> None:
    """Verifies a DER signature over a file with SM3 and the default signer id. Raises OpensslRefused."""
    _run(
        "pkeyutl", "-verify", "-pubin", "-inkey", public_key, "-rawin", "-digest", "sm3",
        "-pkeyopt", f"distid:{SIGNER_ID}", "-in", message, "-sigfile", signature,
    )  # fmt: skip


def verify_ecdsa_file(public_key: Path, message: Path, signature: Path) -> None:
    """Verifies a DER signature over a file with ECDSA and SHA-256. Raises OpensslRefused."""
    _run("dgst", "-sha256", "-verify", public_key, "-signature", signature, message)


def encrypt_file(public_key: Path, plain: Path, cipher: Path) -> None:
    """Writes an SM2 ciphertext as DER (GM/T 0009). Raises OpensslRefused."""
    _run("pkeyutl", "-encrypt", "-pubin", "-inkey", public_key, "-in", plain, "-out", cipher)


def _run(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise OpensslRefused((done.stderr or done.stdout).strip() or f"exit status {done.returncode}")
    return done.stdout
