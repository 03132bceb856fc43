"""SM2-M2 signing, both roles (section 3.2)."""

from collections.abc import Sequence

from protocol.errors import BadAnswer
from protocol.reference import proof
from protocol.reference.curve import SM2, Point, not_identity
from protocol.reference.encoding import u16
from protocol.reference.hedge import PhoneSource, ServerSource
from protocol.reference.messages import SignAnswer, SignItem, SignRequest, digest_number
from protocol.reference.transcript import SUITE_SM2


def context(header: bytes, digests: Sequence[bytes], pk: Point) -> bytes:
    """SIGN-3."""
    return SUITE_SM2.h("SIGN2/ctx", header, u16(len(digests)), *digests, SM2.encode(pk))


def binding(ctx: bytes, index: int, qa: Point, qb: Point, w2: Point) -> int:
    """SIGN-9: rho for item `index`, counted from 1."""
    points = map(SM2.encode, (qa, qb, w2))
    return SUITE_SM2.h2s("SIGN2/bind", ctx, u16(index), *points)


class PhoneSign:
    """SIGN-2 to SIGN-5 and SIGN-12 to SIGN-18, one request."""

    def __init__(self, header: bytes, digests: Sequence[bytes], pk: Point, u1: int, source: PhoneSource) -> None:
        """Tags of `source`: a, b (per item, from 1) and pok."""
        self.digests, self.pk, self.u1, self.d1 = tuple(digests), pk, u1, SM2.inv(u1)
        items = range(1, len(digests) + 1)
        self.wa, self.wb = [source("a", i) for i in items], [source("b", i) for i in items]
        self.qa = [not_identity(SM2.mul_base(w)) for w in self.wa]
        self.qb = [not_identity(SM2.mul_base(w)) for w in self.wb]
        self.ctx = context(header, digests, pk)
        self._proof_nonce = source("pok", 0)

    def request(self) -> SignRequest:
        """SIGN-4."""
        witness = [
            pair
            for wa, qa, wb, qb in zip(self.wa, self.qa, self.wb, self.qb, strict=True)
            for pair in ((wa, qa), (wb, qb))
        ]
        witness.append((self.u1, not_identity(SM2.mul_base(self.u1))))
        shown = proof.prove(SUITE_SM2, "SIGN2/pok", self.ctx, witness, self._proof_nonce)
        return SignRequest(self.digests, tuple(self.qa), tuple(self.qb), shown)

    def finish(self, answer: SignAnswer) -> list[tuple[int, int]]:
        """SIGN-12 to SIGN-18: all signatures, or BadAnswer and none."""
        if len(answer.items) != len(self.digests):
            raise BadAnswer("another number of items")
        return [self._finish_item(index, item) for index, item in enumerate(answer.items)]

    def _finish_item(self, index: int, item: SignItem) -> tuple[int, int]:
        rho = binding(self.ctx, index + 1, self.qa[index], self.qb[index], item.w2)
        w1 = (self.wa[index] + rho * self.wb[index]) % SM2.n
        s = (self.d1 * (item.s1 + w1) - item.r) % SM2.n
        if not w1 or not s or not (item.r + s) % SM2.n:
            raise BadAnswer("a value is 0")
        q = SM2.combine(s, [(item.r + s, self.pk)])
        self.check_signature(index, item, q)
        self.check_nonce_point(item, w1, q)
        return item.r, s

    def check_signature(self, index: int, item: SignItem, q: Point | None) -> None:
        """SIGN-15, SIGN-17(a)."""
        if q is None or (digest_number(self.digests[index]) + q.x) % SM2.n != item.r:
            raise BadAnswer("the signature does not verify")

    def check_nonce_point(self, item: SignItem, w1: int, q: Point | None) -> None:
        """SIGN-17(b)."""
        base = SM2.add(self.pk, SM2.g)
        if q != SM2.add(item.w2, SM2.mul(w1 * self.d1, base)):
            raise BadAnswer("W2 is not the point that was used")


def check_request(ctx: bytes, request: SignRequest, p1: Point) -> None:
    """SIGN-8. Raises BadProof, which is the outcome WRONG."""
    proof.verify(SUITE_SM2, "SIGN2/pok", ctx, [*request.statements(), p1], request.proof)


def answer(ctx: bytes, request: SignRequest, v2: int, source: ServerSource) -> SignAnswer:
    """SIGN-9, SIGN-10 for every item. The caller has run `check_request`."""
    items = (_answer_item(ctx, request, i, v2, source) for i in range(len(request.digests)))
    return SignAnswer(tuple(items))


def _answer_item(ctx: bytes, request: SignRequest, i: int, v2: int, source: ServerSource) -> SignItem:
    d2, retry = SM2.inv(v2), 0
    while True:
        w2_scalar = source("w2", i + 1, retry)
        w2 = not_identity(SM2.mul_base(w2_scalar))
        rho = binding(ctx, i + 1, request.qa[i], request.qb[i], w2)
        q = SM2.add(w2, SM2.combine(0, [(v2, request.qa[i]), (v2 * rho, request.qb[i])]))
        r = (digest_number(request.digests[i]) + q.x) % SM2.n if q else 0
        s1 = d2 * (r + w2_scalar) % SM2.n
        if r and s1:
            return SignItem(w2, r, s1)
        retry += 1


def audit_hash(ctx: bytes, items: Sequence[SignItem]) -> bytes:
    """Section 10.1: what the audit row keeps of the outcome."""
    return SUITE_SM2.h("AUDIT", ctx, *(item.r.to_bytes(32, "big") for item in items))
