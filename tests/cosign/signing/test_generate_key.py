"""KEYGEN with the native core: an M3 that has not proved its device costs this node nothing but the look."""

import pytest

from cosign.signing.intake import Intake
from protocol.codes import Op, Status
from protocol.phone import DeviceKey
from tests.cosign.signing.real import RealWorld


def refuse_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on whatever needs a transaction is UNAVAILABLE."""

    def run(_intake: Intake, _batch: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Intake, "run", run)


async def test_15_m3_without_a_pending_record_gets_no_transaction(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await real.begin_keygen(real.enrol())
    real.execute("DELETE FROM keygen_pending")
    admitted = list(real.admitted)
    refuse_batches(monkeypatch)

    handled = await real.send(run.envelope, Op.KEYGEN)

    assert handled.status is Status.MALFORMED
    assert real.admitted == admitted
    assert real.scalar("SELECT count(*) FROM seen_request") == 1


async def test_15_m3_after_its_time(real: RealWorld) -> None:
    run = await real.begin_keygen(real.enrol())
    real.execute("UPDATE keygen_pending SET expires_ms = 1")

    assert (await real.send(run.envelope, Op.KEYGEN)).status is Status.MALFORMED
    real.clock.advance(s=121)
    assert (await real.send(run.envelope, Op.KEYGEN)).status is Status.EXPIRED


async def test_a_finished_m3_is_stale_without_a_transaction(real: RealWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await real.begin_keygen(real.enrol())
    assert (await real.send(run.envelope, Op.KEYGEN)).status is Status.OK
    refuse_batches(monkeypatch)

    assert (await real.send(run.envelope, Op.KEYGEN)).status is Status.STALE


async def test_m3_is_charged_to_its_device_once_it_is_proved(real: RealWorld) -> None:
    phone = real.enrol()
    run = await real.begin_keygen(phone)
    assert real.admitted == [phone.device_id]

    real.directory.keys[phone.device_id] = DeviceKey.generate().public_key
    assert (await real.send(run.envelope, Op.KEYGEN)).status is Status.DEVICE_PROOF
    assert real.admitted == [phone.device_id]

    real.directory.keys[phone.device_id] = phone.device_key.public_key
    assert (await real.send(run.envelope, Op.KEYGEN)).status is Status.OK
    assert real.admitted == [phone.device_id] * 2
