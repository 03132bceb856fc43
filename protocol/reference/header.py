"""Header of a request and its identity (section 1.5)."""

from dataclasses import dataclass

from protocol.errors import MalformedMessage, PurposeMismatch
from protocol.reference.encoding import read_tlv, tlv, u8, u16, u32, u64
from protocol.reference.transcript import SUITES, Suite

MAX_TTL_MS = 120_000
MAX_OPEN_REQS = 72
NO_PK = bytes(33)
NO_SHARE = bytes(16)
NO_POLICY = bytes(32)

SIGNING, DECRYPTION, LOGIN = 1, 2, 3
KEYGEN, SIGN, DECRYPT, REFRESH, CONFIRM, SYNC, ADOPT, EC_SIGN, ECDH, OT_SETUP = range(1, 11)

_SM2_ONLY, _P256_ONLY = (SIGN, DECRYPT), (SYNC, EC_SIGN, ECDH, OT_SETUP)


@dataclass(frozen=True, kw_only=True)
class Header:
    """Fields in the order of the wire."""

    suite: Suite
    op: int
    purpose: int
    server_id: str
    user_id: str
    device_id: str
    key_id: str
    share_id: bytes = NO_SHARE
    pk: bytes = NO_PK
    req_nonce: bytes
    issued_at_ms: int
    expires_at_ms: int
    ctr: int = 0
    tau: bytes = bytes(16)
    open_reqs: tuple[bytes, ...] = ()
    policy: bytes = NO_POLICY
    restore_epoch: int = 0

    def encode(self) -> bytes:
        """TLV of all fields."""
        return tlv(
            [
                u16(1),
                self.suite.name.encode(),
                u8(self.op),
                u8(self.purpose),
                self.server_id.encode(),
                self.user_id.encode(),
                self.device_id.encode(),
                self.key_id.encode(),
                self.share_id,
                self.pk,
                self.req_nonce,
                u64(self.issued_at_ms),
                u64(self.expires_at_ms),
                u64(self.ctr),
                self.tau,
                b"".join(self.open_reqs),
                self.policy,
                u32(self.restore_epoch),
            ]
        )

    @property
    def req_id(self) -> bytes:
        """HDR-1, 16 bytes."""
        return self.suite.h("REQ/id", self.encode())[:16]

    @classmethod
    def decode(cls, data: bytes) -> "Header":
        """Strict. Raises MalformedMessage."""
        fields = read_tlv(data, 18)
        suite = SUITES.get(fields[1].decode("latin-1"))
        if fields[0] != u16(1) or suite is None:
            raise MalformedMessage("unknown version or suite")
        for index, length in _FIXED.items():
            if len(fields[index]) != length:
                raise MalformedMessage(f"header field {index + 1} has a wrong length")
        header = cls(
            suite=suite,
            op=fields[2][0],
            purpose=fields[3][0],
            server_id=_identifier(fields[4]),
            user_id=_identifier(fields[5]),
            device_id=_identifier(fields[6]),
            key_id=_identifier(fields[7]),
            share_id=fields[8],
            pk=fields[9],
            req_nonce=fields[10],
            issued_at_ms=int.from_bytes(fields[11], "big"),
            expires_at_ms=int.from_bytes(fields[12], "big"),
            ctr=int.from_bytes(fields[13], "big"),
            tau=fields[14],
            open_reqs=tuple(fields[15][i : i + 16] for i in range(0, len(fields[15]), 16)),
            policy=fields[16],
            restore_epoch=int.from_bytes(fields[17], "big"),
        )
        header.check()
        return header

    def check(self) -> None:
        """Ranges that the field lengths do not fix. Raises MalformedMessage, MalformedPoint or PurposeMismatch."""
        if not KEYGEN <= self.op <= OT_SETUP or not 1 <= self.purpose <= 3:
            raise MalformedMessage("unknown operation or purpose")
        if not 0 <= self.expires_at_ms - self.issued_at_ms <= MAX_TTL_MS:
            raise MalformedMessage("life time out of range")
        if len(self.open_reqs) > MAX_OPEN_REQS or any(len(entry) != 16 for entry in self.open_reqs):
            raise MalformedMessage("open requests out of range")
        if self.op in (_P256_ONLY if self.suite.name == "SM2" else _SM2_ONLY):
            raise MalformedMessage("suite does not fit the operation")
        if self.op in (KEYGEN, SYNC):
            if self.share_id != NO_SHARE or self.pk != NO_PK:
                raise MalformedMessage("no share or key may be named here")
        else:
            self.suite.curve.decode(self.pk)
        signing, decrypting = self.op in (SIGN, EC_SIGN, OT_SETUP), self.op in (DECRYPT, ECDH)
        if signing if self.purpose == DECRYPTION else decrypting:
            raise PurposeMismatch("the operation does not fit the purpose of the key")

    @property
    def mul(self) -> bool:
        """Whether the key has the multiplicative form (section 3)."""
        return self.suite.name == "P256" or self.purpose == DECRYPTION

    @property
    def with_ot(self) -> bool:
        """Whether the key has an oblivious-transfer set-up (section 6.2)."""
        return self.suite.name == "P256" and self.purpose != DECRYPTION


_FIXED = {2: 1, 3: 1, 8: 16, 9: 33, 10: 32, 11: 8, 12: 8, 13: 8, 14: 16, 16: 32, 17: 4}
"""Length of each fixed field, by index."""


def _identifier(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise MalformedMessage("an identifier is not UTF-8") from None
    if not 1 <= len(data) <= 64:
        raise MalformedMessage("an identifier has 1 to 64 bytes")
    return text
