"""Attack: raw ECDH without a tag or a proof lets the server exchange the point (ECDH-3, row 74)."""

import pytest

from protocol.errors import BadAnswer, BadProof, MalformedMessage, MalformedPoint
from protocol.reference import ecdh
from protocol.reference.curve import P256, Point, not_identity, scalar_bytes
from protocol.reference.ecdh import AEAD, RAW, DleqStatement, EcdhAnswer, PhoneEcdh
from tests.protocol.ec_world import base, scalar
from tests.protocol.world import ENTROPY


class NoProofCheck(PhoneEcdh):
    """Takes any answer in mode RAW."""

    def check_proofs(self, answer: EcdhAnswer) -> None:
        """No check of ECDH-3."""


class Scene:
    """A decryption key, the point the phone asks about, and the one the server wants the secret of."""

    def __init__(self, mode: int = RAW, phone: type[PhoneEcdh] = PhoneEcdh) -> None:
        self.a, self.b = scalar(), scalar()
        self.pk, self.own, self.wanted = base(self.a * self.b), base(scalar()), base(scalar())
        self.phone = phone(ENTROPY.fresh(40), mode, [self.own], self.pk, self.a, scalar)
        ecdh.check_request(self.phone.ctx, self.phone.request, base(self.a))

    def secret(self, point: Point) -> bytes:
        return scalar_bytes(not_identity(P256.mul(self.a * self.b, point)).x)

    def swapped(self) -> EcdhAnswer:
        """b·T* with the best proof the server can make for it."""
        result = not_identity(P256.mul(self.b, self.wanted))
        statement = DleqStatement(base(self.b), self.own, result)
        return EcdhAnswer((result,), (ecdh.prove_dleq(self.phone.ctx, 1, self.b, statement, scalar()),))


def test_the_attack_makes_the_phone_release_another_secret() -> None:
    scene = Scene(phone=NoProofCheck)
    assert scene.phone.finish(scene.swapped()) == [scene.secret(scene.wanted)]


def test_row_74_the_proof_stops_it() -> None:
    scene = Scene()
    honest = ecdh.answer(scene.phone.ctx, scene.phone.request, scene.b, scalar)
    assert scene.phone.finish(honest) == [scene.secret(scene.own)]
    for bad in (scene.swapped(), honest._replace(proofs=()), scene.swapped()._replace(proofs=honest.proofs)):
        with pytest.raises(BadAnswer):
            scene.phone.finish(bad)


def test_row_74_a_proof_belongs_to_its_item_and_request() -> None:
    b, own, ctx = scalar(), base(scalar()), ENTROPY.fresh(32)
    honest = DleqStatement(base(b), own, not_identity(P256.mul(b, own)))
    shown = ecdh.prove_dleq(ctx, 1, b, honest, scalar())
    ecdh.verify_dleq(ctx, 1, honest, shown)
    for other_ctx, index in ((ctx, 2), (ENTROPY.fresh(32), 1)):
        with pytest.raises(BadProof):
            ecdh.verify_dleq(other_ctx, index, honest, shown)


def test_x_only_answers_are_unambiguous_and_never_raw() -> None:
    """Either y gives the same Z; in mode RAW the decoder does not know the short form."""
    scene = Scene(AEAD)
    (s,) = ecdh.answer(scene.phone.ctx, scene.phone.request, scene.b, scalar).points
    short = b"\0\1" + scalar_bytes(s.x)
    assert scene.phone.finish(EcdhAnswer.decode(short, AEAD)) == [scene.secret(scene.own)]
    with pytest.raises((MalformedMessage, MalformedPoint)):
        EcdhAnswer.decode(short, RAW)
