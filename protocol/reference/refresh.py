"""Refresh, CONFIRM, ADOPT and SYNC (sections 4.2, 4.4, 5.5): contexts, proofs and the re-randomised shares."""

from typing import NamedTuple

from protocol.reference import proof
from protocol.reference.curve import SM2, Point, not_identity, scalar_bytes
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256, SUITE_SM2

H = SUITE_SM2.h


def refresh_context(header: bytes, ep: Point, pk: Point) -> bytes:
    """RF-1."""
    return H("RF/ctx", header, SM2.encode(ep), SM2.encode(pk))


def confirm_context(header: bytes, pk: Point) -> bytes:
    """RF-6 for keys without an OT set-up."""
    return H("CF/ctx", header, H("CF/ots", b""), SM2.encode(pk))


def adopt_context(header: bytes, pk: Point) -> bytes:
    """RS-4."""
    return H("AD/ctx", header, SM2.encode(pk))


def sync_context(header: bytes) -> bytes:
    """CLONE-5; suite P256 (HDR-3)."""
    return SUITE_P256.h("SY/ctx", header)


def prove_share(label: str, ctx: bytes, share: int, a: int) -> Proof:
    """The one-statement proof of REFRESH, CONFIRM and ADOPT; `share` is u1 or a."""
    return proof.prove(SUITE_SM2, label, ctx, [(share, not_identity(SM2.mul_base(share)))], a)


def check_share(label: str, ctx: bytes, point: Point, shown: Proof) -> None:
    """Raises BadProof, which is the outcome WRONG."""
    proof.verify(SUITE_SM2, label, ctx, [point], shown)


class Exchange(NamedTuple):
    """What both sides know after the exchange of Ep and Es."""

    ctx: bytes
    ep: Point
    es: Point
    share_id: bytes


def ratio(secret: int, peer: Point, exchange: Exchange) -> int:
    """RF-2, RF-4: rho from the own ephemeral secret and the other side's point."""
    z = scalar_bytes(not_identity(SM2.mul(secret, peer)).x)
    points = SM2.encode(exchange.ep), SM2.encode(exchange.es)
    return SUITE_SM2.h2s("RF/rho", z, exchange.ctx, *points, exchange.share_id)


def new_phone_share(share: int, rho: int, *, mul: bool) -> int:
    """RF-4: the new a, or the new u1."""
    return share * (rho if mul else SM2.inv(rho)) % SM2.n


def new_server_share(share: int, rho: int, *, mul: bool) -> int:
    """RF-3: the new b, or the new v2."""
    return share * (SM2.inv(rho) if mul else rho) % SM2.n
