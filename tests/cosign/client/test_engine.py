"""Persist before send, lost and doubled messages, rotated keys, wrong clocks."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cosign.client.phone import Phone
from cosign.client.phone.errors import NotEnrolled, Rejected, ServerNotTrusted, TooManyHeartbeats, Unreachable
from cosign.client.phone.heartbeat import SILENCE_MS
from cosign.client.phone.record import MAX_OPEN, MAX_SYNCS
from cosign.client.phone.refusals import (
    KeyLocked,
    OutcomeUnknown,
    PinIncorrect,
    QuotaExceeded,
    RequestExpired,
    RequestMalformed,
    ServerBusy,
)
from keyshare.device_row import DeviceState
from keyshare.records import DECRYPTION_QUOTA
from protocol import sm2
from protocol.codes import Purpose, Status, SyncCase
from tests.cosign.client.conftest import PIN, OpenPhone
from tests.cosign.client.fake_server import FakeServer, lose

WRONG = "802417"


def test_a_phone_that_is_not_enrolled_asks_nothing(tmp_path: Path, open_phone: OpenPhone) -> None:
    with open_phone(tmp_path / "home") as phone, pytest.raises(NotEnrolled):
        phone.keygen(Purpose.SIGN, PIN)


def test_id_and_counter_are_on_disk_before_anything_is_sent(
    tmp_path: Path, server: FakeServer, open_phone: OpenPhone
) -> None:
    seen: list[int] = []

    def look(method: str) -> None:
        if method in ("BeginActivation", "ActivateKey"):
            return
        record = json.loads((tmp_path / "home" / "device.json").read_text())["record"]
        assert record["newest"] in record["open_reqs"] + [one["req_id"] for one in record["syncs"]]
        seen.append(record["local_seq"])

    with open_phone(tmp_path / "home") as phone:
        phone.enrol(code="C", display_name="n")
        server.before = look
        key = phone.keygen(Purpose.SIGN, PIN)
        phone.sign(key.key_id, [b"m"], PIN)
        phone.refresh(key.key_id, PIN)
        phone.sync()
    assert seen == list(range(1, len(server.log) + 1))


def test_lost_requests_and_answers_do_no_harm(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    for network in ("before", "after", "after", "after"):
        setattr(server, network, lose("Sign"))
        with pytest.raises(Unreachable):
            phone.sign(key.key_id, [b"m"], PIN)
    assert phone.status().open_requests == 4
    phone.sign(key.key_id, [b"m"], PIN)
    assert phone.status().open_requests == 0
    assert set(server.statuses) == {Status.OK}


def test_a_request_that_the_network_doubles_is_stale_the_second_time(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)

    def double(_method: str) -> None:
        server.deliver(*server.log[-1])

    server.after = double
    phone.sign(key.key_id, [b"m"], PIN)
    server.after = lambda _method: None
    assert server.statuses[-2:] == [Status.OK, Status.STALE]
    phone.sign(key.key_id, [b"m"], PIN)
    for method, envelope in list(server.log):
        if method not in ("BeginKeygen", "FinishKeygen"):
            server.deliver(method, envelope)
            assert server.statuses[-1] is Status.STALE
    phone.sign(key.key_id, [b"m"], PIN)


def test_a_new_attempt_uses_new_nonces(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.before = lose("Sign")
    with pytest.raises(Unreachable):
        phone.sign(key.key_id, [b"m"], PIN)
    first, second = phone.sign(key.key_id, [b"m"], PIN), phone.sign(key.key_id, [b"m"], PIN)
    assert first != second
    assert len({envelope for _, envelope in server.log}) == len(server.log)


def test_64_lost_requests_bring_a_heartbeat_first(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    with phone.unlock(key.key_id, PIN) as unlocked:
        server.before = lose(*["Sign"] * MAX_OPEN)
        for _ in range(MAX_OPEN):
            with pytest.raises(Unreachable):
                phone.sign(key.key_id, [b"m"], unlocked)
        phone.sign(key.key_id, [b"m"], unlocked)
    assert server.methods()[-2:] == ["Sync", "Sign"]


def test_attempts_without_a_server_leave_one_open_request(
    phone: Phone, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)

    def away(*_arguments: object) -> None:
        raise Unreachable("away")

    monkeypatch.setattr(server, "server_info", away)
    monkeypatch.setattr(server, "exchange", away)
    with phone.unlock(key.key_id, PIN) as unlocked:
        for _ in range(100):
            with pytest.raises(Unreachable):
                phone.sign(key.key_id, [b"m"], unlocked)
    assert phone.status().open_requests == 1
    monkeypatch.undo()
    phone.sign(key.key_id, [b"m"], PIN)


def test_heartbeats_are_limited_and_forgotten(phone: Phone, server: FakeServer) -> None:
    phone.keygen(Purpose.SIGN, PIN)
    server.before = lose(*["Sync"] * MAX_SYNCS)
    for _ in range(MAX_SYNCS):
        with pytest.raises(Unreachable):
            phone.sync()
    with pytest.raises(TooManyHeartbeats):
        phone.sync()
    server.clock.ms += 240_000
    assert phone.sync() is SyncCase.A


def test_a_heartbeat_tells_which_answer_was_lost(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.before = lose("Sign")
    with pytest.raises(Unreachable):
        phone.sign(key.key_id, [b"m"], PIN)
    server.after = lose("Sign")
    with pytest.raises(Unreachable):
        phone.sign(key.key_id, [b"m"], PIN)
    assert phone.sync() is SyncCase.B
    assert phone.status().open_requests == 1
    phone.sign(key.key_id, [b"m"], PIN)


def test_after_a_day_of_silence_a_heartbeat_goes_first(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.clock.ms += SILENCE_MS
    phone.sign(key.key_id, [b"m"], PIN)
    assert server.methods()[-2:] == ["Sync", "Sign"]


def test_a_rotated_envelope_key_is_fetched_once(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.rotate_envelope_key()
    phone.sign(key.key_id, [b"m"], PIN)
    assert server.methods()[-2:] == ["Sign", "Sign"]


def test_a_server_that_never_opens_an_envelope_is_asked_twice_only(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.core.remove_envelope_key(server.envelope_key.key_id)
    before = len(server.log)
    with pytest.raises(Rejected, match="ENVELOPE_INVALID"):
        phone.sign(key.key_id, [b"m"], PIN)
    assert len(server.log) == before + 2


def test_another_identity_stops_the_phone(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.identity_override = FakeServer().core.identity_public_key
    server.rotate_envelope_key()
    with pytest.raises(ServerNotTrusted):
        phone.sign(key.key_id, [b"m"], PIN)


@pytest.mark.parametrize("jump_ms", [-3_000_000, 3_000_000])
def test_a_wrong_clock_is_corrected_by_the_refusal(phone: Phone, server: FakeServer, jump_ms: int) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    state = phone._engine.home.state
    assert state.server is not None
    state.server = replace(state.server, clock_offset_ms=jump_ms)
    phone.sign(key.key_id, [b"m"], PIN)
    assert server.statuses[-2:] == [Status.EXPIRED, Status.OK]


def test_a_request_that_stays_too_late_is_reported(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)

    def dawdle(_method: str) -> None:
        server.clock.ms += 121_000

    server.before = dawdle
    with pytest.raises(RequestExpired):
        phone.sign(key.key_id, [b"m"], PIN)
    assert server.row().attempts_left == 9


@pytest.mark.parametrize(("busy", "served"), [(3, True), (4, False)])
def test_a_busy_server_is_asked_again_a_few_times(
    phone: Phone, server: FakeServer, monkeypatch: pytest.MonkeyPatch, busy: int, served: bool
) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    left = [None] * busy

    def lock(_method: str) -> None:
        server.store.fail_at = "lock" if left else None
        del left[:1]

    server.before = lock
    server.report = lambda _fault: None
    monkeypatch.setattr("cosign.client.phone.engine.BUSY_PAUSE_SECONDS", 0)
    if served:
        phone.sign(key.key_id, [b"m"], PIN)
    else:
        with pytest.raises(ServerBusy):
            phone.sign(key.key_id, [b"m"], PIN)
    assert server.row().attempts_left == 9


def test_an_unknown_outcome_is_not_repeated_by_itself(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.report = lambda _fault: None
    for point in ("commit", "after_commit"):
        server.store.fail_at = point
        before = len(server.log)
        with pytest.raises(OutcomeUnknown):
            phone.sign(key.key_id, [b"m"], PIN)
        assert len(server.log) == before + 1
    phone.sign(key.key_id, [b"m"], PIN)


def test_wrong_pins_are_counted_and_lock(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    for left in (8, 7, 6, 5, 4, 3, 2, 1, 0):
        with pytest.raises(PinIncorrect) as refused:
            phone.sign(key.key_id, [b"m"], WRONG)
        assert refused.value.attempts_left == left
        assert bool(refused.value.retry_after_s) == (left in (6, 3))
        if refused.value.retry_after_s:
            with pytest.raises(KeyLocked) as locked:
                phone.sign(key.key_id, [b"m"], PIN)
            assert locked.value.retry_after_s
            server.clock.ms += refused.value.retry_after_s * 1000
    with pytest.raises(KeyLocked):
        phone.sign(key.key_id, [b"m"], PIN)
    assert server.row().state is DeviceState.LOCKED


def test_a_right_pin_resets_the_counter(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    with pytest.raises(PinIncorrect):
        phone.sign(key.key_id, [b"m"], WRONG)
    phone.sign(key.key_id, [b"m"], PIN)
    assert (server.row().attempts_left, server.row().lifetime_left) == (9, 49)


def test_the_decryption_quota_is_reported(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.DECRYPT, PIN)
    server.store.tables.decryptions[key.public_key] = DECRYPTION_QUOTA
    with pytest.raises(QuotaExceeded):
        phone.decrypt(key.key_id, [sm2.encrypt(key.public_key, b"p")], PIN)


def test_what_the_core_cannot_read_is_reported(
    phone: Phone, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cosign.ids.new_id", lambda _prefix, _now: "not-a-key-id")
    with pytest.raises(RequestMalformed) as refused:
        phone.keygen(Purpose.SIGN, PIN)
    assert refused.value.facts() == {"malformed": "KEY_ID_INVALID"}


def test_an_altered_answer_releases_nothing(phone: Phone, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    honest = server.deliver

    def flip(method: str, envelope: bytes) -> bytes:
        answer = bytearray(honest(method, envelope))
        answer[40] ^= 1
        return bytes(answer)

    monkeypatch.setattr(server, "deliver", flip)
    with pytest.raises(ServerNotTrusted):
        phone.sign(key.key_id, [b"m"], PIN)
    monkeypatch.undo()
    phone.sign(key.key_id, [b"m"], PIN)
