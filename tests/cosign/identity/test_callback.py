"""Callbacks of providers: genuine ones count once, all others change nothing (R-IDV-17)."""

import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cosign.api.v1 import identity_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.errors import ConcurrentOperation, ResourceNotFound
from cosign.identity import IdentityUnit, Outcome, apply_outcome
from cosign.identity.adapters import gateway, sandbox
from cosign.identity.adapters.signing import SIGNATURE, TIME, sign
from cosign.identity.faults import CallbackForged
from cosign.identity.model import FailureReason, IdentityState
from cosign.identity.repository import sweep_callbacks
from cosign.identity.usecases.callback import Disposition
from cosign.messages import MessageKind
from cosign.server.callbacks import Callbacks
from cosign.server.identity_wiring import take_callbacks
from cosign.server.logging import make_logger
from tests.cosign.identity.world import DELAY, SECRET, IdentityWorld


def event(ref: str, state: str = "passed", *, name: str = "e1") -> dict[str, str]:
    return {"event_id": name, "ref": ref, "state": state, "reason": "no_face", "evidence": "evidence-1"}


def patiently(call: Callable[[], str]) -> str:
    """Repeats what met a lock for too long, as a provider does that gets 503."""
    while True:
        try:
            return call()
        except ConcurrentOperation:
            continue


async def test_a_callback_decides(world: IdentityWorld) -> None:
    """R-IDV-17: a genuine callback decides the attempt; the evidence's reference stays."""
    phone = await world.account()
    attempt_id = (await world.start(phone)).attempt.attempt_id
    assert world.finish() == [Disposition.APPLIED]
    assert (await world.query(phone, attempt_id)).state == pb.IDENTITY_STATE_VERIFIED
    assert world.look(lambda unit: unit.attempts.get(attempt_id)).evidence == f"sandbox-{attempt_id}"
    assert not [path for path, _ in world.asked if path == "/v1/faces/query"]


async def test_duplicates_and_disorder(world: IdentityWorld) -> None:
    """R-IDV-17: everything told three times, the beginning last: applied once, told to the user once."""
    phone = await world.account()
    await world.start(phone, name="多回调")
    assert world.finish() == [
        Disposition.APPLIED,
        Disposition.DUPLICATE,
        Disposition.DUPLICATE,
        Disposition.PROGRESS,
    ]
    assert world.told(phone.account_id).count(MessageKind.IDENTITY_VERIFIED) == 1


async def test_contradicting_results(world: IdentityWorld) -> None:
    """R-IDV-17: of two results the first one counts, whatever the second one says."""
    phone = await world.account()
    attempt_id = (await world.start(phone)).attempt.attempt_id
    assert world.callback(event(attempt_id, "failed")) is Disposition.APPLIED
    assert world.callback(event(attempt_id, "passed", name="e2")) is Disposition.LATE
    failed = await world.query(phone, attempt_id)
    assert (failed.state, failed.reason) == (pb.IDENTITY_STATE_FAILED, "IDV_NO_FACE")
    assert (AuditEvent.IDENTITY_CALLBACK, "late") in world.events()


async def test_late_callbacks(world: IdentityWorld) -> None:
    """R-IDV-17: after the time-out, or once the user gave up, a pass counts no more."""
    phone = await world.account()
    attempt_id = (await world.start(phone)).attempt.attempt_id
    world.clock.forward(minutes=30)
    assert world.callback(event(attempt_id)) is Disposition.LATE
    ended = world.look(lambda unit: unit.attempts.get(attempt_id))
    assert (ended.state, ended.reason) == (IdentityState.UNVERIFIED, FailureReason.TIMED_OUT)
    assert world.look(lambda unit: unit.people.current(phone.account_id)) is None


async def test_unknown_attempts(world: IdentityWorld) -> None:
    """R-IDV-17: a callback for nothing of ours is noted and ignored; so is one for another provider's."""
    assert world.callback(event("idv_nothing")) is Disposition.UNKNOWN
    assert world.callback(event("idv_nothing")) is Disposition.DUPLICATE
    assert (AuditEvent.IDENTITY_CALLBACK, "unknown") in world.events()
    with pytest.raises(ResourceNotFound):
        world.verification.receive("alipay", {}, b"{}")


