"""P-256 keys: a malicious party against either twin, through envelopes (rows 74 to 79, 83 to 85)."""

from collections.abc import Callable
from typing import Any

import pytest

from protocol.codes import Outcome, Purpose, Status
from protocol.errors import BadAnswer, MalformedMessage, MalformedScalar, ProtocolError
from protocol.reference import ec_sign, ecdh, phone_ec, refresh
from protocol.reference import header as ops
from protocol.reference.curve import P256, not_identity
from protocol.reference.ec_messages import EcSignAnswer
from protocol.reference.envelope import Frame
from protocol.reference.messages import ProofRequest
from protocol.reference.ot_setup import Part2, xor
from protocol.reference.phone import Exchange
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256
from tests.attacks.test_ot_delta import prober
from tests.protocol.ec_phones import EcKey, NativeEcPhone, ReferenceEcPhone
from tests.protocol.ec_sides import (
    DESTROYED,
    FAILED,
    UNCHANGED,
    EcServed,
    EcServerSide,
    NativeEcServer,
    ReferenceEcServer,
    ec_fields,
)
from tests.protocol.ec_world import DIGEST, DealtKey, base, dealt_key, scalar
from tests.protocol.test_ec_sign import WRONG_ANSWERS, Shifted, plus_one
from tests.protocol.world import PIN, reference_header

N = P256.n
Answer = Callable[[EcSignAnswer], EcSignAnswer]


@pytest.fixture(scope="module")
def key() -> DealtKey:
    return dealt_key()


# --- a malicious server against either phone


class Meeting:
    """A phone of either twin with a known key, and a server that answers what it likes."""

    def __init__(self, kind: type[Any], key: DealtKey) -> None:
        self.server = ReferenceEcServer()
        self.phone, self.key = kind(self.server.target), key
        stored = EcKey.blind(key.phone_key(), Purpose.SIGN, PIN)
        self.stored: Any = self.phone.restore_key(stored) if kind is NativeEcPhone else stored

    def finish(self, change: Callable[[EcSignAnswer, Any], EcSignAnswer]) -> list[bytes]:
        """One signature whose answer was changed on the way."""
        run = self.phone.sign(self.stored, DIGEST)
        request = self.server.core.open(run.envelope)
        result = self.server.core.evaluate(request, self.key.record())
        body = change(EcSignAnswer.decode(result.body), request).encode()
        _, signatures = run.finish(request.answer(Frame(status=Status.OK), body))
        assert isinstance(signatures, list)
        return signatures


PHONES = pytest.mark.parametrize("kind", [ReferenceEcPhone, NativeEcPhone], ids=["reference", "native"])


@pytest.mark.parametrize("name", WRONG_ANSWERS)
def test_rows_75_76_78_a_wrong_answer_gives_nothing(key: DealtKey, name: str) -> None:
    """The native phone; the reference is tested with the same answers in `test_ec_sign`."""
    meeting = Meeting(NativeEcPhone, key)
    with pytest.raises(BadAnswer):
        meeting.finish(lambda answer, _request: WRONG_ANSWERS[name](answer))


@PHONES
def test_an_unchanged_answer_gives_a_signature(key: DealtKey, kind: type[Any]) -> None:
    """The harness itself."""
    assert len(Meeting(kind, key).finish(lambda answer, _request: answer)) == 1


@PHONES
@pytest.mark.parametrize("rows", [range(512), range(256, 512)], ids=["all rows", "rows beyond 256"])
def test_rows_76_77_rows_fitted_to_a_foreseen_theta_give_nothing(key: DealtKey, kind: type[Any], rows: range) -> None:
    """The server of `test_theta_order`, which wins where θ hashes less than every correction."""
    weights = scalar(), scalar()

    def change(answer: EcSignAnswer, _request: Any) -> EcSignAnswer:
        first, second = answer.multiplications
        at = tuple(
            ((row[0] + 1) % N, (row[1] - weights[0]) % N, (row[2] - weights[1]) % N) if j in rows else row
            for j, row in enumerate(first.at)
        )
        return answer._replace(multiplications=(first._replace(at=at), second))

    with pytest.raises(BadAnswer):
        Meeting(kind, key).finish(change)


@PHONES
def test_an_answer_with_values_out_of_range_is_refused(key: DealtKey, kind: type[Any]) -> None:
    def change(answer: EcSignAnswer, _request: Any) -> EcSignAnswer:
        return answer._replace(eta_sig=N)

    with pytest.raises((BadAnswer, MalformedScalar)):
        Meeting(kind, key).finish(change)


@PHONES
def test_an_answer_of_another_session_is_refused(key: DealtKey, kind: type[Any]) -> None:
    """The session id is in every hash: an answer to another request of the same key fits nothing."""
    meeting = Meeting(kind, key)
    other = key.phone()

    with pytest.raises(BadAnswer):
        meeting.finish(lambda _answer, _request: key.serve(other))


