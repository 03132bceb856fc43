"""Encoding and hashing of public data (sections 1.1 and 1.2).

Nothing is ever hashed by plain concatenation: fields go through TLV, and every hash carries a label that is used for
one purpose only::

    TLV(f1, …, fk)   = for each field: u32 length, big-endian ‖ bytes                              (ENC-4)
    H(label, f…)     = expand_message_xmd(TLV(f…), DST = "COSIGN-v1/<suite>/<label>", 32 bytes)
    H2S(label, f…)   = the same with 48 bytes, as a number modulo n, never 0

Hashes of secrets are computed inside the native core and do not pass through this module.
"""

from collections.abc import Sequence

from protocol import _core
from protocol.codes import Suite

__all__ = ["h", "h2s", "sm3", "tlv"]


def tlv(fields: Sequence[bytes]) -> bytes:
    """Encodes `fields` one after another, each behind its length as u32 (ENC-4)."""
    return _core.tlv(fields)


def h(suite: Suite | str, label: str, fields: Sequence[bytes]) -> bytes:
    """The labelled hash H of section 1.2: 32 bytes.

    Args:
        suite: Decides the hash function (SM3 or SHA-256) and is part of the domain separation tag.
        label: ASCII, for example ``REQ/id``.
        fields: Hashed as TLV, in this order.

    Raises:
        MalformedMessage: Unknown suite, or a label that does not fit the tag.
    """
    return _core.h(str(suite), label, fields)


def h2s(suite: Suite | str, label: str, fields: Sequence[bytes]) -> bytes:
    """The hash to a scalar H2S of section 1.2: 32 bytes, a number in [1, n-1] of the suite's curve.

    Raises:
        MalformedMessage: Unknown suite, or a label that does not fit the tag.
    """
    return _core.h2s(str(suite), label, fields)


def sm3(data: bytes) -> bytes:
    """SM3 of `data` (GB/T 32905): 32 bytes."""
    return _core.sm3(data)
