"""The state machine of devices."""

import itertools

import pytest

from cosign.devices.model import DEVICE_TRANSITIONS, DeviceState
from cosign.errors import StateFault

WORKING = {DeviceState.ACTIVE, DeviceState.LOCKED, DeviceState.FROZEN}
ALLOWED = {
    *((state, DeviceState.BLOCKED) for state in WORKING),
    *((state, DeviceState.UNBOUND) for state in (*WORKING, DeviceState.BLOCKED)),
    (DeviceState.BLOCKED, DeviceState.ACTIVE),
}


@pytest.mark.parametrize(("present", "target"), list(itertools.product(DeviceState, repeat=2)))
def test_the_table_of_transitions(present: DeviceState, target: DeviceState) -> None:
    """Section 3.13: a blocked device comes back, an unbound one never does."""
    if (present, target) in ALLOWED:
        DEVICE_TRANSITIONS.check(present, target, StateFault)
    else:
        with pytest.raises(StateFault, match=f"{present.value} and cannot become {target.value}"):
            DEVICE_TRANSITIONS.check(present, target, StateFault)
