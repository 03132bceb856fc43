"""Attack: raw ECDH without a tag or a proof lets the server exchange the point (row 74)."""

import pytest

from protocol.codes import Op, Purpose
from protocol.errors import BadProof
from protocol.reference import ecdh
from protocol.reference.curve import P256, Point, not_identity
from protocol.reference.transcript import SUITE_P256
from tests.protocol.malice import Crafted
from tests.protocol.sides import NativeServer, new_reference_phone
from tests.protocol.world import ENTROPY, fields, reference_header


def scalar() -> int:
    return ENTROPY.scalar(SUITE_P256)


def base(k: int) -> Point:
    return not_identity(P256.mul_base(k))


def test_the_attack_makes_the_phone_release_another_secret() -> None:
    a, b, wanted = scalar(), scalar(), base(scalar())
    released = P256.mul(a, P256.mul(b, wanted))  # the phone believes it is the secret of its own point
    assert released == P256.mul(a * b, wanted)


def test_row_74_a_dleq_proof_stops_it() -> None:
    b, own, wanted, ctx = scalar(), base(scalar()), base(scalar()), ENTROPY.fresh(32)
    honest = ecdh.DleqStatement(base(b), own, not_identity(P256.mul(b, own)))
    ecdh.verify_dleq(ctx, 1, honest, ecdh.prove_dleq(ctx, 1, b, honest, scalar()))
    swapped = honest._replace(result=not_identity(P256.mul(b, wanted)))
    with pytest.raises(BadProof):
        ecdh.verify_dleq(ctx, 1, swapped, ecdh.prove_dleq(ctx, 1, b, swapped, scalar()))
    with pytest.raises(BadProof):
        ecdh.verify_dleq(ctx, 2, honest, ecdh.prove_dleq(ctx, 1, b, honest, scalar()))


@pytest.mark.parametrize("op", [8, 9, 10])
def test_row_74_the_native_server_offers_no_raw_operation(op: int) -> None:
    """EC_SIGN, ECDH and OT_SETUP are not implemented: their requests are malformed, whatever they carry."""
    server = NativeServer()
    phone = new_reference_phone(server.target)
    header = reference_header(
        fields(Op.SYNC, Purpose.DECRYPT) | {"op": op, "share_id": bytes(16), "pk": P256.encode(P256.g)}
    )
    for body in (b"", bytes(100), b"\0\1" + P256.encode(P256.g)):
        assert server.core.open_request(Crafted(phone, header, body).envelope).malformed is not None
