"""Attack: a sign call without proof of the nonces is a decryption oracle (rule 2, rows 6 and 7)."""

from protocol.codes import Op, Outcome, Status
from protocol.errors import DecryptionFailed
from protocol.reference import proof, sign, sm2
from protocol.reference.curve import SM2, Point, not_identity
from protocol.reference.messages import SignRequest
from protocol.reference.transcript import SUITE_SM2
from tests.protocol.malice import Crafted, header_for
from tests.protocol.sides import NativeServer, new_reference_phone
from tests.protocol.world import ENTROPY, KnownKey

SECRET = b"top secret"
E = 12345


def scalar() -> int:
    return ENTROPY.scalar(SUITE_SM2)


def candidates(r: int) -> list[Point]:
    """Points whose x may stand behind r = e + x(Q)."""
    xs = [x for x in ((r - E) % SM2.n, (r - E) % SM2.n + SM2.n) if x < SM2.p]
    return [point for x in xs for odd in (False, True) if (point := SM2.lift_x(x, odd=odd))]


def opened(u1: int, products: list[Point | None], c1: Point, c3: bytes, c2: bytes) -> list[bytes]:
    """Plaintexts that v2·C1 among `products` gives: [d]C1 = u1·(v2·C1) - C1."""
    texts = []
    for product in products:
        try:
            texts.append(sm2.open_ciphertext(SM2.sub(SM2.mul(u1, product), c1), c3, c2))
        except DecryptionFailed:
            continue
    return texts


def test_the_attack_decrypts_with_one_bare_call(signing_key: KnownKey) -> None:
    """A server that answers W2 + v2·Qa without a proof: Qa = C1 opens C1, for a key that only signs."""
    u1, v2 = signing_key.phone.share, signing_key.server.share
    c1, c3, c2 = sm2.encrypt(signing_key.phone.pk, SECRET, scalar())
    request = SignRequest((E.to_bytes(32, "big"),), (c1,), (SM2.g,), proof.Proof(1, 1))
    (item,) = sign.answer(b"ctx", request, v2, lambda *_: scalar()).items
    rho = sign.binding(b"ctx", 1, c1, SM2.g, item.w2)
    known = SM2.mul(rho * v2, SM2.g)  # v2·G = P2, which the phone has: P2 = d1·(P + G)
    products = [SM2.sub(SM2.sub(q, item.w2), known) for q in candidates(item.r)]
    assert opened(u1, products, c1, c3, c2) == [SECRET]


def test_the_native_server_refuses_and_reveals_nothing(signing_key: KnownKey) -> None:
    server = NativeServer()
    phone = new_reference_phone(server.target)
    c1, _, _ = sm2.encrypt(signing_key.phone.pk, SECRET, scalar())
    header, wb = header_for(signing_key, Op.SIGN), scalar()
    digests = (E.to_bytes(32, "big"),)
    ctx = sign.context(header.encode(), digests, signing_key.phone.pk)
    qb = not_identity(SM2.mul_base(wb))
    for invented in (scalar(), 1, signing_key.phone.share):
        witness = [(invented, c1), (wb, qb), (signing_key.phone.share, signing_key.server.point)]
        shown = proof.prove(SUITE_SM2, "SIGN2/pok", ctx, witness, scalar())
        crafted = Crafted(phone, header, SignRequest(digests, (c1,), (qb,), shown).encode(), ctx)
        served = server.serve(crafted.envelope, signing_key.server, phone.device_public)
        assert served.outcome is Outcome.WRONG
        frame, body = crafted.open(served.answer)
        assert (frame.status, body) == (Status.PIN_WRONG, b"")
