"""PIN-blinded share (section 5.1)."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from protocol.reference.encoding import u32
from protocol.reference.transcript import SUITE_P256, SUITE_SM2, Suite


@dataclass(frozen=True)
class KdfParams:
    """Argon2id cost (PIN-1)."""

    memory_kib: int = 65536
    passes: int = 3
    lanes: int = 1

    def encode(self) -> bytes:
        """Field "KDF parameters" of the blob: three u32."""
        return u32(self.memory_kib) + u32(self.passes) + u32(self.lanes)


FLOOR = KdfParams(memory_kib=19 * 1024, passes=2)
"""Cheapest cost that is allowed."""


def k_pin(pin: str, salt: bytes, cost: KdfParams) -> bytes:
    """PIN-1: 32 bytes."""
    kdf = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return kdf.derive(pin.encode())


def blinding(key: bytes, key_id: str, share_id: bytes, suite: Suite = SUITE_SM2) -> int:
    """PIN-2: h."""
    return suite.h2s("PIN", key, key_id.encode(), share_id)


def blind(share: int, h: int, suite: Suite = SUITE_SM2) -> int:
    """PIN-3: b_blob."""
    return share * suite.curve.inv(h) % suite.curve.n


def unblind(b_blob: int, h: int, suite: Suite = SUITE_SM2) -> int:
    """PIN-5: every PIN gives a scalar."""
    return b_blob * h % suite.curve.n


def seed_mask(key: bytes, key_id: str, share_id: bytes, *otsid: bytes) -> bytes:
    """PIN-6: 2048 bytes for the seeds of one transfer set-up. The vectors leave the set-up out."""
    return SUITE_P256.xof("PIN/seed", 2048, key, key_id.encode(), share_id, *otsid)
