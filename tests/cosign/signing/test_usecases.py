"""Life of keys and devices outside of key operations, on SQLite with the native core."""

from typing import Any

import pytest

from cosign.errors import (
    ActivationInvalid,
    ConcurrentOperation,
    KeyStateRefused,
    NotAuthorised,
    ResourceNotFound,
)
from cosign.signing.key_unit import SqlKeyUnit
from cosign.signing.model import FrozenBy, Key, KeyFilter, KeyState, Purpose
from cosign.signing.usecases.activate_key import activate_key, activation_digest, begin_activation
from cosign.signing.usecases.change_key_state import freeze_key, revoke_key, unfreeze_key
from cosign.signing.usecases.devices import device_standings, open_device, reidentify_device
from cosign.signing.usecases.find_key import get_key, list_keys
from cosign.store.unit_of_work import writing
from keyshare.device_row import DeviceState
from protocol import sm2
from protocol.codes import Op, Status
from tests.cosign.signing.real import WRONG_PIN, RealPhone, RealWorld

NOW = 1_800_000_000_000
DIGEST = b"d" * 32


@pytest.fixture
def phone(real: RealWorld) -> RealPhone:
    return real.enrol()


class Act:
    """Runs one use case in a transaction of its own."""

    def __init__(self, world: RealWorld) -> None:
        self._world = world

    def __enter__(self) -> SqlKeyUnit:
        self._transaction = writing(self._world.engine)
        return self._world.units.unit(self._transaction.__enter__())

    def __exit__(self, *details: object) -> None:
        self._transaction.__exit__(*details)  # type: ignore[arg-type]


async def test_keys_are_found_by_their_user_only(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)

    with Act(real) as unit:
        assert get_key(unit, key_id=key_id, user_id="usr_1").purpose is Purpose.SIGN
        assert get_key(unit, key_id=key_id, user_id=None).state is KeyState.ACTIVE
        for wrong in ({"key_id": key_id, "user_id": "usr_2"}, {"key_id": "key_x", "user_id": "usr_1"}):
            with pytest.raises(ResourceNotFound):
                get_key(unit, **wrong)


async def test_keys_are_listed_newest_first_in_pages(real: RealWorld, phone: RealPhone) -> None:
    made = []
    for purpose in (Purpose.SIGN, Purpose.DECRYPT, Purpose.LOGIN, Purpose.SIGN):
        real.clock.advance(s=1)
        made.append(await real.keygen(phone, purpose=purpose, activate=False))

    def page(**options: object) -> list[str]:
        where = KeyFilter(**options.pop("where", {}))  # type: ignore[arg-type]
        after = options.pop("after", None)
        with Act(real) as unit:
            found = list_keys(unit, user_id="usr_1", where=where, after=after, limit=3)  # type: ignore[arg-type]
            return [key.key_id for key in found]

    assert page() == made[:0:-1]
    with Act(real) as unit:
        last = get_key(unit, key_id=made[1], user_id=None)
    assert page(after=(round(last.created_at.timestamp() * 1000), last.key_id)) == [made[0]]
    assert page(where={"purpose": Purpose.SIGN}) == [made[3], made[0]]
    assert page(where={"state": KeyState.ACTIVE}) == []
    assert page(where={"device_id": "dev_x"}) == []


async def test_activation_of_a_signing_key(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone, activate=False)
    common = {"key_id": key_id, "device_id": phone.device_id}

    for signature, plaintext in ((None, None), (bytes(64), None), (None, b"p" * 32), (b"s" * 64, None)):
        with Act(real) as unit, pytest.raises(ActivationInvalid):
            activate_key(unit, signature=signature, plaintext=plaintext, now_ms=NOW, **common)
    with Act(real) as unit, pytest.raises(ResourceNotFound):
        begin_activation(unit, key_id=key_id, device_id="dev_x")
    await real.activate(phone, key_id)
    with Act(real) as unit, pytest.raises(KeyStateRefused):
        begin_activation(unit, **common)


