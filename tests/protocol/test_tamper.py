"""P6: any flipped bit in any message is refused."""

import random
from collections.abc import Callable
from functools import partial

import pytest

from protocol.codes import Op, Outcome
from protocol.errors import BadAnswer, DecryptionFailed, DeviceProofInvalid, EnvelopeInvalid, ProtocolError
from protocol.reference.envelope import Frame, open_request, seal_request
from protocol.reference.messages import SignAnswer, SignRequest
from protocol.reference.phone import Confirm, Exchange, Refresh, Sign
from protocol.reference.transcript import SUITE_P256
from tests.protocol.malice import Crafted, MaliciousServer, header_for, sign_items
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer, ReferenceServer, new_reference_phone
from tests.protocol.world import ENTROPY, KnownKey, encrypted

DIGEST = bytes(31) + b"\5"
FLIPS = 60


def flips(message: bytes) -> list[bytes]:
    """Copies with one flipped bit: spread over the whole message, first and last byte included."""
    choice = random.Random(len(message))
    places = {0, len(message) - 1, *choice.sample(range(len(message)), min(FLIPS, len(message)))}
    copies = []
    for place in sorted(places):
        copy = bytearray(message)
        copy[place] ^= 1 << choice.randrange(8)
        copies.append(bytes(copy))
    return copies


def _given(body: bytes, _enc: bytes) -> bytes:
    return body


def test_p6_envelopes(signing_key: KnownKey) -> None:
    server = NativeServer()
    phone = new_reference_phone(server.target)
    run = Sign(phone, header_for(signing_key, Op.SIGN), signing_key.phone, [DIGEST])
    for damaged in flips(run.envelope):
        with pytest.raises(EnvelopeInvalid):
            server.core.open_request(damaged)


@pytest.mark.parametrize("op", [Op.SIGN, Op.REFRESH, Op.CONFIRM])
def test_p6_header_and_body_under_the_old_device_signature(signing_key: KnownKey, op: Op) -> None:
    """Somebody who can seal but has no device key."""
    server, clear = NativeServer(), ReferenceServer()
    phone = new_reference_phone(clear.target)
    header, key = header_for(signing_key, op), signing_key.phone
    makers: dict[Op, Callable[[], Exchange]] = {
        Op.SIGN: lambda: Sign(phone, header, key, [DIGEST]),
        Op.REFRESH: lambda: Refresh(phone, header, key),
        Op.CONFIRM: lambda: Confirm(phone, header, key),
    }
    run = makers[op]()
    opened = open_request(clear.core.recipient, clear.core.envelope_secret, run.envelope)
    to = new_reference_phone(server.target).to
    for at, parts in ((0, opened.header), (1, opened.body)):
        for damaged in flips(parts):
            header_bytes, body = (damaged, opened.body) if at == 0 else (opened.header, damaged)
            envelope, _ = seal_request(to, ENTROPY.scalar(SUITE_P256), header_bytes, partial(_given, body))
            request = server.core.open_request(envelope)
            if request.malformed is None:
                with pytest.raises(DeviceProofInvalid):
                    request.verify_device(phone.device_public)


def test_p6_bodies_under_a_new_device_signature(signing_key: KnownKey) -> None:
    """The owner of the device key changes a finished request: malformed or WRONG, never RIGHT."""
    server = NativeServer()
    phone = new_reference_phone(server.target)
    header = header_for(signing_key, Op.SIGN)
    unsigned = Sign(phone, header, signing_key.phone, [DIGEST]).steps.request().encode()
    for damaged in flips(unsigned):
        probe = server.core.open_request(Crafted(phone, header, damaged).envelope)
        if probe.malformed is None:
            crafted = Crafted(phone, header, damaged, probe.ctx)
            served = server.serve(crafted.envelope, signing_key.server, phone.device_public)
            assert served.outcome is Outcome.WRONG


def test_p6_answers(signing_key: KnownKey) -> None:
    server = NativeServer()
    phone = NativePhone(server.target)
    blob = phone.restore(signing_key)
    good = server.serve(phone.sign(blob, [DIGEST]).envelope, signing_key.server, phone.device_public).answer
    for at in range(len(flips(good))):
        run = phone.sign(blob, [DIGEST])
        answer = server.serve(run.envelope, signing_key.server, phone.device_public).answer
        with pytest.raises(BadAnswer):
            run.finish(flips(answer)[at])


def test_p6_answer_bodies_of_a_malicious_server(signing_key: KnownKey) -> None:
    server = MaliciousServer()
    phone = NativePhone(server.target)
    blob = phone.restore(signing_key)
    for at in range(FLIPS):
        run = phone.sign(blob, [DIGEST])
        request = server.core.open(run.envelope)
        assert isinstance(request.body, SignRequest)
        body = SignAnswer(tuple(sign_items(request.ctx, request.body, signing_key.server.share))).encode()
        damaged = flips(body)[at % len(flips(body))]
        with pytest.raises(ProtocolError):
            run.finish(request.answer(Frame(status=0), damaged))


def test_p6_ciphertexts(decryption_key: KnownKey) -> None:
    """Every byte of C1, C3 and C2 is covered: a damaged ciphertext is refused before or after the exchange."""
    server = NativeServer()
    phone = NativePhone(server.target)
    blob, good = phone.restore(decryption_key), encrypted(decryption_key.pk, b"a secret text")
    for damaged in flips(good):
        try:
            run = phone.decrypt(blob, [damaged])
        except ProtocolError:
            continue
        served = server.serve(run.envelope, decryption_key.server, phone.device_public)
        with pytest.raises(DecryptionFailed):
            run.finish(served.answer)
