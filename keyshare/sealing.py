"""Sealed records of the server (section 8.1): frame, context and re-sealing.

::

    format u16 ‖ alg u8 ‖ kek_version u32 ‖ iv ‖ ciphertext ‖ tag

The token makes iv, ciphertext and tag; this module frames them and builds the associated data from the row and the
request (SEAL-1, SEAL-2). A record that does not open is an alarm, never a reason to try anything else.
"""

import struct
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from hsm.ports import Token
from keyshare.errors import RecordDamaged
from keyshare.records import PendingKeygen, ShareRow
from protocol.seal import FORMAT, RecordAlgorithm, RecordFlag, pending_aad, share_aad
from protocol.transcript import tlv

RecordT = TypeVar("RecordT")

_FRAME: Final = struct.Struct(">HBI")
_SHORTEST_BODY: Final = 12 + 1 + 16


class Context(Protocol):
    """Builds the associated data of one record for an algorithm and a KEK version."""

    def aad(self, algorithm: RecordAlgorithm, kek_version: int) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareContext:
    """SEAL-1: what a share is bound to."""

    server_id: str
    user_id: str
    device_id: str
    key_id: str
    share_id: bytes
    suite: str
    purpose: int
    flags: int
    pk: bytes

    @classmethod
    def of(cls, server_id: str, row: ShareRow) -> "ShareContext":
        """Context of a stored share."""
        return cls(
            server_id=server_id,
            user_id=row.user_id,
            device_id=row.device_id,
            key_id=row.key_id,
            share_id=row.share_id,
            suite=row.suite,
            purpose=row.purpose,
            flags=row.flags,
            pk=row.pk,
        )

    def aad(self, algorithm: RecordAlgorithm, kek_version: int) -> bytes:
        """Associated data, label COSIGN-v1/seal."""
        return share_aad(
            algorithm=algorithm,
            kek_version=kek_version,
            server_id=self.server_id,
            user_id=self.user_id,
            device_id=self.device_id,
            key_id=self.key_id,
            share_id=self.share_id,
            suite=self.suite,
            purpose=self.purpose,
            flags=RecordFlag(self.flags),
            pk=self.pk,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingContext:
    """SEAL-1: what the server's half of an unfinished key generation is bound to."""

    server_id: str
    user_id: str
    device_id: str
    key_id: str
    suite: str
    purpose: int
    k1: bytes

    @classmethod
    def of(cls, server_id: str, row: PendingKeygen) -> "PendingContext":
        """Context of a stored pending record."""
        return cls(
            server_id=server_id,
            user_id=row.user_id,
            device_id=row.device_id,
            key_id=row.key_id,
            suite=row.suite,
            purpose=row.purpose,
            k1=row.k1,
        )

    def aad(self, algorithm: RecordAlgorithm, kek_version: int) -> bytes:
        """Associated data, label COSIGN-v1/seal-kg."""
        return pending_aad(
            algorithm=algorithm,
            kek_version=kek_version,
            server_id=self.server_id,
            user_id=self.user_id,
            device_id=self.device_id,
            key_id=self.key_id,
            suite=self.suite,
            purpose=self.purpose,
            k1=self.k1,
        )


@dataclass(frozen=True, slots=True)
class CoreKeyContext:
    """What a key of the core itself is bound to."""

    server_id: str
    name: str
    public_key: bytes

    def aad(self, algorithm: RecordAlgorithm, kek_version: int) -> bytes:
        """Associated data, label COSIGN-v1/seal-core."""
        return tlv(
            [
                b"COSIGN-v1/seal-core",
                FORMAT.to_bytes(2, "big"),
                bytes([algorithm]),
                kek_version.to_bytes(4, "big"),
                self.server_id.encode(),
                self.name.encode(),
                self.public_key,
            ]
        )


def seal(token: Token[RecordT], record: RecordT, context: Context) -> tuple[bytes, int]:
    """Seals `record` under the token's current KEK version; returns the framed record and that version.

    Raises:
        hsm.ports.TokenFault: The token cannot be used.
    """
    version = token.current_version
    algorithm = RecordAlgorithm(token.algorithm)
    body = token.seal(record, context.aad(algorithm, version), version=version)
    return _FRAME.pack(FORMAT, algorithm, version) + body, version


def unseal(token: Token[RecordT], framed: bytes, context: Context) -> RecordT:
    """Opens a framed record under its context (SEAL-2).

    Raises:
        RecordDamaged: The frame cannot be read.
        hsm.ports.RecordRefused: Another context, another key, or altered bytes.
        hsm.ports.TokenKeyMissing: Sealed under an unknown or destroyed KEK version.
    """
    algorithm, version = read_frame(framed)
    if algorithm != token.algorithm:
        raise RecordDamaged("the record was made by another kind of token")
    return token.unseal(framed[_FRAME.size :], context.aad(algorithm, version), version=version)


def reseal(token: Token[RecordT], framed: bytes, context: Context) -> tuple[bytes, int]:
    """SEAL-5: the same plaintext under the current KEK version. Raises as `unseal` and `seal`."""
    return seal(token, unseal(token, framed, context), context)


def read_frame(framed: bytes) -> tuple[RecordAlgorithm, int]:
    """Algorithm and KEK version of a framed record.

    Raises:
        RecordDamaged: Truncated, unknown format or unknown algorithm.
    """
    if len(framed) < _FRAME.size + _SHORTEST_BODY:
        raise RecordDamaged("a sealed record is truncated")
    layout, algorithm, version = _FRAME.unpack_from(framed)
    if layout != FORMAT:
        raise RecordDamaged(f"unknown format {layout} of a sealed record")
    try:
        return RecordAlgorithm(algorithm), version
    except ValueError:
        raise RecordDamaged(f"unknown algorithm {algorithm} of a sealed record") from None