async def test_activation_of_a_decryption_key_needs_the_last_challenge(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone, purpose=Purpose.DECRYPT, activate=False)
    common = {"key_id": key_id, "device_id": phone.device_id}

    with Act(real) as unit, pytest.raises(ActivationInvalid):
        activate_key(unit, signature=None, plaintext=b"p" * 32, now_ms=NOW, **common)
    with Act(real) as unit:
        old = begin_activation(unit, **common).ciphertext
        new = begin_activation(unit, **common).ciphertext
    assert old is not None
    assert new is not None
    _, (late,) = await real.decrypt(phone, key_id, [old])
    with Act(real) as unit, pytest.raises(ActivationInvalid):
        activate_key(unit, signature=None, plaintext=late, now_ms=NOW, **common)
    _, (fresh,) = await real.decrypt(phone, key_id, [new])
    with Act(real) as unit:
        key = activate_key(unit, signature=None, plaintext=fresh, now_ms=NOW, **common)
    assert key.state is KeyState.ACTIVE


async def test_freeze_by_the_operator_is_not_undone_by_the_user(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)
    user: dict[str, Any] = {"key_id": key_id, "user_id": "usr_1", "now_ms": NOW}
    operator: dict[str, Any] = {"key_id": key_id, "user_id": None, "now_ms": NOW}

    with Act(real) as unit:
        assert freeze_key(unit, by=FrozenBy.OPERATOR, **operator).frozen_by is FrozenBy.OPERATOR
    with Act(real) as unit, pytest.raises(KeyStateRefused):
        freeze_key(unit, by=FrozenBy.USER, **user)
    with Act(real) as unit, pytest.raises(NotAuthorised):
        unfreeze_key(unit, by=FrozenBy.USER, **user)
    with Act(real) as unit:
        assert unfreeze_key(unit, by=FrozenBy.OPERATOR, **operator).state is KeyState.ACTIVE
    with Act(real) as unit, pytest.raises(KeyStateRefused):
        unfreeze_key(unit, by=FrozenBy.OPERATOR, **operator)


async def test_a_revoked_key_is_final(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)
    with Act(real) as unit:
        assert revoke_key(unit, key_id=key_id, user_id="usr_1", now_ms=NOW).state is KeyState.REVOKED

    with Act(real) as unit, pytest.raises(KeyStateRefused):
        revoke_key(unit, key_id=key_id, user_id="usr_1", now_ms=NOW)
    assert real.scalar("SELECT state || length(sealed) FROM share") == "destroyed0"
    assert real.units.heads.heads()[key_id, phone.device_id].ended


async def test_a_lost_race_is_reported(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)
    with Act(real) as unit:
        stale: Key = get_key(unit, key_id=key_id, user_id=None)
        freeze_key(unit, key_id=key_id, user_id=None, by=FrozenBy.OPERATOR, now_ms=NOW)
        with pytest.raises(ConcurrentOperation):
            unit.change_state(stale, KeyState.REVOKED, frozen_by=FrozenBy.NOBODY, now_ms=NOW)


async def test_unbinding_ends_the_device_and_its_keys(real: RealWorld, phone: RealPhone) -> None:
    keys = [await real.keygen(phone) for _ in range(2)]
    with writing(real.engine) as connection:
        real.units.unbind_device(connection, device_id=phone.device_id)
        assert real.units.device_state(connection, phone.device_id) == "frozen"
        assert real.units.device_state(connection, "dev_x") == "frozen"

    for key_id in keys:
        assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.FROZEN
    assert real.scalar("SELECT count(*) FROM joint_key WHERE state = 'revoked'") == 2
    with Act(real) as unit, pytest.raises(KeyStateRefused):
        reidentify_device(unit, device_id=phone.device_id, now_ms=NOW)


async def test_a_device_has_one_row(real: RealWorld, phone: RealPhone) -> None:
    with pytest.raises(ConcurrentOperation), Act(real) as unit:
        open_device(unit, device_id=phone.device_id, user_id="usr_1", tau_next=bytes(16), restore_epoch=0)