async def test_forged_callbacks(world: IdentityWorld) -> None:
    """R-IDV-17: another secret, altered bytes, another time, another path, malformed contents: nothing is stored."""
    phone = await world.account()
    attempt_id = (await world.start(phone)).attempt.attempt_id
    body = json.dumps(event(attempt_id)).encode()

    def signed(path: str = gateway.CALLBACK_PATH, text: bytes = body, key: str = sandbox.KEY) -> dict[str, str]:
        return sign(SECRET, key, "POST", path, text, clock=world.clock)

    good = signed()
    with pytest.raises(CallbackForged):
        world.callback(event(attempt_id), secret="another")
    for headers, text in (
        ({}, body),
        (good, body.replace(b"passed", b"failed")),
        (good | {SIGNATURE: "0" * 64}, body),
        (good | {SIGNATURE: "é"}, body),
        (good | {TIME: str(world.clock.now_ms() + 1)}, body),
        (signed("/identity/other"), body),
        (signed(key="another"), body),
        (signed(text=b"[]"), b"[]"),
        (signed(text=b'{"event_id": "", "ref": "x"}'), b'{"event_id": "", "ref": "x"}'),
        (
            signed(text=b'{"event_id": "1", "ref": "x", "state": "odd"}'),
            b'{"event_id": "1", "ref": "x", "state": "odd"}',
        ),
    ):
        with pytest.raises(CallbackForged):
            world.verification.receive(gateway.NAME, headers, text)
    assert (await world.query(phone, attempt_id)).state == pb.IDENTITY_STATE_PROVIDER_PENDING


async def test_what_a_gateway_is_answered(world: IdentityWorld) -> None:
    """R-IDV-17: 200 for what is genuine, whatever became of it, 401 for a forgery, 404 for a provider that is none."""
    attempt_id = (await world.start(await world.account())).attempt.attempt_id
    callbacks, log = Callbacks(make_logger()), io.StringIO()
    take_callbacks(world.verification, callbacks, world.metrics, make_logger(stream=log))
    body = json.dumps(event(attempt_id)).encode()
    headers = sign(SECRET, sandbox.KEY, "POST", gateway.CALLBACK_PATH, body, clock=world.clock)
    forged = headers | {SIGNATURE: "0" * 64}
    assert callbacks.post(gateway.CALLBACK_PATH, forged, body).status == 401
    assert callbacks.post("/identity/palmist", headers, body).status == 404
    assert [callbacks.post(gateway.CALLBACK_PATH, headers, body).status for _ in range(2)] == [200, 200]
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line.get("state", "forged") for line in lines] == ["forged", "applied", "duplicate"]
    assert {line["provider"] for line in lines} == {gateway.NAME}
    count = world.metrics.registry.get_sample_value
    assert count("cosign_identity_callbacks_total", {"provider": gateway.NAME, "result": "forged"}) == 1


async def test_a_replayed_signature_ends(world: IdentityWorld) -> None:
    """R-IDV-17: a recorded callback is refused after five minutes, and counts once before."""
    phone = await world.account()
    attempt_id = (await world.start(phone)).attempt.attempt_id
    body = json.dumps(event(attempt_id)).encode()
    headers = sign(SECRET, sandbox.KEY, "POST", gateway.CALLBACK_PATH, body, clock=world.clock)
    assert world.verification.receive(gateway.NAME, headers, body) is Disposition.APPLIED
    assert world.verification.receive(gateway.NAME, headers, body) is Disposition.DUPLICATE
    world.clock.forward(minutes=6)
    with pytest.raises(CallbackForged):
        world.verification.receive(gateway.NAME, headers, body)


