"""One node of a race, as a process. `change URI COUNT` rotates and destroys, `look URI FOLDER` opens the token again
and again until the folder is gone. Ends with status 0 unless something happened that must not."""

import contextlib
import sys
from pathlib import Path

from hsm.pkcs11 import Pkcs11Token, TokenUri
from hsm.ports import TokenKeyMissing, TokenRefused, TokenUnavailable
from protocol.seal import SecretRecord
from tests.hsm.softhsm import NATIVE


def change(uri: TokenUri, count: int) -> None:
    """Makes `count` new versions; whoever sees an old one destroys it."""
    token = opened(uri)
    made = 0
    while made < count:
        try:
            token.new_version()
            made += 1
        except (TokenUnavailable, TokenRefused):  # somebody else was first, or two versions exist
            look_again(token)
        for version in set(token.info().check_values) - {token.current_version}:
            try:
                token.destroy_version(version)
            except (TokenUnavailable, TokenKeyMissing, ValueError):  # somebody else did it
                look_again(token)
    token.close()


def opened(uri: TokenUri) -> Pkcs11Token[SecretRecord]:
    """SoftHSM2 fails now and then while another process writes a file that it reads."""
    while True:
        with contextlib.suppress(TokenUnavailable):
            return Pkcs11Token.open(uri, native=NATIVE, settle=0)


def look_again(token: Pkcs11Token[SecretRecord]) -> None:
    """Until the token answers."""
    while True:
        with contextlib.suppress(TokenUnavailable):
            return token.self_test()


def look(uri: TokenUri, folder: Path) -> None:
    """A node that starts: whatever it sees must be whole."""
    while folder.exists():
        try:
            token: Pkcs11Token[SecretRecord] = Pkcs11Token.open(uri, native=NATIVE)
        except TokenUnavailable:
            continue
        state = token.info()
        assert state.current_version in state.check_values
        token.close()


if __name__ == "__main__":
    role, text, argument = sys.argv[1:]
    if role == "change":
        change(TokenUri.parse(text), int(argument))
    else:
        look(TokenUri.parse(text), Path(argument))
