"""Which devices may change the state of a key."""

from dataclasses import replace

import pytest

from cosign.errors import NotAuthorised
from cosign.signing.model import FrozenBy, KeyState
from cosign.signing.usecases.change_key_state import freeze_key, revoke_key, unfreeze_key
from cosign.store.unit_of_work import writing
from keyshare.device_row import DeviceState
from keyshare.outcomes import next_version
from tests.cosign.signing.real import RealPhone, RealWorld

NOW = 1_900_000_000_000


@pytest.fixture
def phone(real: RealWorld) -> RealPhone:
    return real.enrol()


def put(real: RealWorld, device_id: str, state: DeviceState) -> None:
    with writing(real.engine) as connection:
        unit = real.units.unit(connection)
        before = unit.device_row(device_id)
        assert before is not None
        unit.change_device(before, next_version(before, replace(before, state=state)))


@pytest.mark.parametrize("state", [DeviceState.LOCKED, DeviceState.FROZEN])
async def test_a_stolen_device_neither_unfreezes_nor_revokes(
    real: RealWorld, phone: RealPhone, state: DeviceState
) -> None:
    """Its session does not end with the state; the session alone must not undo what the user or the server did."""
    key_id = await real.keygen(phone)
    put(real, phone.device_id, state)
    for device_id in (phone.device_id, "dev_x"):
        with writing(real.engine) as connection:
            unit = real.units.unit(connection)
            freeze_key(unit, key_id=key_id, user_id="usr_1", by=FrozenBy.USER, now_ms=NOW)
            with pytest.raises(NotAuthorised):
                unfreeze_key(
                    unit, key_id=key_id, user_id="usr_1", by=FrozenBy.USER, now_ms=NOW, calling_device=device_id
                )
            with pytest.raises(NotAuthorised):
                revoke_key(unit, key_id=key_id, user_id="usr_1", now_ms=NOW, calling_device=device_id)
            unfreeze_key(unit, key_id=key_id, user_id=None, by=FrozenBy.OPERATOR, now_ms=NOW)


async def test_an_active_device_unfreezes_and_revokes(real: RealWorld, phone: RealPhone) -> None:
    key_id = await real.keygen(phone)
    with writing(real.engine) as connection:
        unit = real.units.unit(connection)
        freeze_key(unit, key_id=key_id, user_id="usr_1", by=FrozenBy.USER, now_ms=NOW)
        key = unfreeze_key(
            unit, key_id=key_id, user_id="usr_1", by=FrozenBy.USER, now_ms=NOW, calling_device=phone.device_id
        )
        assert key.state is KeyState.ACTIVE
        revoke_key(unit, key_id=key_id, user_id="usr_1", now_ms=NOW, calling_device=phone.device_id)
