"""Row 43 for what is not a micro-batch: kill -9 at every moment of key generation, activation, revocation, CONFIRM
and enrolment. Afterwards everything was done or nothing, and the head log never contradicts the database (RS-3)."""

import datetime as dt
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from cosign.clock import from_ms
from cosign.devices.model import DeviceProof
from cosign.devices.repository import SqlDeviceUnit
from cosign.signing.usecases.activate_key import activation_digest
from cosign.store.unit_of_work import reading, writing
from keyshare.heads import compare
from protocol.codes import Op, Status
from protocol.phone import PhoneConfirm
from tests.cosign.signing.act_child import CODE, Act, act_and_die
from tests.cosign.signing.real import PIN, RealPhone, RealWorld

SIGKILLED = -9
MOST_MOMENTS = 80

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.cosign.signing.act_child"])

Check = Callable[[RealWorld], bool]
"""Looks at the world after the kill; returns whether the act was done."""


@pytest.fixture
async def world(tmp_path: Path) -> RealWorld:
    folder = tmp_path / "made"
    folder.mkdir()
    return RealWorld(folder)


async def kill_everywhere(world: RealWorld, act: Act, check: Check, tmp_path: Path) -> None:
    """Runs the act once per moment, each time on a copy of the world, until it ends by itself."""
    await world.close()
    done_before = False
    for moment in range(MOST_MOMENTS):
        folder = tmp_path / f"at-{moment}"
        shutil.copytree(world.folder, folder)
        child = context.Process(target=act_and_die, args=(folder, act, moment))
        child.start()
        child.join(60)
        again = RealWorld(folder, world)
        again.units.settle_heads()
        done = check(again)
        assert_heads_fit(again)
        await again.close()
        shutil.rmtree(folder)
        assert done or not done_before, "a later kill did less"
        done_before = done
        if child.exitcode == 0:
            assert done
            assert moment > 4
            return
        assert child.exitcode == SIGKILLED
    pytest.fail("the act has more moments than expected")


def assert_heads_fit(world: RealWorld) -> None:
    """A restore at this moment would freeze nobody, and nothing stays announced for a share that is there."""
    with reading(world.engine) as connection:
        current = {(key, device): share for key, device, share in world.units.unit(connection).current_shares()}
    verdicts = compare(current, world.units.heads.heads())
    revoked = {place for place, verdict in verdicts.items() if verdict.value == "revoked"}
    assert set(verdicts) == revoked
    assert set(world.units.heads.unsettled()) & set(current) == set()


def count(world: RealWorld, query: str) -> int:
    with reading(world.engine) as connection:
        return int(connection.execute(text(query)).scalar_one())


def act_of(world: RealWorld, kind: str, phone: RealPhone | None = None, **fields: object) -> Act:
    device_id = phone.device_id if phone else ""
    return Act(kind, world.clock.ms, dict(world.directory.keys), device_id=device_id, **fields)  # type: ignore[arg-type]


async def test_43_key_generation(world: RealWorld, tmp_path: Path) -> None:
    run = await world.begin_keygen(world.enrol())

    def check(again: RealWorld) -> bool:
        keys, shares = (count(again, f"SELECT count(*) FROM {table}") for table in ("joint_key", "share"))
        pending = count(again, "SELECT count(*) FROM keygen_pending")
        audited = count(again, "SELECT count(*) FROM audit_row WHERE event = 'key_generated'")
        assert (keys, shares, audited, pending) in {(1, 1, 1, 0), (0, 0, 0, 1)}
        return keys == 1

    await kill_everywhere(world, act_of(world, "send", envelope=run.envelope, op=Op.KEYGEN), check, tmp_path)


async def test_43_activation(world: RealWorld, tmp_path: Path) -> None:
    phone = world.enrol()
    key_id = await world.keygen(phone, activate=False)
    _, (signature,) = await world.sign(phone, key_id, [activation_digest(key_id, phone.blobs[key_id][-1].pk)])

    def check(again: RealWorld) -> bool:
        active = count(again, "SELECT count(*) FROM joint_key WHERE state = 'active'")
        assert count(again, "SELECT count(*) FROM audit_row WHERE event = 'key_activated'") == active
        return active == 1

    await kill_everywhere(world, act_of(world, "activate", phone, key_id=key_id, signature=signature), check, tmp_path)


async def test_43_revocation(world: RealWorld, tmp_path: Path) -> None:
    """The log may say ended before the database does; a reconciliation then ends the key."""
    phone = world.enrol()
    key_id = await world.keygen(phone)

    def check(again: RealWorld) -> bool:
        revoked = count(again, "SELECT count(*) FROM joint_key WHERE state = 'revoked'")
        assert count(again, "SELECT count(*) FROM share WHERE length(sealed) = 0") == revoked
        ended = again.units.heads.heads()[key_id, phone.device_id].ended
        assert ended or not revoked
        assert len(again.units.reconcile(repairing=True)) == (1 if ended and not revoked else 0)
        assert again.units.reconcile(repairing=False) == []
        return revoked == 1

    await kill_everywhere(world, act_of(world, "revoke", key_id=key_id), check, tmp_path)


async def test_59_confirm_and_its_head(world: RealWorld, tmp_path: Path) -> None:
    phone = world.enrol()
    key_id = await world.keygen(phone)
    assert (await world.refresh(phone, key_id)).status == Status.OK
    blob = phone.blobs[key_id][-1]
    header, seq = world.header(phone, Op.CONFIRM, key_id, blob=blob)
    run = PhoneConfirm.begin(world.target, phone.device_key, header, blob.unlock(PIN), seq)

    def check(again: RealWorld) -> bool:
        retired = count(again, "SELECT count(*) FROM share WHERE state = 'retired'")
        assert count(again, "SELECT count(*) FROM share WHERE state = 'current'") == 1
        assert count(again, "SELECT share_epoch FROM joint_key") == retired
        return retired == 1

    await kill_everywhere(world, act_of(world, "send", envelope=run.envelope, op=Op.CONFIRM), check, tmp_path)


async def test_43_enrolment(world: RealWorld, tmp_path: Path) -> None:
    with writing(world.engine) as connection:
        devices = SqlDeviceUnit(connection, signing=world.units, trail=world.units.audit)
        soon = from_ms(world.clock.ms) + dt.timedelta(hours=1)
        devices.add_code(code_hash=CODE, user_id="usr_1", expires_at=soon)
    proof = DeviceProof("EnrolDevice", bytes(32), from_ms(world.clock.ms), bytes(16), bytes(64))

    def check(again: RealWorld) -> bool:
        queries = (
            "SELECT count(*) FROM device",
            "SELECT count(*) FROM dev_state",
            "SELECT count(*) FROM enrolment_code WHERE used_at IS NOT NULL",
            "SELECT count(*) FROM proof_nonce",
            "SELECT count(*) FROM audit_row WHERE event = 'device_enrolled'",
        )
        counts = {count(again, query) for query in queries}
        assert len(counts) == 1
        return counts == {1}

    await kill_everywhere(world, act_of(world, "enrol", proof=proof), check, tmp_path)