async def test_time_outs_and_old_callbacks_are_swept(world: IdentityWorld) -> None:
    """R-IDV-15, R-IDV-17: what nobody decided ends by time; callbacks are forgotten after a month."""
    phone = await world.account()
    attempt_id = (await world.start(phone, name="无结果")).attempt.attempt_id
    assert world.verification.sweep() == 0
    world.callback(event(attempt_id, "pending"))
    world.clock.forward(minutes=30)
    assert world.verification.sweep() == 1
    assert world.look(lambda unit: unit.attempts.newest(phone.account_id)).state is IdentityState.UNVERIFIED
    world.clock.forward(days=31)
    with world.engine.begin() as connection:
        sweep_callbacks(connection, world.clock.now())
    with world.engine.connect() as connection:
        assert not connection.exec_driver_sql("SELECT event_id FROM identity_callback").all()


async def test_a_reviewer_s_word_is_not_a_provider_s(world: IdentityWorld) -> None:
    """R-IDV-06, R-IDV-17: a result that comes while a reviewer looks does not decide for him."""
    phone = await world.account()
    attempt_id = (await world.start(phone)).attempt.attempt_id

    def flag(unit: IdentityUnit) -> None:
        attempt = unit.attempts.get(attempt_id)
        assert attempt is not None
        unit.attempts.save(replace(attempt, flagged=True), attempt.state)

    world.act(flag)
    assert world.callback(event(attempt_id)) is Disposition.APPLIED
    assert [one.attempt_id for one in world.reviewed] == [attempt_id]
    assert world.callback(event(attempt_id, name="e2")) is Disposition.LATE
    assert world.look(lambda unit: unit.people.current(phone.account_id)) is None
    good = Outcome(passed=True)
    world.act(lambda unit: apply_outcome(unit, attempt_id, good, clock=world.clock, by_reviewer=True))
    assert world.look(lambda unit: unit.people.current(phone.account_id)) is not None


async def test_everything_at_once(shared_world: IdentityWorld) -> None:
    """R-IDV-17: equal and contradicting callbacks and queries at the same moment decide once (PostgreSQL)."""
    world = shared_world
    phone = await world.account()
    attempt_id = (await world.start(phone)).attempt.attempt_id
    world.clock.forward(seconds=DELAY.total_seconds())
    barrier = threading.Barrier(6)

    def call(number: int) -> str:
        barrier.wait()
        if number < 2:
            query = world.verification.query
            return patiently(lambda: query(account_id=phone.account_id, attempt_id=attempt_id)[0].state.value)
        told = event(attempt_id, "failed" if number == 5 else "passed", name=f"e{number // 2}")
        return patiently(lambda: world.callback(told).value)

    with ThreadPoolExecutor(6) as pool:
        became = list(pool.map(call, range(6)))
    decided = world.look(lambda unit: unit.attempts.get(attempt_id))
    assert decided.state in (IdentityState.VERIFIED, IdentityState.FAILED)
    assert became.count("applied") <= 1
    told = world.told(phone.account_id)
    assert told.count(MessageKind.IDENTITY_VERIFIED) + told.count(MessageKind.IDENTITY_REFUSED) == 1
    person = world.look(lambda unit: unit.people.current(phone.account_id))
    assert (person is not None) == (decided.state is IdentityState.VERIFIED)


async def test_two_accounts_and_one_document(shared_world: IdentityWorld) -> None:
    """R-IDV-01: of two accounts that pass with one document at the same moment one is verified (PostgreSQL)."""
    world = shared_world
    person = world.person()
    phones = [await world.account(), await world.account(f"139{77:08d}")]
    refs = [(await world.start(phone, document_number=person.document_number)).attempt.attempt_id for phone in phones]
    barrier = threading.Barrier(2)

    def call(ref: str) -> IdentityState:
        barrier.wait()
        patiently(lambda: world.callback(event(ref, name=ref)).value)
        return IdentityState(world.look(lambda unit: unit.attempts.get(ref)).state)

    with ThreadPoolExecutor(2) as pool:
        states = sorted(pool.map(call, refs))
    assert states == [IdentityState.FAILED, IdentityState.VERIFIED]
