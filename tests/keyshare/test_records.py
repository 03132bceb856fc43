"""Section 4.1 and KG-7: the transition tables are complete, and nothing else is possible."""

import itertools

import pytest

from keyshare.device_row import TRANSITIONS, DeviceState, check_transition
from keyshare.errors import TransitionRefused
from keyshare.records import (
    KEY_TRANSITIONS,
    SHARE_TRANSITIONS,
    KeyState,
    ShareState,
    check_key_transition,
    check_share_transition,
    share_usable,
)
from protocol.codes import Op


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ShareState, ShareState)))
def test_share_transitions(before: ShareState, after: ShareState) -> None:
    if (before, after) in SHARE_TRANSITIONS:
        check_share_transition(before, after)
    else:
        with pytest.raises(TransitionRefused):
            check_share_transition(before, after)


def test_only_a_pending_share_becomes_current() -> None:
    assert [before for before, after in SHARE_TRANSITIONS if after is ShareState.CURRENT] == [ShareState.PENDING]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(KeyState, KeyState)))
def test_key_transitions(before: KeyState, after: KeyState) -> None:
    if (before, after) in KEY_TRANSITIONS:
        check_key_transition(before, after)
    else:
        with pytest.raises(TransitionRefused):
            check_key_transition(before, after)


def test_nothing_leaves_revoked() -> None:
    assert not [after for before, after in KEY_TRANSITIONS if before is KeyState.REVOKED]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(DeviceState, DeviceState)))
def test_device_transitions(before: DeviceState, after: DeviceState) -> None:
    if before is after or (before, after) in TRANSITIONS:
        check_transition(before, after)
    else:
        with pytest.raises(TransitionRefused):
            check_transition(before, after)


@pytest.mark.parametrize(("state", "op", "fresh"), list(itertools.product(ShareState, tuple(Op), (True, False))))
def test_61_only_confirm_may_use_a_pending_share_and_only_in_time(state: ShareState, op: Op, fresh: bool) -> None:
    usable = share_usable(state, op, expires_ms=100, now_ms=99 if fresh else 100)

    assert usable is (state is ShareState.CURRENT or (state is ShareState.PENDING and op is Op.CONFIRM and fresh))
