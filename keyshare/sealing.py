"""Sealed records of the server (section 8.1): frame, context and re-sealing.

::

    format u16 ‖ alg u8 ‖ kek_version u32 ‖ iv ‖ ciphertext ‖ tag

The token makes iv, ciphertext and tag; this module frames them and builds the associated data from the row and the
request (SEAL-1, SEAL-2). A record that does not open is an alarm, never a reason to try anything else.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, TypedDict, TypeVar

from hsm.ports import Sealed, Token, TokenFault
from keyshare.errors import RecordDamaged
from keyshare.records import PendingKeygen, ShareRow
from protocol.seal import FORMAT, RecordAlgorithm, RecordFlag, pending_aad, share_aad
from protocol.transcript import tlv

RecordT = TypeVar("RecordT")

_FRAME: Final = struct.Struct(">HBI")
_SHORTEST_BODY: Final = 12 + 1 + 16
_ALGORITHMS: Final = {int(algorithm): algorithm for algorithm in RecordAlgorithm}


class Context(Protocol):
    """Builds the associated data of one record for an algorithm and a KEK version."""

    def aad(self, algorithm: RecordAlgorithm, kek_version: int) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeyContext:
    """What every record of one key is bound to (SEAL-1)."""

    server_id: str
    user_id: str
    device_id: str
    key_id: str
    suite: str
    purpose: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareContext(_KeyContext):
    """SEAL-1: what a share is bound to."""

    share_id: bytes
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
            suite=row.suite,
            purpose=row.purpose,
            share_id=row.share_id,
            flags=row.flags,
            pk=row.pk,
        )

    def aad(self, algorithm: RecordAlgorithm, kek_version: int) -> bytes:
        """Associated data, label COSIGN-v1/seal."""
        return _share_aad(self, algorithm, kek_version)


@lru_cache(maxsize=4_096)
def _share_aad(context: ShareContext, algorithm: RecordAlgorithm, kek_version: int) -> bytes:
    """Made once for each share in use: nothing in it is secret, and it never changes."""
    return share_aad(
        algorithm=algorithm,
        kek_version=kek_version,
        **_of_key(context.server_id, context),
        share_id=context.share_id,
        flags=RecordFlag(context.flags),
        pk=context.pk,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingContext(_KeyContext):
    """SEAL-1: what the server's half of an unfinished key generation is bound to."""

    k1: bytes

    @classmethod
    def of(cls, server_id: str, row: PendingKeygen) -> "PendingContext":
        """Context of a stored pending record."""
        return cls(**_of_key(server_id, row), k1=row.k1)

    def aad(self, algorithm: RecordAlgorithm, kek_version: int) -> bytes:
        """Associated data, label COSIGN-v1/seal-kg."""
        return pending_aad(algorithm=algorithm, kek_version=kek_version, **_of_key(self.server_id, self), k1=self.k1)


class _KeyFields(TypedDict):
    server_id: str
    user_id: str
    device_id: str
    key_id: str
    suite: str
    purpose: int


def _of_key(server_id: str, source: ShareRow | PendingKeygen | _KeyContext) -> _KeyFields:
    return _KeyFields(
        server_id=server_id,
        user_id=source.user_id,
        device_id=source.device_id,
        key_id=source.key_id,
        suite=source.suite,
        purpose=source.purpose,
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
    sealed, aad, version = _unframed(token, framed, context)
    return token.unseal(sealed, aad, version=version)


def unseal_many(
    token: Token[RecordT], records: Sequence[tuple[bytes, Context]]
) -> list[RecordT | RecordDamaged | TokenFault]:
    """Opens several framed records at once; each entry is the record or the exception that `unseal` would raise."""
    opened: list[RecordT | RecordDamaged | TokenFault] = []
    asked: list[tuple[int, Sealed]] = []
    for place, (framed, context) in enumerate(records):
        try:
            asked.append((place, _unframed(token, framed, context)))
        except RecordDamaged as fault:
            opened.append(fault)
    for (place, _), answer in zip(asked, token.unseal_many([sealed for _, sealed in asked]), strict=True):
        opened.insert(place, answer)
    return opened


def reseal(token: Token[RecordT], framed: bytes, context: Context) -> tuple[bytes, int]:
    """SEAL-5: the same plaintext under the current KEK version. Raises as `unseal` and `seal`."""
    return seal(token, unseal(token, framed, context), context)


def _unframed(token: Token[RecordT], framed: bytes, context: Context) -> Sealed:
    algorithm, version = read_frame(framed)
    if algorithm != token.algorithm:
        raise RecordDamaged("the record was made by another kind of token")
    return Sealed(framed[_FRAME.size :], context.aad(algorithm, version), version)


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
        return _ALGORITHMS[algorithm], version
    except KeyError:
        raise RecordDamaged(f"unknown algorithm {algorithm} of a sealed record") from None
