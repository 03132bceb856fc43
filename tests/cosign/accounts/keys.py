"""An SM2 key that signs alone, in the place of a phone and a server that sign together."""

import secrets

from protocol.reference import sm2
from protocol.reference.curve import SM2, scalar_bytes


class Sm2Key:
    """A whole key."""

    def __init__(self) -> None:
        self._secret = 1 + secrets.randbelow(SM2.n - 2)
        self.public_key = SM2.encode(SM2.mul_base(self._secret))

    def sign(self, digest: bytes) -> bytes:
        """64 bytes r‖s."""
        nonce = 1 + secrets.randbelow(SM2.n - 1)
        r, s = sm2.sign(self._secret, int.from_bytes(digest), nonce)
        return scalar_bytes(r) + scalar_bytes(s)