@PHONES
def test_row_74_a_swapped_point_gives_no_secret(kind: type[Any]) -> None:
    """Mode RAW: the server answers b·T* for another point, with the best proof it has."""
    server = ReferenceEcServer()
    phone: Any = kind(server.target)
    stored, record = phone.keygen(server, Purpose.DECRYPT)
    own, wanted = base(scalar()), base(scalar())
    for swap in (False, True):
        run = phone.agree(stored, [P256.encode(own)])
        request = server.core.open(run.envelope)
        honest = server.core.evaluate(request, record)
        body = honest.body
        if swap:
            result = not_identity(P256.mul(record.share, wanted))
            statement = ecdh.DleqStatement(base(record.share), own, result)
            shown = ecdh.prove_dleq(request.ctx, 1, record.share, statement, scalar())
            body = ecdh.EcdhAnswer((result,), (shown,)).encode()
            with pytest.raises(BadAnswer):
                run.finish(request.answer(Frame(status=Status.OK), body))
        else:
            assert len(run.finish(request.answer(Frame(status=Status.OK), body))[1]) == 1


# --- a malicious phone against either server

SERVERS = pytest.mark.parametrize("kind", [ReferenceEcServer, NativeEcServer], ids=["reference", "native"])


class Cheater:
    """A reference phone with a known key that sends what it likes to a server of either twin."""

    def __init__(self, kind: type[Any], key: DealtKey) -> None:
        self.server: EcServerSide = kind()
        self.phone, self.key = ReferenceEcPhone(self.server.target), key
        self.stored = EcKey.blind(key.phone_key(), Purpose.SIGN, PIN)
        self.record = self.server.known(key.record())

    def header(self, op: int) -> Any:
        return reference_header(ec_fields(op, Purpose.SIGN, self.phone.names(self.stored)))

    def sign(self, steps: type[ec_sign.PhoneEcSign], digest: bytes = DIGEST) -> tuple[Any, EcServed]:
        """A request made by other steps, and what the server did with it."""
        run = phone_ec.EcSign(self.phone.core, self.header(ops.EC_SIGN), self.key.phone_key(), digest, steps)
        return run, self.server.handle(run.envelope, self.record, self.phone.device_public)


class Changed(ec_sign.PhoneEcSign):
    """Changes the transfer message before it is proven."""

    @staticmethod
    def change(ot: Any) -> Any:
        return ot

    def extend(self, trees: Any) -> Any:
        message, rows = super().extend(trees)
        return self.change(message), rows


def flip(data: bytes, bit: int) -> bytes:
    return xor(data, (1 << bit).to_bytes(len(data), "little"))


INCONSISTENT: dict[str, Callable[[Any], Any]] = {
    "one column": lambda ot: ot._replace(c=(*ot.c[:9], flip(ot.c[9], 700), *ot.c[10:])),
    "mask block": lambda ot: ot._replace(c=(flip(ot.c[0], 1100), *ot.c[1:])),
    "x~": lambda ot: ot._replace(x_tilde=flip(ot.x_tilde, 0)),
    "t~": lambda ot: ot._replace(t_tilde=(*ot.t_tilde[:127], flip(ot.t_tilde[127], 127))),
}


@SERVERS
@pytest.mark.parametrize("name", INCONSISTENT)
def test_row_79_an_inconsistent_request_destroys_the_set_up(kind: type[Any], name: str) -> None:
    """The PIN was right, nothing is answered, and the new record has no set-up: the next request cannot be served."""
    cheater = Cheater(kind, dealt_key(delta=(1 << 128) - 1))
    run, served = cheater.sign(type("OneChange", (Changed,), {"change": staticmethod(INCONSISTENT[name])}))
    assert (served.outcome, served.ot) == (Outcome.RIGHT, DESTROYED)
    frame, signatures = run.finish(served.answer)
    assert (frame.status, signatures) == (Status.OT_DESTROYED, [])
    cheater.record = served.record
    assert is_refused(cheater)


def is_refused(cheater: Cheater) -> bool:
    """Whether an honest request finds no set-up; the native core calls that a fault."""
    try:
        _, served = cheater.sign(ec_sign.PhoneEcSign)
    except MalformedMessage:
        return True
    return served.outcome is Outcome.FAULT


@SERVERS
def test_row_79_a_right_guess_passes_and_a_wrong_one_destroys(kind: type[Any]) -> None:
    """What makes serialising necessary: both verdicts tell the phone something about Δ."""
    for guess in range(4):
        cheater = Cheater(kind, dealt_key(delta=2))
        _, served = cheater.sign(prober(0, guess))
        assert (served.outcome, served.ot) == (Outcome.RIGHT, UNCHANGED if guess == 2 else DESTROYED)


@SERVERS
@pytest.mark.parametrize("shift", [(3, 0), (0, 5)])
def test_row_78_a_shifted_input_gives_nothing_usable(key: DealtKey, kind: type[Any], shift: tuple[int, int]) -> None:
    run, served = Cheater(kind, key).sign(type("OneShifted", (Shifted,), {"shift": shift}))
    assert (served.outcome, served.ot) == (Outcome.RIGHT, UNCHANGED)
    with pytest.raises(BadAnswer):
        run.finish(served.answer)


