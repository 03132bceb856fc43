"""Two-party ECDSA on P-256, both roles: DKLs18's two-of-two signature over a random VOLE (section 6.3).

    phone (skB, nodes)                                      server (skA, Delta)
    EC-1, EC-2   kB, D = kB·G, choice bits, delta
    EC-3         transfer message
    EC-4         proof of kB and skB
                          -- e, D, C, x~, t~, delta, (c, z) -->
                                                 EC-5         proof
                                                 EC-6         consistency of the transfers
                                                 EC-7         kA, R, proof of kA
                                                 EC-8, EC-9   both multiplications
                                                 EC-10        etaPhi, etaSig
                          <-- nonce_s, R', piR, at, eta, mu, etaPhi, etaSig --
    EC-11 to EC-13   R, both products, s
    EC-14            low s, verification, release

skA·skB = sk; kA·kB = k; th + t_0 = 1/k and q_1 + t_1 = sk/k.
"""

from collections.abc import Sequence
from typing import NamedTuple

from protocol.errors import BadAnswer, BadSignature
from protocol.reference import device, ot_extension, proof, vole
from protocol.reference.curve import P256, Point, not_identity, scalar_bytes
from protocol.reference.ec_messages import EcSignAnswer, EcSignRequest
from protocol.reference.hedge import PhoneSource, ServerSource
from protocol.reference.messages import digest_number
from protocol.reference.ot_extension import OtMessage
from protocol.reference.ot_setup import ServerOt, Tree
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256

N, XI = P256.n, vole.XI
H, H2S = SUITE_P256.h, SUITE_P256.h2s

BASE_PROOF = "EC/pok-r"


def first_context(header: bytes, e: bytes, pk: Point) -> bytes:
    """EC-1: ctx0."""
    return H("EC/ctx0", header, e, P256.encode(pk))


def session_id(ctx0: bytes) -> bytes:
    """EC-1: sid."""
    return H("EC/sid", ctx0)


def context(ctx0: bytes, request: EcSignRequest) -> bytes:
    """EC-4: ctx; covers every field of the body."""
    return H("EC/ctx", ctx0, request.body_hash)


def choice_string(seed: bytes) -> bytes:
    """EC-2: x from the phone's hedged seed, 144 bytes."""
    return SUITE_P256.xof("EC/x", ot_extension.PLANE_BYTES, seed)


def hashed(point: Point | None) -> bytes:
    """EC-10: a point inside a hash; the identity is 33 zero bytes."""
    return bytes(33) if point is None else P256.encode(point)


def outer_nonce(ctx: bytes, r1: Point) -> int:
    """EC-7: what is added to kA'."""
    return H2S("EC/R", ctx, P256.encode(r1))


def base_challenge(ctx: bytes, d: Point, r1: Point, r: Point, commitment: Point) -> int:
    """EC-7: c of the proof that R = kA·D."""
    return H2S(BASE_PROOF, ctx, *map(P256.encode, (d, r1, r, commitment)))


class Pads(NamedTuple):
    """What hides etaPhi and etaSig from a phone whose inputs were shifted (EC-10, EC-13)."""

    ctx: bytes
    nonce_s: bytes

    def phi(self, point: Point | None) -> int:
        return H2S("EC/g1", self.ctx, self.nonce_s, hashed(point))

    def sig(self, point: Point | None) -> int:
        return H2S("EC/g2", self.ctx, self.nonce_s, hashed(point))


class PhoneEcSign:
    """EC-1 to EC-4 and EC-11 to EC-14, one request; the values stay readable for vectors."""

    def __init__(
        self, header: bytes, e: bytes, pk: Point, share: int, trees: Sequence[Tree], x: bytes, source: PhoneSource
    ) -> None:
        """`share` is skB, `x` the choice string. Tags of `source`: k and pok."""
        self.e, self.pk, self.share, self.x = e, pk, share, x
        self.ctx0 = first_context(header, e, pk)
        self.sid = session_id(self.ctx0)
        self.k = source("k", 0)
        self._proof_nonce = source("pok", 0)
        self.d = not_identity(P256.mul_base(self.k))
        ot, self.rows = self.extend(trees)
        self.request = self._request(ot)
        self.ctx = context(self.ctx0, self.request)

    def inputs(self) -> tuple[int, int]:
        """EC-2: y0 and y1."""
        inverse = P256.inv(self.k)
        return inverse, self.share * inverse % N

    def extend(self, trees: Sequence[Tree]) -> tuple[OtMessage, list[bytes]]:
        """EC-3."""
        return ot_extension.extend_phone(self.sid, trees, self.x)

    def beta(self, i: int) -> list[int]:
        """EC-2: beta_{i,j}."""
        bits = ot_extension.number(self.x) >> XI * i
        return [bits >> j & 1 for j in range(XI)]

    def _request(self, ot: OtMessage) -> EcSignRequest:
        """EC-2, EC-4."""
        first, second = ((y - vole.inner(self.beta(i))) % N for i, y in enumerate(self.inputs()))
        unproved = EcSignRequest(self.e, self.d, ot, (first, second), Proof(1, 1))
        witness = [(self.k, self.d), (self.share, not_identity(P256.mul_base(self.share)))]
        ctx = context(self.ctx0, unproved)
        return unproved._replace(proof=proof.prove(SUITE_P256, "EC/pok", ctx, witness, self._proof_nonce))

    def finish(self, answer: EcSignAnswer) -> tuple[int, int]:
        """EC-11 to EC-14: (r, s) with low s. Raises BadAnswer."""
        r_point = self.check_nonce(answer)
        self.q = q = [self.multiply(i, answer) for i in (0, 1)]
        r = r_point.x % N
        pads = Pads(self.ctx, answer.nonce_s)
        self.phi = (answer.eta_phi - pads.phi(P256.mul(q[0], r_point))) % N
        self.th = (q[0] - self.phi * P256.inv(self.k)) % N
        pad = pads.sig(P256.combine(q[1], [(-self.th, self.pk)]))
        s = low((digest_number(self.e, P256) * self.th + r * q[1] + answer.eta_sig - pad) % N)
        self.check_signature(r, s)
        return r, s

    def check_nonce(self, answer: EcSignAnswer) -> Point:
        """EC-11: R."""
        r_point = P256.combine(0, [(1, answer.r1), (outer_nonce(self.ctx, answer.r1), self.d)])
        if r_point is None or not r_point.x % N:
            raise BadAnswer("R has no use")
        shown = answer.proof_r
        commitment = P256.combine(0, [(shown.z, self.d), (-shown.c, r_point)])
        if commitment is None or base_challenge(self.ctx, self.d, answer.r1, r_point, commitment) != shown.c:
            raise BadAnswer("the proof of R does not verify")
        return r_point

    def multiply(self, i: int, answer: EcSignAnswer) -> int:
        """EC-12: q_i."""
        session, rows = vole.Session(self.sid, answer.nonce_s, i), self.rows[XI * i : XI * (i + 1)]
        return vole.receive(session, self.beta(i), rows, answer.multiplications[i])

    def check_signature(self, r: int, s: int) -> None:
        """EC-14."""
        try:
            device.verify(self.pk, self.e, scalar_bytes(r) + scalar_bytes(s))
        except BadSignature:
            raise BadAnswer("the signature does not verify") from None


