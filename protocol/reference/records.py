"""Plaintexts of sealed records and the software token's key file (sections 5.1, 8.1 and 8.2).

Tests use them to look into what the native core exports, and to give it records with known content.
"""

import secrets
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.errors import SealBroken
from protocol.reference.curve import Point, point_bytes, scalar_bytes
from protocol.reference.encoding import read_tlv, tlv, u8, u16
from protocol.reference.ot_setup import SEED_BYTES, TREES, ServerOt
from protocol.reference.pin import KdfParams
from protocol.reference.transcript import SUITE_SM2, SUITES, Suite

_VERSION = u16(1)
_PLAIN_SHARE = 3 * 4 + 2 + 32 + 33
_LONG_BLOB = 2048
_KEK_MAGIC = b"COSIGN-v1/kek".ljust(16, b"\0")


class ShareRecord(NamedTuple):
    """The server's share v2 (or b) with the phone's point P1 (or A1), and the transfer set-up of a key that has one."""

    share: int
    point: Point
    ot: ServerOt | None = None
    waiting: tuple[bytes, ...] = ()
    """Seed and otsid of a set-up that waits for part 2."""

    def encode(self) -> bytes:
        """Section 8.1."""
        ot: tuple[bytes, ...] = self.waiting
        if self.ot is not None:
            ot = (self.ot.delta_bytes, b"".join(_known_leaves(self.ot)))
        return tlv([_VERSION, scalar_bytes(self.share), point_bytes(self.point), *ot])

    @classmethod
    def decode(cls, data: bytes, suite: Suite = SUITE_SM2) -> "ShareRecord":
        plain = len(data) == _PLAIN_SHARE
        version, share, point, *ot = read_tlv(data, 3 if plain else 5)
        if version != _VERSION:
            raise SealBroken("unknown record version")
        record = cls(suite.curve.scalar(share), suite.curve.decode(point))
        if ot and len(ot[0]) == SEED_BYTES:
            return record._replace(ot=_server_ot(int.from_bytes(ot[0], "little"), ot[1]))
        return record._replace(waiting=tuple(ot))


def _known_leaves(ot: ServerOt) -> list[bytes]:
    """Per tree the leaves x* ⊕ 1, x* ⊕ 2, x* ⊕ 3."""
    places = ((tree, ot.missing(j) ^ offset) for j, tree in enumerate(ot.trees) for offset in (1, 2, 3))
    return [tree[place] or b"" for tree, place in places]


def _server_ot(delta: int, leaves: bytes) -> ServerOt:
    if len(leaves) != 3 * SEED_BYTES * TREES:
        raise SealBroken("leaves have a wrong length")
    trees: list[tuple[bytes | None, ...]] = []
    for j in range(TREES):
        missing, start = delta >> 2 * j & 3, 3 * SEED_BYTES * j
        tree: list[bytes | None] = [None] * 4
        for offset in (1, 2, 3):
            place = start + SEED_BYTES * (offset - 1)
            tree[missing ^ offset] = leaves[place : place + SEED_BYTES]
        trees.append(tuple(tree))
    return ServerOt(delta, tuple(trees))


@dataclass(frozen=True, kw_only=True)
class Blob:
    """The phone's blob (PIN-4)."""

    key_id: str
    share_id: bytes
    purpose: int
    b_blob: int
    salt: bytes
    cost: KdfParams
    pk: Point
    suite: Suite = SUITE_SM2
    seeds: tuple[bytes, ...] = ()
    """otsid and masked nodes (PIN-6) of a P-256 key that signs."""

    def encode(self) -> bytes:
        """TLV with the record kind behind the version."""
        return tlv(
            [
                _VERSION,
                b"blob",
                self.key_id.encode(),
                self.share_id,
                self.suite.name.encode(),
                u8(self.purpose),
                scalar_bytes(self.b_blob),
                self.salt,
                self.cost.encode(),
                point_bytes(self.pk),
                *self.seeds,
            ]
        )

    @classmethod
    def decode(cls, data: bytes) -> "Blob":
        fields = read_tlv(data, 12 if len(data) > _LONG_BLOB else 10)
        suite = SUITES.get(fields[4].decode("latin-1"))
        if fields[:2] != [_VERSION, b"blob"] or suite is None:
            raise SealBroken("not the blob of a key")
        memory, passes, lanes = (int.from_bytes(fields[8][i : i + 4], "big") for i in (0, 4, 8))
        return cls(
            key_id=fields[2].decode(),
            share_id=fields[3],
            purpose=fields[5][0],
            b_blob=suite.curve.scalar(fields[6]),
            salt=fields[7],
            cost=KdfParams(memory, passes, lanes),
            pk=suite.curve.decode(fields[9]),
            suite=suite,
            seeds=tuple(fields[10:]),
        )


def device_record(secret: int) -> bytes:
    """Plaintext of a device key (PIN-8)."""
    return tlv([_VERSION, b"device", scalar_bytes(secret)])


@dataclass(frozen=True)
class Kek:
    """One AES-256-GCM key-encryption key with a known value."""

    key: bytes

    def file(self) -> bytes:
        """Content of a key file: magic ‖ key ‖ check value."""
        return _KEK_MAGIC + self.key + self.check_value()

    def check_value(self) -> bytes:
        """First 3 bytes of AES-256-ECB(0^16)."""
        encryptor = Cipher(algorithms.AES256(self.key), modes.ECB()).encryptor()  # noqa: S305 (defined so)
        return encryptor.update(bytes(16))[:3]

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """iv ‖ ciphertext ‖ tag."""
        iv = secrets.token_bytes(12)
        return iv + AESGCM(self.key).encrypt(iv, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Inverse of `seal`."""
        return AESGCM(self.key).decrypt(sealed[:12], sealed[12:], aad)
