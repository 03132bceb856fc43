"""Handles of the native core: opaque, one-time, and clean after an error (rows 67, 90 and 91 of CATALOGUE.md)."""

import copy
import os
import pickle
import warnings
from collections.abc import Callable

import pytest

from protocol import _core
from protocol.codes import Op, Outcome, Purpose, Status
from protocol.errors import (
    AlreadyUsed,
    BadAnswer,
    DeviceProofInvalid,
    EnvelopeInvalid,
    MalformedMessage,
    MalformedPoint,
    ProtocolError,
    SealBroken,
)
from protocol.reference.curve import SM2, scalar_bytes
from protocol.reference.messages import SignRequest
from protocol.reference.records import ShareRecord
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer, ReferenceServer
from tests.protocol.world import NOW_MS, PIN, Custody, KnownKey, fields, native_header

DIGEST = bytes(31) + b"\5"


@pytest.fixture(scope="module")
def server() -> NativeServer:
    return NativeServer()


@pytest.fixture(scope="module")
def phone(server: NativeServer) -> NativePhone:
    return NativePhone(server.target)


def handles(server: NativeServer, phone: NativePhone, key: KnownKey) -> dict[str, object]:
    """One object of every class of the core that can hold a secret."""
    blob = phone.restore(key)
    run = phone.sign(blob, [DIGEST])
    request = server.core.open_request(run.envelope)
    (evaluation,) = server.core.evaluate([(request, server.custody.to_native(key.server.encode()))])
    keygen = _core.PhoneKeygen.begin(phone.target, phone.device, native_header(fields(Op.KEYGEN)), phone.seq())
    begun = server.core.keygen_begin(server.core.open_request(keygen.envelope))
    return {
        "SecretRecord": server.core.export(),
        "Kek": server.custody.native,
        "EnvelopeKey": server.envelope_key,
        "ServerCore": server.core,
        "Request": request,
        "Evaluation": evaluation,
        "KeygenBegun": begun,
        "DeviceKey": phone.device,
        "Header": native_header(fields(Op.SYNC)),
        "Blob": blob,
        "Unlocked": blob.unlock(PIN),
        "PhoneKeygen": keygen,
        "PhoneSign": run,
        "PhoneSync": phone.sync(),
    }


def test_row_90_handles_refuse_copies_pickles_and_printing(
    server: NativeServer, phone: NativePhone, signing_key: KnownKey
) -> None:
    secrets = [scalar_bytes(x) for x in (signing_key.phone.share, signing_key.server.share)]
    for name, handle in handles(server, phone, signing_key).items():
        actions: list[Callable[[object], object]] = [pickle.dumps, copy.copy, copy.deepcopy]
        for action in actions:
            with pytest.raises(TypeError):
                action(handle)
        for text in (repr(handle), str(handle), f"{handle}"):
            assert all(secret.hex() not in text for secret in secrets)
            assert len(text) < 100, name
        assert not hasattr(handle, "__dict__"), name


def test_row_90_errors_tell_nothing_about_values(server: NativeServer) -> None:
    with pytest.raises(ProtocolError) as caught:
        server.core.open_request(b"\x5a" * 200)
    assert "5a" not in str(caught.value).lower()


def test_a_micro_batch_gives_exceptions_as_values(
    server: NativeServer, phone: NativePhone, signing_key: KnownKey
) -> None:
    """E2E-2 and HDR-2 for several requests: each item has its own result, in order, and nothing is raised."""
    good = phone.sign(phone.restore(signing_key), [DIGEST]).envelope
    opened = server.core.open_requests([good, b"\x5a" * 200, good, b"", phone.sync().envelope])
    assert [type(item) for item in opened] == [
        _core.Request,
        EnvelopeInvalid,
        _core.Request,
        EnvelopeInvalid,
        _core.Request,
    ]
    assert all("5a" not in str(item).lower() for item in opened if isinstance(item, EnvelopeInvalid))
    requests = [item for item in opened if isinstance(item, _core.Request)]
    stranger = _core.DeviceKey.generate().public_key
    keys = [phone.device_public, stranger, b"\x02" * 5]
    verdicts = server.core.verify_devices(list(zip(requests, keys, strict=True)))
    assert [type(verdict) for verdict in verdicts] == [type(None), DeviceProofInvalid, MalformedPoint]
    assert server.core.open_requests([]) == server.core.verify_devices([]) == []