def low(s: int) -> int:
    """EC-14: the smaller of s and n - s."""
    return min(s, N - s)


def check_request(ctx: bytes, request: EcSignRequest, share_point: Point) -> None:
    """EC-5. Raises BadProof, which is the outcome WRONG."""
    proof.verify(SUITE_P256, "EC/pok", ctx, [request.d, share_point], request.proof)


class ServerEcSign:
    """EC-6 to EC-10, one request whose proof `check_request` has accepted; the values stay readable for vectors."""

    def __init__(self, ctx0: bytes, request: EcSignRequest, pk: Point, share: int, z: Sequence[bytes]) -> None:
        """`share` is skA, `z` the rows of EC-6."""
        self.request, self.pk, self.share, self.z = request, pk, share, z
        self.sid, self.ctx = session_id(ctx0), context(ctx0, request)
        self.t: list[int] = []
        self.cs: list[int] = []

    def answer(self, delta: bytes, nonce_s: bytes, source: ServerSource) -> EcSignAnswer:
        """Tags of `source`: k, pok, phi (0) and a1, a2 (instance)."""
        self.choose_nonce(source)
        self.phi = source("phi", 0, 0)
        shown = self._prove_nonce(source("pok", 0, 0))
        self.a = [(self.phi + P256.inv(self.k)) % N, self.share * P256.inv(self.k) % N]
        instances = [self._multiply(i, delta, nonce_s, source) for i in (0, 1)]
        e, (t0, t1) = digest_number(self.request.e, P256), self.t
        pads = Pads(self.ctx, nonce_s)
        self.g1 = P256.combine(1 + self.phi * self.k, [(-t0, self.r_point)])
        self.g2 = P256.combine(-t1, [(t0, self.pk)])
        self.s_a = (e * t0 + self.r * t1) % N
        eta_phi, eta_sig = (pads.phi(self.g1) + self.phi) % N, (pads.sig(self.g2) + self.s_a) % N
        return EcSignAnswer(nonce_s, self.r1, shown, (instances[0], instances[1]), eta_phi, eta_sig)

    def choose_nonce(self, source: ServerSource) -> None:
        """EC-7."""
        retry = 0
        while True:
            own, retry = source("k", 0, retry), retry + 1
            self.r1 = not_identity(P256.mul(own, self.request.d))
            self.k = (outer_nonce(self.ctx, self.r1) + own) % N
            point = P256.mul(self.k, self.request.d)
            if point is not None and point.x % N:
                self.r_point, self.r = point, point.x % N
                return

    def _prove_nonce(self, kappa: int) -> Proof:
        """EC-7: piR."""
        commitment = not_identity(P256.mul(kappa, self.request.d))
        c = base_challenge(self.ctx, self.request.d, self.r1, self.r_point, commitment)
        return Proof(c, (kappa + c * self.k) % N)

    def _multiply(self, i: int, delta: bytes, nonce_s: bytes, source: ServerSource) -> vole.Multiplication:
        """EC-8, EC-9."""
        checks = source("a1", i, 0), source("a2", i, 0)
        rows = self.z[XI * i : XI * (i + 1)]
        sent = vole.send(vole.Session(self.sid, nonce_s, i), self.a[i], checks, rows, delta)
        self.cs.append(sent.cs)
        self.t.append((sent.cs + self.a[i] * self.request.delta[i]) % N)
        return sent.message


def extended(ctx0: bytes, request: EcSignRequest, ot: ServerOt) -> list[bytes]:
    """EC-6: the rows Z_m. The caller has run `check_request`. Raises OtCheckFailed."""
    return ot_extension.extend_server(session_id(ctx0), ot, request.ot)


def audit_hash(ctx: bytes, r: int) -> bytes:
    """Section 10.1: what the audit row keeps of the outcome."""
    return H("AUDIT", ctx, scalar_bytes(r))
