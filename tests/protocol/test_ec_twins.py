"""P-256 keys in all pairings of reference and native core, byte by byte through envelopes and answers."""

import hashlib
from dataclasses import dataclass
from typing import Any

import pytest

from protocol.codes import Outcome, Purpose, Status
from protocol.reference import device, ecies, phone_ec
from protocol.reference import header as ops
from protocol.reference.curve import P256, not_identity, scalar_bytes
from protocol.reference.hedge import Entropy
from tests.protocol.ec_phones import NativeEcPhone, ReferenceEcPhone
from tests.protocol.ec_sides import (
    BEGUN,
    READY,
    UNCHANGED,
    EcPhoneSide,
    EcServed,
    EcServerSide,
    NativeEcServer,
    ReferenceEcServer,
    ec_fields,
)
from tests.protocol.ec_world import base, dealt_key, scalar
from tests.protocol.sides import Run
from tests.protocol.world import NEW_PIN, PIN, WRONG_PIN, reference_header

PAIRS: dict[str, tuple[type[Any], type[Any]]] = {
    "reference-reference": (ReferenceEcPhone, ReferenceEcServer),
    "reference-native": (ReferenceEcPhone, NativeEcServer),
    "native-reference": (NativeEcPhone, ReferenceEcServer),
    "native-native": (NativeEcPhone, NativeEcServer),
}
"""Phone and server of each pairing."""

DIGEST = hashlib.sha256(b"document").digest()


@dataclass
class Pair:
    """A phone, its server, and one key of each purpose made by the protocol."""

    phone: EcPhoneSide
    server: EcServerSide

    def __post_init__(self) -> None:
        self.signing, self.signing_record = self.phone.keygen(self.server, Purpose.SIGN)
        self.decryption, self.decryption_record = self.phone.keygen(self.server, Purpose.DECRYPT)

    def pk(self, key: Any) -> Any:
        return P256.decode(self.phone.names(key)["pk"])

    def handle(self, run: Any, record: Any) -> EcServed:
        return self.server.handle(run.envelope, record, self.phone.device_public)

    def signs(self, key: Any, record: Any, digest: bytes = DIGEST, pin: str = PIN) -> None:
        run = self.phone.sign(key, digest, pin)
        served = self.handle(run, record)
        assert (served.outcome, served.ot) == (Outcome.RIGHT, UNCHANGED)
        frame, (signature,) = run.finish(served.answer)
        assert frame.status == Status.OK
        device.verify(self.pk(key), digest, signature)
        assert int.from_bytes(signature[32:], "big") <= P256.n // 2


