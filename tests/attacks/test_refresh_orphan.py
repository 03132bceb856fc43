"""Attack and model: a refresh keyed by a number bricks the key; share_id and CONFIRM do not (RF-1 to RF-8, rows 58-61).

The weakened form finds shares by an epoch number: two refreshes with one lost answer charge the right PIN. The real
transactions, driven through every pattern of lost messages of two refreshes, never charge a right PIN and always leave
a usable blob.
"""

import itertools
from dataclasses import replace
from typing import NamedTuple

import pytest

from protocol.codes import Op, Outcome, Status
from protocol.reference import phone as reference
from protocol.reference.header import Header
from protocol.reference.records import ShareRecord
from tests.attacks.model_phone import TokenState
from tests.attacks.service import ATTEMPTS, Service
from tests.protocol.sides import NativeServer, encode_pk, new_reference_phone
from tests.protocol.world import DEVICE_ID, KnownKey, fields, reference_header

DIGEST = bytes(31) + b"\5"


def test_the_attack_on_numbered_epochs_charges_the_right_pin(signing_key: KnownKey) -> None:
    """Refresh 1 stored by the phone but not confirmed; refresh 2 from the old blob, answer lost. Both are epoch 1."""
    server = NativeServer()
    phone = new_reference_phone(server.target)
    (blob, own_row), (_, row) = (refresh_once(server, phone, signing_key) for _ in range(2))
    for used, expected in ((own_row, Outcome.RIGHT), (row, Outcome.WRONG)):
        header = reference_header(fields(Op.CONFIRM) | signing_key.names | {"share_id": blob.share_id})
        run = reference.Confirm(phone, header, blob)
        assert server.serve(run.envelope, used, phone.device_public).outcome is expected


def refresh_once(server: NativeServer, phone: reference.Phone, key: KnownKey) -> tuple[reference.Key, ShareRecord]:
    """Blob of the phone and row of the server after one unconfirmed refresh."""
    run = reference.Refresh(phone, reference_header(fields(Op.REFRESH) | key.names), key.phone)
    served = server.serve(run.envelope, key.server, phone.device_public)
    blob = run.finish(served.answer)[1]
    assert blob is not None
    assert served.pending is not None
    return blob, served.pending


class Result(NamedTuple):
    """What the phone learnt from one request."""

    status: Status
    key: reference.Key | None


class HonestPhone:
    """One device record with its blobs, newest last; messages may be lost on the way."""

    def __init__(self, service: Service, key: KnownKey) -> None:
        self.core = new_reference_phone(service.server.target)
        self.service, self.key_id, self.blobs = service, key.key_id, [key.phone]
        self.state = TokenState(service.enrol(DEVICE_ID, self.core.device_public))
        service.add_key(key, DEVICE_ID)

    def send(
        self, op: Op, blob: reference.Key, *, lose_request: bool = False, lose_answer: bool = False
    ) -> Result | None:
        """What came back, or None when something got lost."""
        self.service.clock.ms += 1000
        names = {"key_id": self.key_id, "share_id": blob.share_id, "pk": encode_pk(blob)}
        state = {"tau": self.state.tau, "open_reqs": self.state.live(self.service.clock.ms), "ctr": 0}
        given = fields(op, issued_at_ms=self.service.clock.ms, restore_epoch=0) | names | state
        run = self._run(op, reference_header(given), blob)
        self.state.sent(run.req_id)
        if lose_request:
            return None
        answer = self.service.submit(run.envelope).answer
        if lose_answer:
            return None
        frame, _ = run.open(answer)
        if frame.status == Status.OK:
            self.state.got_right(run.req_id, frame.tau)
        refreshed = run.finish(answer)[1] if isinstance(run, reference.Refresh) else None
        return Result(Status(frame.status), refreshed)

    def _run(self, op: Op, header: Header, blob: reference.Key) -> reference.Exchange:
        if op is Op.SIGN:
            return reference.Sign(self.core, header, blob, [DIGEST])
        return (reference.Refresh if op is Op.REFRESH else reference.Confirm)(self.core, header, blob)

    def usable(self) -> reference.Key | None:
        """The newest blob that signs. UNKNOWN_SHARE sends the phone to the one before, PIN_WRONG never happens."""
        for blob in reversed(self.blobs):
            result = self.send(Op.SIGN, blob)
            assert result is not None
            if result.status is Status.OK:
                return blob
            assert result.status is Status.UNKNOWN_SHARE
        return None

    def change_pin(self, *, lose_refresh: bool, lose_confirm: bool, lose_confirmed: bool) -> None:
        base = self.usable()
        assert base is not None
        result = self.send(Op.REFRESH, base, lose_answer=lose_refresh)
        if result is None or result.key is None:
            return
        self.blobs.append(result.key)
        confirmed = self.send(Op.CONFIRM, result.key, lose_request=lose_confirm, lose_answer=lose_confirmed)
        if confirmed is not None and confirmed.status is Status.OK:
            self.blobs = [result.key]

    def refreshed(self, blob: reference.Key) -> reference.Key:
        """A pending share."""
        result = self.send(Op.REFRESH, blob)
        assert result is not None
        assert result.key is not None
        return result.key

    def status(self, op: Op, blob: reference.Key) -> Status:
        result = self.send(op, blob)
        assert result is not None
        return result.status


@pytest.mark.parametrize("first", list(itertools.product((False, True), repeat=3)), ids=str)
def test_row_59_no_loss_pattern_bricks_the_key_or_charges_a_right_pin(
    service: Service, signing_key: KnownKey, first: tuple[bool, bool, bool]
) -> None:
    for number, second in enumerate(itertools.product((False, True), repeat=3)):
        fresh = replace(
            signing_key, phone=replace(signing_key.phone, share_id=bytes([number]) * 16), key_id=f"key-{number}"
        )
        phone = HonestPhone(service, fresh)
        for pattern in (first, second):
            phone.change_pin(lose_refresh=pattern[0], lose_confirm=pattern[1], lose_confirmed=pattern[2])
        assert phone.usable() is not None
        row = service.row(DEVICE_ID)
        assert (row.attempts_left, row.lifetime_left) == (ATTEMPTS, 50)


def test_row_58_of_two_refreshes_the_unconfirmed_one_is_unknown(service: Service, signing_key: KnownKey) -> None:
    phone = HonestPhone(service, signing_key)
    orphan, newest = (phone.refreshed(signing_key.phone) for _ in range(2))
    assert phone.status(Op.CONFIRM, orphan) is Status.UNKNOWN_SHARE
    assert phone.status(Op.CONFIRM, newest) is Status.OK
    assert service.row(DEVICE_ID).attempts_left == ATTEMPTS


def test_row_61_a_pending_share_serves_confirm_only_and_within_its_time(
    service: Service, signing_key: KnownKey
) -> None:
    phone = HonestPhone(service, signing_key)
    pending = phone.refreshed(signing_key.phone)
    assert phone.status(Op.SIGN, pending) is Status.UNKNOWN_SHARE
    assert phone.status(Op.REFRESH, pending) is Status.UNKNOWN_SHARE
    service.clock.ms += 25 * 3_600_000
    assert phone.status(Op.CONFIRM, pending) is Status.UNKNOWN_SHARE
    assert phone.usable() == signing_key.phone
