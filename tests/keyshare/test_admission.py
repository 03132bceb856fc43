"""TX-2: the order of decisions, over every state, recovery, operation and token."""

import itertools
from dataclasses import replace

import pytest

from keyshare.admission import admit
from keyshare.clone import CloneCase, TokenFields
from keyshare.device_row import DeviceState, Recovery, new_device
from protocol.codes import Op, Status

NOW = 1_800_000_000_000
NEXT, OTHER = b"n" * 16, b"o" * 16
ROW = replace(
    new_device(device_id="d", user_id="u", tau_next=NEXT, restore_epoch=0, attempts=9, lifetime=50),
    ctr=1,
    tau_cur=b"c" * 16,
    last_req=b"l" * 16,
)

OPENED = {
    Recovery.NONE: set(),
    Recovery.REFRESH: {Op.REFRESH, Op.CONFIRM},
    Recovery.ADOPT: {Op.ADOPT},
}


def fields(op: Op, tau: bytes) -> TokenFields:
    return TokenFields(op, tau, [], NOW, NOW + 1, 0)


@pytest.mark.parametrize(
    ("state", "recovery", "op", "clone"),
    list(itertools.product(DeviceState, Recovery, tuple(Op), (False, True))),
)
def test_53_state_and_clone_come_in_order(state: DeviceState, recovery: Recovery, op: Op, clone: bool) -> None:
    row = replace(ROW, state=state, recovery=recovery)
    opened = op in OPENED[recovery]
    adopts = op is Op.ADOPT and recovery is Recovery.ADOPT

    result = admit(row, fields(op, OTHER if clone else NEXT), seen=False, now_ms=NOW, restore_epoch=0)

    if state is DeviceState.FROZEN and not opened:
        assert (result.status, result.freezes) == (Status.FROZEN, False)
    elif clone and not adopts:
        assert (result.status, result.freezes) == (Status.FROZEN, True)
    elif op is Op.SYNC:
        assert (result.status, result.case) == (None, CloneCase.A)
    elif state is DeviceState.LOCKED and not opened:
        assert result.status is Status.LOCKED
    else:
        assert result.status is None
        assert result.case is (CloneCase.ADOPT if adopts else CloneCase.A)


@pytest.mark.parametrize(
    ("changes", "status", "retry"),
    [
        ({"lock_until_ms": NOW}, None, 0),
        ({"lock_until_ms": NOW + 1_500}, Status.LOCKED, 2),
        ({"attempts_left": 0}, Status.LOCKED, 0),
        ({"lifetime_left": 0}, Status.LOCKED, 0),
    ],
)
def test_counters_lock(changes: dict[str, int], status: Status | None, retry: int) -> None:
    result = admit(replace(ROW, **changes), fields(Op.SIGN, NEXT), seen=False, now_ms=NOW, restore_epoch=0)  # type: ignore[arg-type]

    assert (result.status, result.retry_after_s) == (status, retry)


@pytest.mark.parametrize("changes", [{"attempts_left": 0}, {"lifetime_left": 0}])
def test_a_paid_request_needs_no_attempt_but_the_delay_holds(changes: dict[str, int]) -> None:
    row = replace(ROW, **changes)  # type: ignore[arg-type]

    paid = admit(row, fields(Op.SIGN, NEXT), seen=False, now_ms=NOW, restore_epoch=0, paid=True)
    delayed = admit(
        replace(row, lock_until_ms=NOW + 1), fields(Op.SIGN, NEXT), seen=False, now_ms=NOW, restore_epoch=0, paid=True
    )

    assert paid.status is None
    assert delayed.status is Status.LOCKED


def test_the_clone_is_frozen_before_the_lock_is_told() -> None:
    row = replace(ROW, state=DeviceState.LOCKED, lock_until_ms=NOW + 9_000)

    assert admit(row, fields(Op.SIGN, OTHER), seen=False, now_ms=NOW, restore_epoch=0).freezes
