"""Tools of a malicious party: requests and answers that no honest side would make."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from protocol.codes import Op, Purpose, Status
from protocol.reference import device, messages
from protocol.reference.curve import P256, SM2, Point, not_identity
from protocol.reference.envelope import AnswerKey, Frame, seal_request
from protocol.reference.header import Header
from protocol.reference.messages import SignAnswer, SignItem, SignRequest
from protocol.reference.phone import Phone
from protocol.reference.sign import binding
from protocol.reference.transcript import SUITE_P256, SUITE_SM2
from tests.protocol.sides import ReferenceServer
from tests.protocol.world import ENTROPY, KnownKey, fields, reference_header


class Crafted:
    """A request with any header bytes and any body, signed by the device over a context of choice."""

    def __init__(
        self,
        phone: Phone,
        header: Header,
        unsigned: bytes,
        ctx: bytes = bytes(32),
        *,
        header_bytes: bytes | None = None,
        signature: bytes | None = None,
    ) -> None:
        suite = header.suite

        def body(enc: bytes) -> bytes:
            if signature is not None:
                return unsigned + signature
            message = messages.device_message(
                suite, ctx, messages.body_hash(suite, header.op, unsigned), messages.enc_hash(suite, enc)
            )
            return unsigned + device.sign(phone.device_secret, message)

        encoded = header.encode() if header_bytes is None else header_bytes
        self.req_id = suite.h("REQ/id", encoded)[:16]
        self.answer_key: AnswerKey
        self.envelope, self.answer_key = seal_request(phone.to, ENTROPY.scalar(SUITE_P256), encoded, body)

    def open(self, answer: bytes) -> tuple[Frame, bytes]:
        return Frame.decode(self.answer_key.open(self.req_id, answer))


def header_for(key: KnownKey, op: Op, **changes: Any) -> Header:
    """Reference header of an operation with this key."""
    return reference_header(fields(op, key.purpose) | key.names | changes)


def keygen_header(purpose: Purpose = Purpose.SIGN, **changes: Any) -> Header:
    return reference_header(fields(Op.KEYGEN, purpose, **changes))


def bad_points() -> dict[str, bytes]:
    """33-byte strings that ENC-1 refuses (rows 1, 2, 3 and 5)."""
    off = next(x for x in range(5, 99) if SM2.lift_x(x, odd=False) is None)
    foreign = next(
        point for k in range(1, 99) if SM2.lift_x((point := not_identity(P256.mul_base(k))).x, odd=False) is None
    )
    good = SM2.encode(SM2.mul_base(7))
    return {
        "x = p": b"\2" + SM2.p.to_bytes(32, "big"),
        "x = 2^256 - 1": b"\3" + b"\xff" * 32,
        "no square root": b"\2" + off.to_bytes(32, "big"),
        "prefix 00": b"\0" + good[1:],
        "prefix 04": b"\4" + good[1:],
        "prefix 06": b"\6" + good[1:],
        "zeros": bytes(33),
        "point of P-256": P256.encode(foreign),
    }


BAD_SCALARS = {
    "0": bytes(32),
    "n": SM2.n.to_bytes(32, "big"),
    "n + 1": (SM2.n + 1).to_bytes(32, "big"),
    "2^256 - 1": b"\xff" * 32,
}
"""32-byte strings that ENC-2 refuses (rows 8 and 9)."""


class MaliciousServer(ReferenceServer):
    """Reads a SIGN request and answers whatever a test computes."""

    def sign(self, envelope: bytes, forge: Callable[[bytes, SignRequest], SignAnswer | bytes]) -> bytes:
        """`forge` gets ctx and request, and returns an answer or its bytes."""
        request = self.core.open(envelope)
        assert isinstance(request.body, SignRequest)
        forged = forge(request.ctx, request.body)
        body = forged if isinstance(forged, bytes) else forged.encode()
        return request.answer(Frame(status=Status.OK), body)

    def answer(self, envelope: bytes, body: bytes) -> bytes:
        """OK with any body."""
        return self.core.open(envelope).answer(Frame(status=Status.OK), body)


def sign_item(
    ctx: bytes, request: SignRequest, index: int, v2: int, *, e: bytes | None = None, shown: Point | None = None
) -> SignItem:
    """One item as an honest server makes it, for another digest `e` or with a decoy `shown` in place of W2."""
    w2 = ENTROPY.scalar(SUITE_SM2)
    point = shown or not_identity(SM2.mul_base(w2))
    rho = binding(ctx, index + 1, request.qa[index], request.qb[index], point)
    q = SM2.combine(w2, [(v2, request.qa[index]), (v2 * rho, request.qb[index])])
    r = (messages.digest_number(e or request.digests[index]) + not_identity(q).x) % SM2.n
    return SignItem(point, r, SM2.inv(v2) * (r + w2) % SM2.n)


def sign_items(ctx: bytes, request: SignRequest, v2: int) -> list[SignItem]:
    """All items, honest."""
    return [sign_item(ctx, request, index, v2) for index in range(len(request.digests))]


def moved(header: Header, **changes: Any) -> Header:
    """The same header with some fields changed and the same nonce."""
    return replace(header, **changes)
