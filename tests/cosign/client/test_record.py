"""The phone side of section 5.5, without a server."""

import secrets

import pytest

from cosign.client.phone.errors import TooManyHeartbeats
from cosign.client.phone.record import MAX_OPEN, MAX_SYNCS, SYNC_LIFE_MS, ZERO16, DeviceRecord
from protocol.codes import Op, SyncCase


def send(record: DeviceRecord, op: Op = Op.SIGN, now_ms: int = 0) -> bytes:
    record.next_fields(op, now_ms)
    req_id = secrets.token_bytes(16)
    record.enter(req_id, op, now_ms)
    return req_id


def test_every_request_raises_local_seq_and_lists_what_is_open() -> None:
    record = DeviceRecord()
    first = send(record)
    fields = record.next_fields(Op.SIGN, 0)
    assert (fields.local_seq, fields.open_reqs) == (2, (first,))


def test_a_new_token_empties_the_list() -> None:
    record = DeviceRecord()
    send(record, Op.SYNC)
    req_id = send(record)
    record.accepted(req_id, tau=b"t" * 16, ctr=7)
    assert (record.tau, record.ctr, record.open_reqs, record.syncs) == (b"t" * 16, 7, [], [])


def test_an_ok_answer_without_token_keeps_the_list() -> None:
    record = DeviceRecord()
    req_id = send(record, Op.KEYGEN)
    record.accepted(req_id, tau=ZERO16, ctr=0)
    assert record.open_reqs == [req_id]


def test_an_answer_to_an_older_request_is_ignored() -> None:
    record = DeviceRecord()
    old = send(record)
    new = send(record)
    record.accepted(old, tau=b"t" * 16, ctr=7)
    record.pin_wrong(old)
    record.synced(old, SyncCase.A, ZERO16)
    assert (record.tau, record.open_reqs) == (ZERO16, [old, new])


def test_a_wrong_pin_removes_its_own_entry_only() -> None:
    record = DeviceRecord()
    lost = send(record)
    record.pin_wrong(send(record))
    assert record.open_reqs == [lost]


@pytest.mark.parametrize(("case", "left"), [(SyncCase.A, 0), (SyncCase.B, 1)])
def test_sync_settles_the_list(case: SyncCase, left: int) -> None:
    record = DeviceRecord()
    send(record)
    lost = send(record)
    record.synced(send(record, Op.SYNC), case, lost)
    assert record.open_reqs == [lost][:left]


def test_with_64_open_requests_only_sync_is_allowed() -> None:
    record = DeviceRecord()
    for _ in range(MAX_OPEN):
        send(record)
    assert record.is_full
    with pytest.raises(TooManyHeartbeats):
        send(record)
    send(record, Op.SYNC)


def test_sync_ids_are_forgotten_after_240_seconds() -> None:
    record = DeviceRecord()
    for _ in range(MAX_SYNCS):
        send(record, Op.SYNC)
    with pytest.raises(TooManyHeartbeats):
        send(record, Op.SYNC, SYNC_LIFE_MS - 1)
    send(record, Op.SYNC, SYNC_LIFE_MS)
    assert len(record.syncs) == 1


def test_a_header_never_carries_more_than_72_ids() -> None:
    record = DeviceRecord()
    for _ in range(MAX_OPEN):
        send(record)
    for _ in range(MAX_SYNCS - 1):
        send(record, Op.SYNC)
    assert len(record.next_fields(Op.SYNC, 0).open_reqs) == 71