class Unproven(ec_sign.PhoneEcSign):
    """Changes delta after the proof."""

    def _request(self, ot: Any) -> Any:
        request = super()._request(ot)
        return request._replace(delta=(plus_one(request.delta[0]), request.delta[1]))


@SERVERS
def test_a_body_changed_after_the_proof_is_wrong(key: DealtKey, kind: type[Any]) -> None:
    """EC-5 comes before EC-6: outcome WRONG, and the set-up is not touched."""
    _, served = Cheater(kind, key).sign(Unproven)
    assert (served.outcome, served.ot) == (Outcome.WRONG, UNCHANGED)


class InventedProof(ec_sign.PhoneEcSign):
    """A proof without the share, and a transfer message that would not pass."""

    def _request(self, ot: Any) -> Any:
        c = (flip(ot.c[0], 3), *ot.c[1:])
        return super()._request(ot._replace(c=c))._replace(proof=Proof(scalar(), scalar()))


@SERVERS
def test_a_wrong_pin_never_destroys(kind: type[Any]) -> None:
    """Otherwise whoever has the device key and no PIN could destroy set-ups."""
    _, served = Cheater(kind, dealt_key(delta=(1 << 128) - 1)).sign(InventedProof)
    assert (served.outcome, served.ot) == (Outcome.WRONG, UNCHANGED)


@SERVERS
@pytest.mark.parametrize("digest", [bytes(32), N.to_bytes(32, "big")], ids=["0", "n"])
def test_row_85_a_digest_that_is_0_modulo_n_is_refused(key: DealtKey, kind: type[Any], digest: bytes) -> None:
    cheater = Cheater(kind, key)
    run = phone_ec.EcSign(cheater.phone.core, cheater.header(ops.EC_SIGN), key.phone_key(), digest)
    if isinstance(cheater.server, NativeEcServer):
        assert cheater.server.core.open_request(run.envelope).malformed == "DIGEST_REFUSED"
    else:
        with pytest.raises(ProtocolError, match="0 modulo n"):
            cheater.server.handle(run.envelope, cheater.record, cheater.phone.device_public)


# --- set-ups

SETUP_CHANGES: list[Callable[[Part2], Part2]] = [
    lambda part: part._replace(tau=((flip(part.tau[0][0], 5), flip(part.tau[0][1], 5)), *part.tau[1:])),
    lambda part: part._replace(points=((base(3), base(4)), *part.points[1:])),
]


def test_rows_83_84_a_wrong_part_2_fails_the_set_up(key: DealtKey) -> None:
    """The native server: wrong values, then part 2 of another set-up of the same share; each has its own part 1."""
    cheater = Cheater(NativeEcServer, key)
    stranger: Part2 | None = None
    for change in (*SETUP_CHANGES, None):
        run = cheater.phone.set_up(cheater.stored)
        begun = cheater.server.handle(run.envelope, cheater.record, cheater.phone.device_public)
        run.receive(begun.answer)
        honest = run.part2
        envelope = second_request(cheater, change(honest) if change else stranger)
        stranger = honest
        served = cheater.server.handle(envelope, begun.record, cheater.phone.device_public)
        assert (served.outcome, served.ot) == (Outcome.RIGHT, FAILED)


@SERVERS
def test_row_84_a_confirm_that_finds_no_set_up_fails_again(key: DealtKey, kind: type[Any]) -> None:
    """After a lost answer the phone repeats its CONFIRM; a share without a set-up must not be promoted (RF-10)."""
    cheater = Cheater(kind, key)
    run = cheater.phone.set_up(cheater.stored)
    served = cheater.server.handle(run.envelope, cheater.record, cheater.phone.device_public)
    run.receive(served.answer)
    for part2 in (SETUP_CHANGES[0](run.part2), run.part2):
        served = cheater.server.handle(confirm(cheater, part2), served.record, cheater.phone.device_public)
        assert (served.outcome, served.ot) == (Outcome.RIGHT, FAILED)


def confirm(cheater: Cheater, part2: Part2) -> bytes:
    """CONFIRM with any part 2."""
    header = cheater.header(ops.CONFIRM)
    ctx = refresh.confirm_context(header.encode(), cheater.key.pk, SUITE_P256, part2.encode())
    shown = refresh.prove_share("CF/pok", ctx, cheater.key.sk_b, scalar(), SUITE_P256)
    return Exchange(cheater.phone.core, header, ctx, ProofRequest(shown, part2).encode()).envelope


def second_request(cheater: Cheater, part2: Part2 | None) -> bytes:
    """OT_SETUP with any part 2."""
    header = cheater.header(ops.OT_SETUP)
    ctx = refresh.setup_context(header.encode(), cheater.key.pk)
    shown = refresh.prove_share("OTS/pok", ctx, cheater.key.sk_b, scalar(), SUITE_P256)
    return Exchange(cheater.phone.core, header, ctx, ProofRequest(shown, part2).encode()).envelope
