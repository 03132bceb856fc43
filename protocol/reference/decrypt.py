"""Two-party decryption, both roles (section 3.3)."""

from collections.abc import Sequence

from protocol.errors import DecryptionFailed, MalformedMessage
from protocol.reference import proof, sm2
from protocol.reference.curve import SM2, Point, not_identity
from protocol.reference.encoding import u16
from protocol.reference.hedge import PhoneSource
from protocol.reference.messages import DecryptAnswer, DecryptRequest
from protocol.reference.transcript import SUITE_SM2, Suite


def context(header: bytes, t1: Sequence[Point], pk: Point) -> bytes:
    """DEC-2."""
    return SUITE_SM2.h("DEC/ctx", header, u16(len(t1)), *map(SM2.encode, t1), SM2.encode(pk))


def split(ciphertext: bytes) -> tuple[Point, bytes, bytes]:
    """C1 (65 or 33) ‖ C3 ‖ C2."""
    size = 33 if ciphertext[:1] in (b"\2", b"\3") else 65
    if len(ciphertext) <= size + 32:
        raise MalformedMessage("ciphertext is too short")
    decode = SM2.decode if size == 33 else SM2.decode_uncompressed
    return decode(ciphertext[:size]), ciphertext[size : size + 32], ciphertext[size + 32 :]


class PhoneDecrypt:
    """DEC-1, DEC-2, DEC-5, one request."""

    def __init__(
        self, header: bytes, ciphertexts: Sequence[bytes], pk: Point, a: int, source: PhoneSource, *, blind: bool
    ) -> None:
        """Tags of `source`: w (per item, from 1; only when blinding) and pok."""
        self.parts = [split(ciphertext) for ciphertext in ciphertexts]
        self.a = a
        self.w = [source("w", i + 1) if blind else 1 for i in range(len(self.parts))]
        pairs = zip(self.w, self.parts, strict=True)
        self.t1 = [not_identity(SM2.mul(w, c1)) for w, (c1, _, _) in pairs]
        self.ctx = context(header, self.t1, pk)
        self._proof_nonce = source("pok", 0)

    def request(self) -> DecryptRequest:
        """DEC-2."""
        witness = [(self.a, not_identity(SM2.mul_base(self.a)))]
        shown = proof.prove(SUITE_SM2, "DEC/pok", self.ctx, witness, self._proof_nonce)
        return DecryptRequest(tuple(self.t1), shown)

    def finish(self, answer: DecryptAnswer) -> list[bytes]:
        """DEC-5: all plaintexts, or DecryptionFailed and none."""
        if len(answer.t2) != len(self.parts):
            raise DecryptionFailed("decryption failed")
        rows = zip(self.w, self.parts, answer.t2, strict=True)
        return [sm2.open_ciphertext(SM2.mul(SM2.inv(w) * self.a, t2), c3, c2) for w, (_, c3, c2), t2 in rows]


def open_x_only(a: int, t2_x: bytes, c3: bytes, c2: bytes) -> bytes:
    """DEC-5 for the attribute XONLY: both candidates for y, C3 selects."""
    for odd in (False, True):
        point = SM2.lift_x(int.from_bytes(t2_x, "big"), odd=odd)
        try:
            return sm2.open_ciphertext(SM2.mul(a, point), c3, c2)
        except DecryptionFailed:
            continue
    raise DecryptionFailed("decryption failed")


def check_request(ctx: bytes, request: DecryptRequest, a1: Point) -> None:
    """DEC-3. Raises BadProof, which is the outcome WRONG."""
    proof.verify(SUITE_SM2, "DEC/pok", ctx, [a1], request.proof)


def answer(request: DecryptRequest, b: int) -> DecryptAnswer:
    """DEC-4. The caller has run `check_request`."""
    return DecryptAnswer(tuple(not_identity(SM2.mul(b, point)) for point in request.t1))


def audit_hash(ctx: bytes, suite: Suite = SUITE_SM2) -> bytes:
    """Section 10.1: what the audit row keeps of the outcome."""
    return suite.h("AUDIT", ctx)
