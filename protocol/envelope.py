"""The end-to-end layer between a phone and the core (section 7): what its bytes look like.

::

    request  = version u16 ‖ suite u8 ‖ core_key_id 8 ‖ enc 33 ‖ length u32 ‖ ciphertext            (E2E-2)
    inside   = u32 length ‖ header ‖ u32 length ‖ body
    answer   = nonce 12 ‖ AES-256-GCM message under an exported key, associated data = req_id       (E2E-3)
    inside   = status u8 ‖ server_time u64 ‖ flags u8 ‖ attempts_left u8 ‖ retry_after u32 ‖ ctr u64 ‖
               tau 16 ‖ restore_epoch u32 ‖ length u32 ‖ body ‖ zero padding

The layer is HPKE base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (RFC 9180). Python and gRPC carry
both messages as bytes; only the core and the phone's core see what is inside (E2E-5).
"""

from dataclasses import dataclass

from protocol._core import EnvelopeKey
from protocol.errors import EnvelopeInvalid
from protocol.transcript import h

__all__ = [
    "ANSWER_OVERHEAD",
    "ENVELOPE_OVERHEAD",
    "SUITE_P256",
    "VERSION",
    "EnvelopeKey",
    "EnvelopePrefix",
    "core_key_id",
    "read_prefix",
]

VERSION = 1
SUITE_P256 = 1
"""HPKE over P-256 as above. The GM profile (SM2, SM3, SM4) has its own number."""

ENVELOPE_OVERHEAD = 2 + 1 + 8 + 33 + 4 + 16
"""Bytes an envelope adds to header and body with their two lengths: fixed fields and the AEAD tag."""

ANSWER_OVERHEAD = 12 + 47 + 16
"""Bytes an answer adds to its body: nonce, frame fields and the AEAD tag."""


@dataclass(frozen=True, slots=True)
class EnvelopePrefix:
    """The part of a request that is readable from outside."""

    version: int
    suite: int
    core_key_id: bytes
    """8 bytes; tells which envelope key of the core is meant."""


def read_prefix(envelope: bytes) -> EnvelopePrefix:
    """Reads the clear fields of a request, for routing and for the hint in ENVELOPE_INVALID.

    Raises:
        EnvelopeInvalid: Too short, or a length field that does not fit.
    """
    if len(envelope) < ENVELOPE_OVERHEAD or int.from_bytes(envelope[44:48], "big") != len(envelope) - 48:
        raise EnvelopeInvalid("not an envelope")
    return EnvelopePrefix(int.from_bytes(envelope[:2], "big"), envelope[2], envelope[3:11])


def core_key_id(public_key: bytes) -> bytes:
    """Name of an envelope key: the first 8 bytes of H("E2E/key-id", public_key), suite P256."""
    return h("P256", "E2E/key-id", [public_key])[:8]
