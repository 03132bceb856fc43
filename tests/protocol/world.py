"""What both twins need in tests: headers, custody with a known key, keys with a known share."""

import tempfile
from dataclasses import dataclass
from typing import Any

from protocol import _core
from protocol.codes import Op, Purpose
from protocol.reference import keygen, pin, sm2
from protocol.reference import phone as reference_phone
from protocol.reference import server as reference_server
from protocol.reference.curve import SM2, not_identity, scalar_bytes
from protocol.reference.header import Header
from protocol.reference.hedge import Entropy
from protocol.reference.records import Blob, Kek, ShareRecord
from protocol.reference.transcript import SUITE_P256, SUITE_SM2, SUITES

SERVER_ID, USER_ID, DEVICE_ID, KEY_ID = "core-1", "user-1", "device-1", "key-1"
NOW_MS = 1_800_000_000_000
PIN, WRONG_PIN, NEW_PIN = "802417", "593628", "640219"
COST = pin.FLOOR
ENTROPY = Entropy()


def fields(op: Op, purpose: Purpose = Purpose.SIGN, **changes: Any) -> dict[str, Any]:
    """Arguments of a native header; `changes` replaces or adds some."""
    given: dict[str, Any] = {
        "suite": "P256" if op is Op.SYNC else "SM2",
        "op": int(op),
        "purpose": int(purpose),
        "server_id": SERVER_ID,
        "user_id": USER_ID,
        "device_id": DEVICE_ID,
        "key_id": KEY_ID,
        "issued_at_ms": NOW_MS,
        "ctr": 5,
        "tau": bytes(range(16)),
        "open_reqs": [bytes([7]) * 16],
        "restore_epoch": 2,
    }
    return given | changes


def native_header(given: dict[str, Any]) -> _core.Header:
    return _core.Header(**given)


def reference_header(given: dict[str, Any]) -> Header:
    rest = dict(given)
    ttl = rest.pop("ttl_ms", 120_000)
    rest["suite"] = SUITES[rest["suite"]]
    rest["open_reqs"] = tuple(rest["open_reqs"])
    return Header(req_nonce=ENTROPY.fresh(32), expires_at_ms=rest["issued_at_ms"] + ttl, **rest)


class Custody:
    """Moves records between the native core and plain bytes through a key that tests know."""

    def __init__(self) -> None:
        self._known = Kek(ENTROPY.fresh(32))
        with tempfile.NamedTemporaryFile() as file:
            file.write(self._known.file())
            file.flush()
            self.native = _core.Kek.load(file.fileno())

    def to_native(self, plaintext: bytes) -> _core.SecretRecord:
        return self.native.open(self._known.seal(plaintext, b"test"), b"test")

    def to_bytes(self, record: _core.SecretRecord) -> bytes:
        return self._known.open(self.native.seal(record, b"test"), b"test")


@dataclass(frozen=True)
class KnownKey:
    """A joint key with both shares in the open."""

    phone: reference_phone.Key
    server: ShareRecord
    purpose: Purpose
    key_id: str = KEY_ID

    @property
    def pk(self) -> bytes:
        return SM2.encode(self.phone.pk)

    @property
    def names(self) -> dict[str, Any]:
        """Header fields that name this key."""
        return {"key_id": self.key_id, "share_id": self.phone.share_id, "pk": self.pk}

    def blob(self, pin_text: str = PIN) -> bytes:
        """Plaintext of the phone's blob under a PIN, at the cheapest allowed cost."""
        salt = ENTROPY.fresh(32)
        h = pin.blinding(pin.k_pin(pin_text, salt, COST), self.key_id, self.phone.share_id)
        return Blob(
            key_id=self.key_id,
            share_id=self.phone.share_id,
            purpose=int(self.purpose),
            b_blob=pin.blind(self.phone.blinded_value, h),
            salt=salt,
            cost=COST,
            pk=self.phone.pk,
        ).encode()


def known_key(
    purpose: Purpose = Purpose.SIGN, u1: int | None = None, v2: int | None = None, key_id: str = KEY_ID
) -> KnownKey:
    """A key made without the protocol."""
    mul = purpose is Purpose.DECRYPT
    u1, v2 = u1 or ENTROPY.scalar(SUITE_SM2), v2 or ENTROPY.scalar(SUITE_SM2)
    point = not_identity(SM2.mul_base(u1))
    pk = not_identity(keygen.joint_key(v2, point, mul=mul))
    phone = reference_phone.Key(pk, ENTROPY.fresh(16), u1, mul)
    return KnownKey(phone, ShareRecord(v2, point), purpose, key_id)


def reference_server_side() -> reference_server.Server:
    return reference_server.Server(SERVER_ID, ENTROPY.scalar(SUITE_P256), ENTROPY.scalar(SUITE_P256))


def signature_pair(signature: bytes) -> tuple[int, int]:
    """r, s of 64 bytes."""
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


def joint_private_key(key: KnownKey) -> bytes:
    """d: what neither side has; for oracles only."""
    product = key.phone.share * key.server.share
    return scalar_bytes((product - (0 if key.phone.mul else 1)) % SM2.n)


def encrypted(pk: bytes, plaintext: bytes) -> bytes:
    """C1 ‖ C3 ‖ C2 made by the reference."""
    c1, c3, c2 = sm2.encrypt(SM2.decode(pk), plaintext, ENTROPY.scalar(SUITE_SM2))
    return SM2.encode_uncompressed(c1) + c3 + c2
