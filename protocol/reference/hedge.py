"""Hedged randomness (section 1.4).

A source is a function from (tag, i) or (tag, i, retry) to a scalar in [1, n-1]; the steps of both roles take one, so
that tests can give hedged, fixed or deliberately bad randomness.
"""

import secrets
from collections.abc import Callable

from protocol.reference.encoding import u16, u32, u64
from protocol.reference.transcript import Suite

PhoneSource = Callable[[str, int], int]
ServerSource = Callable[[str, int, int], int]


def phone_seed(suite: Suite, fresh32: bytes, share: bytes, ctx: bytes, local_seq: int) -> bytes:
    """HEDGE-1, the seed."""
    return suite.h("NONCE/p", fresh32, share, ctx, u64(local_seq))


def phone_source(suite: Suite, seed: bytes) -> PhoneSource:
    """HEDGE-1, the secrets of one request."""
    return lambda tag, i: suite.h2s("NONCE/p-out", seed, tag.encode(), u16(i))


def server_seed(suite: Suite, fresh32: bytes, share: bytes, ctx: bytes, body_hash: bytes) -> bytes:
    """HEDGE-2, the seed."""
    return suite.h("NONCE/s", fresh32, share, ctx, body_hash)


def server_source(suite: Suite, seed: bytes) -> ServerSource:
    """HEDGE-2, the secrets of one request."""
    return lambda tag, i, retry: suite.h2s("NONCE/s-out", seed, tag.encode(), u16(i), u32(retry))


class Entropy:
    """Randomness of the operating system; tests replace `fresh`."""

    def fresh(self, length: int) -> bytes:
        """New random bytes (HEDGE-3)."""
        return secrets.token_bytes(length)

    def scalar(self, suite: Suite) -> int:
        """A number in [1, n-1], for keys that are not hedged."""
        return suite.h2s("reference/scalar", self.fresh(32))
