"""Refresh, CONFIRM, ADOPT and SYNC (sections 4.2, 4.4, 5.5): contexts, proofs and the re-randomised shares."""

from typing import NamedTuple

from protocol.reference import proof
from protocol.reference.curve import Point, not_identity, point_bytes, scalar_bytes
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256, SUITE_SM2, Suite


def refresh_context(header: bytes, ep: Point, pk: Point, suite: Suite = SUITE_SM2) -> bytes:
    """RF-1."""
    return suite.h("RF/ctx", header, point_bytes(ep), point_bytes(pk))


def confirm_context(header: bytes, pk: Point, suite: Suite = SUITE_SM2, ots: bytes = b"") -> bytes:
    """RF-6; `ots` is part 2 of the new set-up, empty for keys without one."""
    return suite.h("CF/ctx", header, suite.h("CF/ots", ots), point_bytes(pk))


def adopt_context(header: bytes, pk: Point, suite: Suite = SUITE_SM2) -> bytes:
    """RS-4."""
    return suite.h("AD/ctx", header, point_bytes(pk))


def setup_context(header: bytes, pk: Point) -> bytes:
    """Section 6.2: ctx of either OT_SETUP request."""
    return SUITE_P256.h("OTS/ctx", header, point_bytes(pk))


def sync_context(header: bytes) -> bytes:
    """CLONE-5; suite P256 (HDR-3)."""
    return SUITE_P256.h("SY/ctx", header)


def prove_share(label: str, ctx: bytes, share: int, a: int, suite: Suite = SUITE_SM2) -> Proof:
    """The one-statement proof of REFRESH, CONFIRM, ADOPT and OT_SETUP; `share` is u1 or a."""
    return proof.prove(suite, label, ctx, [(share, not_identity(suite.curve.mul_base(share)))], a)


def check_share(label: str, ctx: bytes, point: Point, shown: Proof, suite: Suite = SUITE_SM2) -> None:
    """Raises BadProof, which is the outcome WRONG."""
    proof.verify(suite, label, ctx, [point], shown)


class Exchange(NamedTuple):
    """What both sides know after the exchange of Ep and Es."""

    ctx: bytes
    ep: Point
    es: Point
    share_id: bytes
    suite: Suite = SUITE_SM2


def ratio(secret: int, peer: Point, exchange: Exchange) -> int:
    """RF-2, RF-4: rho from the own ephemeral secret and the other side's point."""
    suite = exchange.suite
    z = scalar_bytes(not_identity(suite.curve.mul(secret, peer)).x)
    points = point_bytes(exchange.ep), point_bytes(exchange.es)
    return suite.h2s("RF/rho", z, exchange.ctx, *points, exchange.share_id)


def new_phone_share(share: int, rho: int, *, mul: bool, suite: Suite = SUITE_SM2) -> int:
    """RF-4: the new a, or the new u1."""
    return share * (rho if mul else suite.curve.inv(rho)) % suite.curve.n


def new_server_share(share: int, rho: int, *, mul: bool, suite: Suite = SUITE_SM2) -> int:
    """RF-3: the new b, or the new v2."""
    return share * (suite.curve.inv(rho) if mul else rho) % suite.curve.n
