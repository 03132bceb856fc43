"""The hot path with the native core: one envelope in, one answer out."""

import asyncio
import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from cosign.audit.model import AuditEvent
from cosign.errors import ShuttingDown
from cosign.signing.batcher import Stopped
from cosign.signing.model import FrozenBy
from cosign.signing.usecases.change_key_state import freeze_key, revoke_key, unfreeze_key
from cosign.store.unit_of_work import writing
from keyshare.batch_items import EventKind
from protocol import sm2
from protocol.codes import Op, Purpose, Status
from protocol.errors import EnvelopeInvalid, PurposeMismatch
from protocol.phone import DeviceKey
from tests.cosign.signing.real import PIN, WRONG_PIN, RealPhone, RealWorld


def digest() -> bytes:
    return secrets.token_bytes(32)


async def test_a_signature_verifies(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    e = [digest() for _ in range(3)]

    answer, signatures = await real.sign(phone, key_id, e)

    assert (answer.status, answer.ctr) == (Status.OK, 2)
    for one, signature in zip(e, signatures, strict=True):
        sm2.verify(phone.blobs[key_id][0].pk, one, signature)


async def test_a_decryption_opens(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone, purpose=Purpose.DECRYPT)
    ciphertexts = [sm2.encrypt(phone.blobs[key_id][0].pk, text) for text in (b"one", b"two")]

    answer, plaintexts = await real.decrypt(phone, key_id, ciphertexts)

    assert (answer.status, plaintexts) == (Status.OK, [b"one", b"two"])
    assert real.scalar("SELECT decryptions FROM public_key_usage") == 3


async def test_wrong_pins_are_counted_and_delayed(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)

    answers = [(await real.sign(phone, key_id, [digest()], pin=WRONG_PIN))[0] for _ in range(3)]
    locked, _ = await real.sign(phone, key_id, [digest()])

    assert [(one.status, one.attempts_left) for one in answers] == [(1, 8), (1, 7), (1, 6)]
    assert answers[-1].retry_after_s == 900
    assert (locked.status, locked.attempts_left) == (Status.LOCKED, 6)
    real.clock.advance(minutes=15)
    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.OK


async def test_29_a_repeat_is_stale(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [digest()])
    first, second = await asyncio.gather(real.send(run.envelope, Op.SIGN), real.send(run.envelope, Op.SIGN))

    assert [first.status, second.status] == [Status.OK, Status.STALE]


async def test_the_pin_changes(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)

    assert (await real.refresh(phone, key_id, new_pin="847362")).status == Status.OK
    assert (await real.sign(phone, key_id, [digest()], blob=0))[0].status == Status.OK
    confirmed = await real.confirm(phone, key_id, pin="847362")

    assert (confirmed.status, confirmed.durable) == (Status.OK, True)
    assert (await real.sign(phone, key_id, [digest()], blob=0))[0].status == Status.UNKNOWN_SHARE
    assert (await real.sign(phone, key_id, [digest()], pin=PIN))[0].status == Status.PIN_WRONG
    assert (await real.sign(phone, key_id, [digest()], pin="847362"))[0].status == Status.OK


async def test_37_a_copied_phone_is_frozen(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    record = replace(phone.record, open_reqs=[], syncs=[])
    copy = RealPhone(phone.device_id, phone.user_id, phone.device_key, record, phone.blobs)
    await real.sign(phone, key_id, [digest()])

    answer, _ = await real.sign(copy, key_id, [digest()])

    assert answer.status == Status.FROZEN
    assert [event.kind for event in real.watcher.events] == [EventKind.CLONE_DETECTED]
    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.FROZEN


async def test_lost_answers_and_sync(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [digest()])
    await real.send(run.envelope, Op.SIGN)

    assert (await real.sync(phone, key_id))[1] == "B"
    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.OK
    assert (await real.sync(phone, key_id))[1] == "A"


async def test_38_two_keys_used_at_once_are_serialised(real: RealWorld) -> None:
    phone = real.enrol()
    keys = [await real.keygen(phone) for _ in range(2)]
    before = real.scalar("SELECT ctr FROM dev_state")
    sent = [real.begin_sign(phone, key_id, [digest()])[0] for key_id in keys]

    handled = await asyncio.gather(*(real.send(run.envelope, Op.SIGN) for run in sent))

    assert [(one.status, one.clone_case) for one in handled] == [(Status.OK, "A"), (Status.OK, "B")]
    assert [run.finish(one.answer)[0].status for run, one in zip(sent, handled, strict=True)] == [Status.OK] * 2
    assert real.scalar("SELECT ctr FROM dev_state") == before + 2  # type: ignore[operator]


async def test_a_new_key_may_only_be_activated(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone, activate=False)

    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.POLICY
    assert (await real.refresh(phone, key_id)).status == Status.POLICY
    await real.activate(phone, key_id)
    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.OK


async def test_15_m3_twice(real: RealWorld) -> None:
    phone = real.enrol()
    sent: list[bytes] = []
    send = real.send

    async def keep(envelope: bytes, op: Op):  # type: ignore[no-untyped-def]
        sent.append(envelope)
        return await send(envelope, op)

    real.send = keep  # type: ignore[method-assign]
    await real.keygen(phone, activate=False)

    assert (await send(sent[0], Op.KEYGEN)).status is Status.STALE
    assert (await send(sent[1], Op.KEYGEN)).status is Status.STALE
    assert real.scalar("SELECT count(*) FROM joint_key") == 1


async def test_52_a_stranger_without_the_device_key(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    before = real.scalar("SELECT row_ver FROM dev_state")
    thief = RealPhone(phone.device_id, phone.user_id, DeviceKey.generate(), phone.record, phone.blobs)

    for pin in (PIN, WRONG_PIN):
        assert (await real.sign(thief, key_id, [digest()], pin=pin))[0].status == Status.DEVICE_PROOF
    assert real.scalar("SELECT row_ver FROM dev_state") == before


async def test_an_unknown_or_unbound_device(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    del real.directory.keys[phone.device_id]

    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.DEVICE_PROOF


async def test_57_a_request_in_a_new_envelope(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    first, _ = real.begin_sign(phone, key_id, [digest()])
    second, _ = real.begin_sign(phone, key_id, [digest()])
    mixed = second.envelope[:11] + first.envelope[11:44] + second.envelope[44:]

    with pytest.raises(EnvelopeInvalid):
        await real.send(mixed, Op.SIGN)


async def test_68_the_phone_itself_refuses_another_purpose(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone, purpose=Purpose.DECRYPT)

    with pytest.raises(PurposeMismatch):
        await real.sign(phone, key_id, [digest()])


async def test_another_operation_in_the_envelope_is_malformed(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [digest()])

    assert (await real.send(run.envelope, Op.DECRYPT)).status is Status.MALFORMED


async def test_34_expired_requests_cost_nothing(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [digest()], pin=WRONG_PIN)
    real.clock.advance(s=121)

    assert (await real.send(run.envelope, Op.SIGN)).status is Status.EXPIRED
    assert real.scalar("SELECT attempts_left FROM dev_state") == 9


async def test_freeze_unfreeze_revoke_act_at_once(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    options = {"key_id": key_id, "user_id": "usr_1", "now_ms": real.clock.ms}

    with writing(real.engine) as connection:
        freeze_key(real.units.unit(connection), by=FrozenBy.USER, **options)  # type: ignore[arg-type]
    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.FROZEN
    with writing(real.engine) as connection:
        unfreeze_key(real.units.unit(connection), by=FrozenBy.USER, **options)  # type: ignore[arg-type]
    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.OK
    with writing(real.engine) as connection:
        revoke_key(real.units.unit(connection), **options)  # type: ignore[arg-type]
    assert (await real.sign(phone, key_id, [digest()]))[0].status == Status.UNKNOWN_SHARE
    assert real.scalar("SELECT length(sealed) FROM share") == 0


async def test_64_a_swapped_record_raises_an_alarm(real: RealWorld) -> None:
    phones = [real.enrol(), real.enrol()]
    keys = [await real.keygen(phone) for phone in phones]
    first, second = (phone.blobs[key][0].share_id for phone, key in zip(phones, keys, strict=True))
    real.execute(
        f"UPDATE share SET sealed = (SELECT sealed FROM share WHERE share_id = x'{second.hex()}') "
        f"WHERE share_id = x'{first.hex()}'"
    )
    again = await real.restart()

    answer, _ = await again.sign(phones[0], keys[0], [digest()])

    assert answer.status == Status.UNAVAILABLE
    assert [event.kind for event in again.watcher.events] == [EventKind.RECORD_REFUSED]
    assert (await again.sign(phones[1], keys[1], [digest()]))[0].status == Status.OK
    await again.close()


async def test_many_phones_at_once(real: RealWorld) -> None:
    phones = [real.enrol() for _ in range(6)]
    keys = [await real.keygen(phone) for phone in phones]

    for _ in range(3):
        answers = await asyncio.gather(
            *(real.sign(phone, key, [digest()]) for phone, key in zip(phones, keys, strict=True))
        )
        assert [answer.status for answer, _ in answers] == [Status.OK] * 6


async def test_everything_survives_a_restart(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)

    again = await real.restart()

    assert (await again.sign(phone, key_id, [digest()]))[0].status == Status.OK
    await again.close()


async def test_drain_refuses_new_requests(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [digest()])
    await real.signing.operations.drain()

    with pytest.raises(ShuttingDown):
        await real.send(run.envelope, Op.SIGN)


async def test_garbage_is_no_envelope(real: RealWorld) -> None:
    for garbage in (b"", b"x" * 100, bytes(500)):
        with pytest.raises(EnvelopeInvalid):
            await real.send(garbage, Op.SIGN)


async def test_restore_needs_adoption_and_freezes_outdated_keys(real: RealWorld) -> None:
    """Rows 36 and 62: an old copy of the database comes back after a promotion."""
    phone = real.enrol()
    kept, promoted = await real.keygen(phone), await real.keygen(phone)
    again = await real.restart()
    backup = (again.folder / "cosign.db").read_bytes()
    assert (await again.refresh(phone, promoted)).status == Status.OK
    assert (await again.confirm(phone, promoted)).status == Status.OK
    await again.close()
    for name in ("cosign.db-wal", "cosign.db-shm"):
        (again.folder / name).unlink(missing_ok=True)
    (again.folder / "cosign.db").write_bytes(backup)

    restored = RealWorld(again.folder, again)
    report = restored.units.restored()

    assert (report.restore_epoch, report.frozen) == (1, (promoted,))
    assert (await restored.sign(phone, kept, [digest()]))[0].status == Status.RESYNC
    assert (await restored.adopt(phone, kept)).status == Status.OK
    assert (await restored.sign(phone, kept, [digest()]))[0].status == Status.OK
    for blob in (0, 1):
        answer, _ = await restored.sign(phone, promoted, [digest()], blob=blob)
        assert answer.status in (Status.FROZEN, Status.UNKNOWN_SHARE)
    await restored.close()


async def test_the_audit_row_is_written_with_the_act(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    await real.sign(phone, key_id, [digest()], pin=WRONG_PIN)

    row = real.scalar(
        f"SELECT count(*) FROM audit_row WHERE event = '{AuditEvent.KEY_OPERATION}' AND outcome = 'wrong' "
        "AND length(sig_dev) = 64 AND length(audit_hash) = 0"
    )
    assert row == 1


async def test_clock_runs_ahead_of_the_server(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    real.clock.advance(s=121)
    run, _ = real.begin_sign(phone, key_id, [digest()])
    real.clock.advance(s=-121.5)

    assert (await real.send(run.envelope, Op.SIGN)).status is Status.EXPIRED


async def test_another_users_name_is_refused(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    other = replace(phone, user_id="usr_2")

    assert (await real.sign(other, key_id, [digest()]))[0].status == Status.POLICY


async def test_a_batch_thread_that_has_ended_fails_the_health_check(tmp_path: Path) -> None:
    world = RealWorld(tmp_path)
    world.signing.operations.check()
    await world.close()

    with pytest.raises(Stopped):
        world.signing.operations.check()