def test_a_request_answers_once(server: NativeServer, phone: NativePhone) -> None:
    request = server.core.open_request(phone.sync().envelope)
    request.answer(Status.STALE, server_time_ms=NOW_MS)
    with pytest.raises(AlreadyUsed):
        request.answer(Status.STALE, server_time_ms=NOW_MS)


def test_an_evaluation_answers_once_and_ok_only_when_right(
    server: NativeServer, phone: NativePhone, signing_key: KnownKey
) -> None:
    blob, record = phone.restore(signing_key), server.custody.to_native(signing_key.server.encode())
    right = server.core.open_request(phone.sign(blob, [DIGEST]).envelope)
    wrong = server.core.open_request(phone.sign(blob, [DIGEST], "593628").envelope)
    good, bad = server.core.evaluate([(right, record), (wrong, record)])
    assert (good.outcome, bad.outcome) == (Outcome.RIGHT, Outcome.WRONG)
    with pytest.raises(ProtocolError):
        bad.answer(Status.OK, server_time_ms=NOW_MS)
    good.answer(Status.UNAVAILABLE, server_time_ms=NOW_MS)
    with pytest.raises(AlreadyUsed):
        good.answer(Status.OK, server_time_ms=NOW_MS)


def test_a_request_is_evaluated_once(server: NativeServer, phone: NativePhone, signing_key: KnownKey) -> None:
    """TX-7: no second evaluation of one request, whatever Python does."""
    record = server.custody.to_native(signing_key.server.encode())
    request = server.core.open_request(phone.sign(phone.restore(signing_key), [DIGEST]).envelope)
    assert server.core.evaluate([(request, record)])[0].outcome == Outcome.RIGHT
    assert server.core.evaluate([(request, record)])[0].outcome == Outcome.FAULT


def test_row_46_one_faulty_item_does_not_disturb_the_others(
    server: NativeServer, phone: NativePhone, signing_key: KnownKey
) -> None:
    """TX-B3, row 46: a record of another kind is a FAULT of that item only."""
    blob, record = phone.restore(signing_key), server.custody.to_native(signing_key.server.encode())
    requests = [server.core.open_request(phone.sign(blob, [DIGEST]).envelope) for _ in range(5)]
    records = [record, server.core.export(), record, phone.device.export(), record]
    outcomes = [result.outcome for result in server.core.evaluate(list(zip(requests, records, strict=True)))]
    assert outcomes == [Outcome.RIGHT, Outcome.FAULT, Outcome.RIGHT, Outcome.FAULT, Outcome.RIGHT]


def test_row_91_a_wiped_share_is_gone(phone: NativePhone, signing_key: KnownKey) -> None:
    share = phone.restore(signing_key).unlock(PIN)
    share.wipe()
    header = native_header(fields(Op.SIGN) | signing_key.names)
    with pytest.raises(AlreadyUsed):
        _core.PhoneSign.begin(phone.target, phone.device, header, share, [DIGEST], phone.seq())


