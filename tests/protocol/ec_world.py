"""A P-256 signing key with everything in the open, and both roles of one signature on it, without envelopes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from protocol.reference import ec_sign, proof
from protocol.reference.curve import P256, Point, not_identity
from protocol.reference.ec_messages import EcSignAnswer, EcSignRequest
from protocol.reference.ot_setup import BASE, TREES, ServerOt, Tree, all_leaves
from protocol.reference.phone import Key, Seeds
from protocol.reference.records import ShareRecord
from protocol.reference.transcript import SUITE_P256
from tests.protocol.world import ENTROPY

DIGEST = bytes(range(32))


def scalar(*_: object) -> int:
    """A random scalar; fits wherever a source of nonces is wanted."""
    return ENTROPY.scalar(SUITE_P256)


def base(k: int) -> Point:
    return not_identity(P256.mul_base(k))


@dataclass(frozen=True)
class DealtKey:
    """Shares and a transfer set-up as a trusted dealer would give them: what OTS-1 to OTS-7 end with."""

    sk_a: int
    sk_b: int
    otsid: bytes
    nodes: tuple[bytes, ...]
    delta: int

    @cached_property
    def pk(self) -> Point:
        return base(self.sk_a * self.sk_b)

    @cached_property
    def trees(self) -> tuple[Tree, ...]:
        """The phone's leaves."""
        return all_leaves(self.otsid, self.nodes)

    @cached_property
    def ot(self) -> ServerOt:
        """The server's Delta and leaves."""
        blank = ServerOt(self.delta, ())
        trees = (
            tuple(None if x == blank.missing(j) else leaf for x, leaf in enumerate(leaves))
            for j, leaves in enumerate(self.trees)
        )
        return ServerOt(self.delta, tuple(trees))

    def phone_key(self) -> Key:
        """What a phone has after the PIN."""
        seeds = Seeds(self.otsid, b"".join(self.nodes))
        return Key(self.pk, self.otsid[:16], self.sk_b, mul=True, suite=SUITE_P256, seeds=seeds)

    def record(self) -> ShareRecord:
        """What a server has sealed."""
        return ShareRecord(self.sk_a, base(self.sk_b), self.ot)

    def header(self) -> bytes:
        """Stands for a header: the steps only hash it."""
        return b"header " + ENTROPY.fresh(32)

    def phone(
        self, steps: Callable[..., ec_sign.PhoneEcSign] = ec_sign.PhoneEcSign, e: bytes = DIGEST
    ) -> ec_sign.PhoneEcSign:
        """A request; `steps` replaces the phone's behaviour."""
        return steps(self.header(), e, self.pk, self.sk_b, self.trees, ENTROPY.fresh(144), scalar)

    def serve(self, phone: ec_sign.PhoneEcSign) -> EcSignAnswer:
        """EC-5 to EC-10. Raises BadProof or OtCheckFailed."""
        return self.answer(phone.ctx0, phone.request)

    def answer(self, ctx0: bytes, request: EcSignRequest) -> EcSignAnswer:
        ec_sign.check_request(ec_sign.context(ctx0, request), request, base(self.sk_b))
        z = ec_sign.extended(ctx0, request, self.ot)
        steps = ec_sign.ServerEcSign(ctx0, request, self.pk, self.sk_a, z)
        return steps.answer(self.ot.delta_bytes, ENTROPY.fresh(32), scalar)


def dealt_key(delta: int | None = None) -> DealtKey:
    """A key with a random or a given Delta."""
    nodes = tuple(ENTROPY.fresh(16) for _ in range(BASE))
    chosen = int.from_bytes(ENTROPY.fresh(16), "little") if delta is None else delta
    assert len(nodes) == 2 * TREES
    return DealtKey(scalar(), scalar(), ENTROPY.fresh(32), nodes, chosen)


def reproved(phone: ec_sign.PhoneEcSign, **changes: object) -> EcSignRequest:
    """The phone's request with fields replaced and the proof made again, as a cheating phone would."""
    request = phone.request._replace(**changes)  # type: ignore[arg-type]  # named fields of the tuple
    ctx = ec_sign.context(phone.ctx0, request)
    witness = [(phone.k, phone.d), (phone.share, base(phone.share))]
    return request._replace(proof=proof.prove(SUITE_P256, "EC/pok", ctx, witness, scalar()))