async def test_55_a_locked_device_comes_back_by_refresh(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)
    for _ in range(9):
        real.clock.advance(hours=25)
        real.signing.envelope_keys.rotate()
        await real.sign(phone, key_id, [DIGEST], pin=WRONG_PIN)
    assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.LOCKED

    with Act(real) as unit:
        standing = reidentify_device(unit, device_id=phone.device_id, now_ms=NOW)

    assert (standing.state, standing.attempts_left, standing.lifetime_left) == (DeviceState.LOCKED, 9, 41)
    assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.LOCKED
    assert (await real.refresh(phone, key_id)).status == Status.OK
    assert (await real.confirm(phone, key_id)).status == Status.OK
    assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.OK


async def test_clone8_a_frozen_device_comes_back_by_adopt(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)
    phone.record.tau = b"a lost token 123"
    assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.FROZEN
    assert (await real.adopt(phone, key_id)).status == Status.FROZEN

    with Act(real) as unit:
        reidentify_device(unit, device_id=phone.device_id, now_ms=NOW)
    assert (await real.adopt(phone, key_id, pin=WRONG_PIN)).status == Status.PIN_WRONG
    assert (await real.adopt(phone, key_id)).status == Status.OK
    assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.OK


async def test_standings_name_corrupted_rows_frozen(real: RealWorld, phone: RealPhone) -> None:
    other = real.enrol()
    real.execute(f"UPDATE dev_state SET attempts_left = 3 WHERE device_id = '{other.device_id}'")

    with Act(real) as unit:
        found = device_standings(unit, device_ids=[phone.device_id, other.device_id, "dev_x"])

    assert {one: found[one].state for one in found} == {
        phone.device_id: DeviceState.ACTIVE,
        other.device_id: DeviceState.FROZEN,
    }


async def test_an_altered_row_cannot_be_laundered_by_an_operator(real: RealWorld, phone: RealPhone) -> None:
    """Re-identification and unbinding must not put a right MAC on columns somebody else wrote."""
    real.execute("UPDATE dev_state SET state = 'locked', lifetime_left = 50")

    with Act(real) as unit, pytest.raises(KeyStateRefused, match="altered"):
        reidentify_device(unit, device_id=phone.device_id, now_ms=NOW)
    with writing(real.engine) as connection:
        real.units.unbind_device(connection, device_id=phone.device_id)
    assert real.scalar("SELECT state || lifetime_left FROM dev_state") == "frozen50"


async def test_sweep_removes_what_has_run_out(real: RealWorld, phone: RealPhone) -> None:
    kept = await real.keygen(phone)
    inactive = await real.keygen(phone, activate=False)
    await real.refresh(phone, kept)
    real.clock.advance(hours=24, s=121)

    report = real.units.sweep()

    assert (report.inactive_keys, report.pending_shares) == (1, 1)
    assert report.seen_requests > 0
    with Act(real) as unit:
        assert get_key(unit, key_id=inactive, user_id=None).state is KeyState.REVOKED
    assert (await real.sign(phone, kept, [DIGEST], blob=0))[0].status == Status.OK
    assert (await real.confirm(phone, kept)).status == Status.UNKNOWN_SHARE


async def test_sweep_shreds_retired_shares_after_a_week(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)
    await real.refresh(phone, key_id)
    await real.confirm(phone, key_id)

    assert real.units.sweep().retired_shares == 0
    real.clock.advance(hours=7 * 24 + 1)
    assert real.units.sweep().retired_shares == 1
    assert real.scalar("SELECT count(*) FROM share WHERE state = 'destroyed' AND length(sealed) = 0") == 1
    assert (await real.sign(phone, key_id, [DIGEST]))[0].status == Status.OK


async def test_repeats_stay_stale_after_a_sweep(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [DIGEST])
    await real.signing.operations.handle(run.envelope, Op.SIGN)
    real.units.sweep()

    assert (await real.signing.operations.handle(run.envelope, Op.SIGN)).status is Status.STALE


def test_activation_digest_is_the_one_of_the_contract() -> None:
    pk = sm2.compress(bytes.fromhex(GENERATOR))
    message = b"".join(len(one).to_bytes(4) + one for one in (b"COSIGN-v1/activate", b"key_a", pk))
    assert activation_digest("key_a", pk) == sm2.digest(pk, message)


GENERATOR = (
    "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)