def test_row_91_a_failed_finish_ends_the_request(
    server: NativeServer, phone: NativePhone, signing_key: KnownKey
) -> None:
    """SIGN-18: after one bad answer even the good one is refused."""
    run = phone.sign(phone.restore(signing_key), [DIGEST])
    good = server.serve(run.envelope, signing_key.server, phone.device_public).answer
    with pytest.raises(BadAnswer):
        run.finish(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(AlreadyUsed):
        run.finish(good)


def test_a_header_is_used_once(phone: NativePhone, signing_key: KnownKey) -> None:
    share = phone.restore(signing_key).unlock(PIN)
    header = native_header(fields(Op.SIGN) | signing_key.names)
    _core.PhoneSign.begin(phone.target, phone.device, header, share, [DIGEST], phone.seq())
    with pytest.raises(AlreadyUsed):
        _core.PhoneSign.begin(phone.target, phone.device, header, share, [DIGEST], phone.seq())


def test_a_blob_is_bound_to_its_key(phone: NativePhone, signing_key: KnownKey) -> None:
    share = phone.restore(signing_key).unlock(PIN)
    for change in ({"key_id": "key-2"}, {"share_id": bytes(16)}, {"pk": SM2.encode(SM2.mul_base(9))}):
        header = native_header(fields(Op.SIGN) | signing_key.names | change)
        with pytest.raises(MalformedMessage):
            _core.PhoneSign.begin(phone.target, phone.device, header, share, [DIGEST], phone.seq())


def test_records_of_one_kind_open_as_no_other(server: NativeServer, phone: NativePhone, signing_key: KnownKey) -> None:
    records = {
        "share": server.custody.to_native(signing_key.server.encode()),
        "core": server.core.export(),
        "envelope": server.envelope_key.export(),
        "device": phone.device.export(),
        "blob": phone.restore(signing_key).export(),
    }
    openers: dict[str, Callable[[_core.SecretRecord], object]] = {
        "core": lambda record: _core.ServerCore.restore("core-1", record),
        "envelope": _core.EnvelopeKey.restore,
        "device": _core.DeviceKey.restore,
        "blob": _core.Blob.restore,
    }
    for kind, opener in openers.items():
        for name, record in records.items():
            if name == kind:
                opener(record)
            else:
                with pytest.raises(SealBroken):
                    opener(record)


def test_restored_handles_are_the_same_keys(server: NativeServer, phone: NativePhone) -> None:
    core = _core.ServerCore.restore(server.core.server_id, server.core.export())
    assert core.identity_public_key == server.core.identity_public_key
    assert core.row_mac([b"row"]) == server.core.row_mac([b"row"])
    assert _core.EnvelopeKey.restore(server.envelope_key.export()).key_id == server.envelope_key.key_id
    assert _core.DeviceKey.restore(phone.device.export()).public_key == phone.device.public_key


def test_row_64_65_a_seal_opens_only_whole_and_under_its_own_context(signing_key: KnownKey) -> None:
    custody = Custody()
    sealed = custody.native.seal(custody.to_native(signing_key.server.encode()), b"context")
    assert ShareRecord.decode(custody.to_bytes(custody.native.open(sealed, b"context"))) == signing_key.server
    damaged = [sealed[:-1], sealed + b"\0", b"", sealed[:12], *(bytes([sealed[0] ^ 1]) + sealed[1:],)]
    for bad in damaged:
        with pytest.raises(SealBroken):
            custody.native.open(bad, b"context")
    for context in (b"", b"contexu", b"context\0"):
        with pytest.raises(SealBroken):
            custody.native.open(sealed, context)
    with pytest.raises(SealBroken):
        Custody().native.open(sealed, b"context")


def test_row_67_a_forked_process_draws_other_nonces(signing_key: KnownKey) -> None:
    """Parent and child sign the same digest with the same local_seq after a fork."""
    clear = ReferenceServer()
    phone = NativePhone(clear.target)
    share = phone.restore(signing_key).unlock(PIN)
    header_fields = fields(Op.SIGN, Purpose.SIGN) | signing_key.names
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the test runner has threads; the child needs none of them
        child = os.fork()
    header = native_header(header_fields)
    run = _core.PhoneSign.begin(phone.target, phone.device, header, share, [DIGEST], 1)
    if child == 0:
        os.write(writer, run.envelope)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        envelopes = [pipe.read(), run.envelope]
    points = set()
    for envelope in envelopes:
        body = clear.core.open(envelope).body
        assert isinstance(body, SignRequest)
        points |= {SM2.encode(body.qa[0]), SM2.encode(body.qb[0])}
    assert len(points) == 4
