"""SEAL-4 to SEAL-6 on a running area: nothing is lost, old versions are gone, an interruption is repeated."""

import pytest

from cosign.errors import SelfTestFailed
from cosign.signing import resealing
from cosign.signing.resealing import Progress
from cosign.signing.usecases.prepare_request import PreparedRequest
from keyshare.sealing import unseal_many
from protocol.codes import Op, Status
from tests.cosign.signing.real import RealWorld

DIGEST = b"d" * 32


async def test_keys_work_across_rotations(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    await real.refresh(phone, key_id)
    await real.confirm(phone, key_id)
    await real.refresh(phone, key_id)

    for version in (2, 3):
        assert real.units.rotate_kek() == 5  # identity, envelope key, CURRENT, RETIRED and PENDING share
        assert list(real.token.info().check_values) == [version]
        assert (await real.sign(phone, key_id, [DIGEST], blob=1))[0].status == Status.OK
    assert (await real.confirm(phone, key_id)).status == Status.OK
    again = await real.restart()
    assert (await again.sign(phone, key_id, [DIGEST]))[0].status == Status.OK
    assert not again.watcher.events
    await again.close()


async def test_a_request_that_was_unsealed_before_is_busy(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [DIGEST])
    request = real.units.core.open_request(run.envelope)
    intake = real.signing.operations._intake
    (prepared,) = intake.preparer.prepare([request], now_ms=real.clock.ms)
    assert isinstance(prepared, PreparedRequest)
    real.units.rotate_kek()

    (released,) = intake.runner.run([prepared.item])

    assert (released.status, released.stale_share) == (Status.BUSY, True)


async def test_a_version_with_an_unfinished_key_generation_stays(real: RealWorld) -> None:
    phone = real.enrol()
    sent: list[bytes] = []
    send = real.send

    async def stop_after_m1(envelope: bytes, op: Op):  # type: ignore[no-untyped-def]
        if sent:
            raise ConnectionError
        sent.append(envelope)
        return await send(envelope, op)

    real.send = stop_after_m1  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await real.keygen(phone)

    real.units.rotate_kek()
    assert sorted(real.token.info().check_values) == [1, 2]
    real.clock.advance(minutes=6)
    real.units.sweep()
    real.units.rotate_kek()
    assert list(real.token.info().check_values) == [3]


async def test_a_record_that_does_not_open_stops_the_rotation(real: RealWorld) -> None:
    phone = real.enrol()
    await real.keygen(phone)
    real.execute("UPDATE share SET sealed = CAST(substr(sealed, 1, 60) AS BLOB)")

    with pytest.raises(SelfTestFailed):
        real.units.rotate_kek()
    assert 1 in real.token.info().check_values


async def test_an_interrupted_rotation_is_finished_by_the_next(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = real.enrol()
    keys = [await real.keygen(phone) for _ in range(3)]
    with monkeypatch.context() as patch:
        patch.setattr(resealing, "BATCH", 1)
        patch.setattr(resealing.Resealing, "_shares", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            real.units.rotate_kek()

    again = await real.restart()
    again.units.rotate_kek()

    assert list(again.token.info().check_values) == [3]
    for key_id in keys:
        assert (await again.sign(phone, key_id, [DIGEST]))[0].status == Status.OK
    await again.close()


def _interrupt(*_: object) -> int:
    raise KeyboardInterrupt


async def test_a_rewrap_says_how_far_it_is_and_goes_on_where_it_stopped(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = real.enrol()
    keys = [await real.keygen(phone) for _ in range(5)]
    monkeypatch.setattr(resealing, "BATCH", 2)
    steps = real.units.resealing()
    assert steps.begin() == 2
    told: list[Progress] = []

    def stop_after_one(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        steps.rewrap(stop_after_one)
    assert [(one.moved, one.left) for one in told] == [(2, 5), (4, 3)]
    assert steps.destroy_unused() == []

    assert (await real.sign(phone, keys[0], [DIGEST]))[0].status == Status.OK
    assert steps.rewrap(lambda _: None) == 3
    assert steps.destroy_unused() == [1]
    for key_id in keys:
        assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.OK


async def test_a_row_that_changes_meanwhile_is_moved_by_the_next_batch(real: RealWorld) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    steps = real.units.resealing()
    steps.begin()
    raced: list[bool] = []

    def racing(*arguments):  # type: ignore[no-untyped-def]
        if not raced:
            real.execute("UPDATE share SET row_ver = row_ver + 1")
            raced.append(True)
        return unseal_many(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resealing, "unseal_many", racing)
        assert steps.rewrap(lambda _: None) == 3
    assert steps.destroy_unused() == [1]
    assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.OK