@pytest.fixture(scope="module", params=list(PAIRS.values()), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> Pair:
    phone, server = request.param
    made = server()
    return Pair(phone(made.target), made)


@pytest.mark.parametrize("digest", [DIGEST, b"\xff" * 32], ids=["sha256", "above n"])
def test_sign(pair: Pair, digest: bytes) -> None:
    """Row 85 as well: a digest above n is reduced alike by both twins."""
    pair.signs(pair.signing, pair.signing_record, digest)


def test_ecdh_opens_a_ciphertext(pair: Pair) -> None:
    texts = [b"one", b"another, longer"]
    sealed = [ecies.seal_hpke(pair.pk(pair.decryption), scalar(), text, b"info") for text in texts]
    run = pair.phone.open(pair.decryption, sealed, b"info")
    served = pair.handle(run, pair.decryption_record)
    assert served.outcome is Outcome.RIGHT
    _, plaintexts = run.finish(served.answer)
    assert plaintexts == texts


def test_raw_ecdh_gives_proven_secrets(pair: Pair) -> None:
    secrets = [scalar(), scalar()]
    run = pair.phone.agree(pair.decryption, [P256.encode(base(t)) for t in secrets])
    _, given = run.finish(pair.handle(run, pair.decryption_record).answer)
    pk = pair.pk(pair.decryption)
    assert given == [scalar_bytes(not_identity(P256.mul(t, pk)).x) for t in secrets]


def test_refresh_then_confirm(pair: Pair) -> None:
    """P5 and RF-10: P stays, shares and set-up change; the pending share signs only after CONFIRM."""
    run = pair.phone.refresh(pair.signing)
    served = pair.handle(run, pair.signing_record)
    status, new, setup = pair.phone.refreshed(run, served.answer, NEW_PIN)
    assert status == Status.OK
    assert pair.phone.names(new)["share_id"] == served.share_id
    assert pair.phone.names(new)["pk"] == pair.phone.names(pair.signing)["pk"]
    confirm = pair.phone.confirm(new, setup, NEW_PIN)
    confirmed = pair.handle(confirm, served.record)
    assert (confirmed.outcome, confirmed.ot) == (Outcome.RIGHT, READY)
    assert confirm.finish(confirmed.answer).status == Status.OK
    pair.signs(new, confirmed.record, pin=NEW_PIN)
    stale = pair.phone.sign(pair.signing, DIGEST)
    assert pair.handle(stale, confirmed.record).outcome is Outcome.WRONG


def test_refresh_of_a_decryption_key(pair: Pair) -> None:
    """No set-up travels with a key that has none."""
    run = pair.phone.refresh(pair.decryption)
    served = pair.handle(run, pair.decryption_record)
    _, new, setup = pair.phone.refreshed(run, served.answer, NEW_PIN)
    assert setup is None
    confirm = pair.phone.confirm(new, None, NEW_PIN)
    confirmed = pair.handle(confirm, served.record)
    assert (confirmed.outcome, confirmed.ot) == (Outcome.RIGHT, UNCHANGED)


def test_a_new_set_up(pair: Pair) -> None:
    """OT_SETUP: the share stays, Δ and seeds are new; the old ones no longer fit."""
    run = pair.phone.set_up(pair.signing)
    begun = pair.handle(run, pair.signing_record)
    assert (begun.outcome, begun.ot) == (Outcome.RIGHT, BEGUN)
    assert run.receive(begun.answer) == Status.OK
    ended = pair.handle(run, begun.record)
    assert (ended.outcome, ended.ot) == (Outcome.RIGHT, READY)
    status, renewed = run.finish(ended.answer)
    assert status == Status.OK
    pair.signs(renewed, ended.record)


def test_adopt(pair: Pair) -> None:
    run = pair.phone.adopt(pair.signing)
    served = pair.handle(run, pair.signing_record)
    assert (served.outcome, served.ot) == (Outcome.RIGHT, UNCHANGED)
    assert run.finish(served.answer).status == Status.OK


def test_row_82_a_wrong_pin_is_wrong_at_every_operation(pair: Pair) -> None:
    """P3: every PIN gives a share and seeds, without a local error; the proof of a wrong one fails."""
    ciphertext = ecies.seal_hpke(pair.pk(pair.decryption), scalar(), b"text")
    key, record = pair.signing, pair.signing_record
    runs: list[tuple[Run, Any]] = [
        (pair.phone.sign(key, DIGEST, WRONG_PIN), record),
        (pair.phone.refresh(key, WRONG_PIN), record),
        (pair.phone.adopt(key, WRONG_PIN), record),
        (pair.phone.open(pair.decryption, [ciphertext], b"", WRONG_PIN), pair.decryption_record),
        (pair.phone.agree(pair.decryption, [P256.encode(base(5))], WRONG_PIN), pair.decryption_record),
    ]
    for run, used in runs:
        served = pair.handle(run, used)
        assert (served.outcome, served.ot) == (Outcome.WRONG, UNCHANGED)
        assert served.audit_hash == bytes(32)
    assert pair.handle(pair.phone.set_up(key, WRONG_PIN), record).outcome is Outcome.WRONG


def test_right_and_wrong_answers_have_one_size(pair: Pair) -> None:
    runs = [pair.phone.sign(pair.signing, DIGEST, pin) for pin in (PIN, WRONG_PIN)]
    assert len({len(pair.handle(run, pair.signing_record).answer) for run in runs}) == 1


class Stuck(Entropy):
    """A generator whose state never changes."""

    def fresh(self, length: int) -> bytes:
        return bytes(length)


def test_p8_equal_generator_state_gives_different_nonces() -> None:
    """HEDGE-1: the header's nonce alone makes kB, the choice bits and the proof nonce differ."""
    phone = ReferenceEcPhone(ReferenceEcServer().target)
    phone.core.entropy = Stuck()
    key = dealt_key().phone_key()
    names = {"key_id": "key-1", "share_id": key.share_id, "pk": P256.encode(key.pk)}
    requests = []
    for _ in range(2):
        phone.core.local_seq = 0
        header = reference_header(ec_fields(ops.EC_SIGN, Purpose.SIGN, names))
        requests.append(phone_ec.EcSign(phone.core, header, key, DIGEST).steps)
    one, two = requests
    assert one.k != two.k
    assert one.x != two.x
    assert one.request.d != two.request.d
