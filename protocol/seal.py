"""Sealed records: what leaves the core at rest, and the context each record is bound to (section 8.1).

A `SecretRecord` is the plaintext of one record (a server share, a pending key generation, a phone blob, a device
key, the keys of the core). Python can carry it to a token and back, never read it. A `Kek` is one version of the
software token's AES-256-GCM key; it seals and opens records inside the core.

The associated data binds a record to its row: a record opens only with the data built from the row and the request
(SEAL-2). `share_aad` and `pending_aad` are the only writers of that data.
"""

import enum

from protocol._core import Kek, SecretRecord
from protocol.codes import Purpose, Suite
from protocol.transcript import tlv

__all__ = ["FORMAT", "Kek", "RecordAlgorithm", "RecordFlag", "SecretRecord", "pending_aad", "share_aad"]

FORMAT = 1
"""Version of the record layout."""


class RecordAlgorithm(enum.IntEnum):
    """Field `alg` of a sealed record."""

    AES_256_GCM = 1
    DERIVED_KEY = 2
    """Per-record key by HMAC in the token, AES-256-GCM in the core."""
    SM4_CBC_HMAC_SM3 = 3
    SM4_GCM = 4


class RecordFlag(enum.IntFlag):
    """Field `flags` of the context of a share."""

    NONE = 0
    IMPORTED = 1
    DUAL_USE = 2
    X_ONLY = 4
    """Decryption answers carry x-coordinates only (`dh_form`): the share is in the token (HSM-3)."""


def share_aad(
    *,
    algorithm: RecordAlgorithm,
    kek_version: int,
    server_id: str,
    user_id: str,
    device_id: str,
    key_id: str,
    share_id: bytes,
    suite: Suite | str,
    purpose: Purpose | int,
    pk: bytes,
    flags: RecordFlag = RecordFlag.NONE,
) -> bytes:
    """Associated data of a sealed share (SEAL-1).

    Args:
        share_id: 16 bytes.
        pk: The joint public key, 33 bytes.
    """
    return tlv(
        [
            b"COSIGN-v1/seal",
            FORMAT.to_bytes(2, "big"),
            bytes([algorithm]),
            kek_version.to_bytes(4, "big"),
            server_id.encode(),
            user_id.encode(),
            device_id.encode(),
            key_id.encode(),
            share_id,
            str(suite).encode(),
            bytes([purpose]),
            bytes([flags]),
            pk,
        ]
    )


def pending_aad(
    *,
    algorithm: RecordAlgorithm,
    kek_version: int,
    server_id: str,
    user_id: str,
    device_id: str,
    key_id: str,
    suite: Suite | str,
    purpose: Purpose | int,
    k1: bytes,
) -> bytes:
    """Associated data of a pending key generation (SEAL-1, label COSIGN-v1/seal-kg).

    Neither a share_id nor a joint key exists yet; `k1` (32 bytes, `KeygenBegun.k1`) stands for both.
    """
    return tlv(
        [
            b"COSIGN-v1/seal-kg",
            FORMAT.to_bytes(2, "big"),
            bytes([algorithm]),
            kek_version.to_bytes(4, "big"),
            server_id.encode(),
            user_id.encode(),
            device_id.encode(),
            key_id.encode(),
            str(suite).encode(),
            bytes([purpose]),
            k1,
        ]
    )
