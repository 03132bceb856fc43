"""Section 5.5: the automaton compared with its table over every combination of inputs."""

import itertools
from dataclasses import replace

import pytest

from keyshare import clone
from keyshare.clone import CloneCase, Ending, TokenFields
from keyshare.device_row import ZERO16, DeviceRow, new_device
from protocol.codes import Op, Outcome, Status

NOW = 1_800_000_000_000
CUR, NEXT, OTHER, LAST, THIS, FRESH = (bytes([letter]) * 16 for letter in b"cnolhf")


def device(*, untouched: bool = False, adopted: int = 0) -> DeviceRow:
    row = new_device(device_id="dev_a", user_id="usr_a", tau_next=NEXT, restore_epoch=adopted, attempts=9, lifetime=50)
    return row if untouched else replace(row, ctr=4, tau_cur=CUR, last_req=LAST)


def adopted(**fields: object) -> DeviceRow:
    row = device()
    return replace(row, **clone.adopt_token(row, req_id=THIS, fresh=FRESH, **fields))  # type: ignore[arg-type]


def header(**changes: object) -> TokenFields:
    fields = TokenFields(Op.SIGN, NEXT, [], NOW, NOW + 120_000, 0)
    return replace(fields, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tau", "has_last", "op", "untouched"),
    list(itertools.product((CUR, NEXT, OTHER, ZERO16), (False, True), tuple(Op), (False, True))),
)
def test_every_token_gets_its_case(tau: bytes, has_last: bool, op: Op, untouched: bool) -> None:
    row = device(untouched=untouched)
    open_reqs = [OTHER, row.last_req] if has_last else [OTHER]

    if tau == NEXT or (untouched and op is Op.KEYGEN and tau == ZERO16):
        expected = CloneCase.A
    elif not untouched and tau == CUR and has_last:
        expected = CloneCase.B
    else:
        expected = CloneCase.X

    assert clone.classify(row, header(op=op, tau=tau, open_reqs=open_reqs)) is expected


@pytest.mark.parametrize(
    ("expired", "seen", "header_epoch", "adopted", "op"),
    list(itertools.product((False, True), (False, True), (0, 1), (0, 1), tuple(Op))),
)
def test_early_refusals_come_in_order(expired: bool, seen: bool, header_epoch: int, adopted: int, op: Op) -> None:
    row = device(adopted=adopted)
    times = {"issued_at_ms": NOW - 200_000, "expires_at_ms": NOW - 80_000} if expired else {}
    fields = header(op=op, restore_epoch=header_epoch, **times)

    if expired:
        expected: Status | None = Status.EXPIRED
    elif seen:
        expected = Status.STALE
    elif op is not Op.ADOPT and (header_epoch < 1 or adopted < 1):
        expected = Status.RESYNC
    else:
        expected = None

    assert clone.refuse_early(fields, seen=seen, row=row, now_ms=NOW, restore_epoch=1) is expected


@pytest.mark.parametrize(
    ("issued", "expires", "expired"),
    [
        (0, 120_000, False),
        (-120_000, 0, False),
        (-120_001, -1, True),
        (120_000, 240_000, False),
        (120_001, 240_000, True),
        (0, 120_001, True),
        (-60_000, 60_000, False),
    ],
)
def test_87_skewed_times_are_expired(issued: int, expires: int, expired: bool) -> None:
    assert clone.is_expired(NOW + issued, NOW + expires, NOW) is expired


def test_a_new_device_of_an_older_epoch_may_generate_its_first_key() -> None:
    row = device(untouched=True, adopted=0)
    fields = header(op=Op.KEYGEN, tau=ZERO16, restore_epoch=1)

    assert clone.refuse_early(fields, seen=False, row=row, now_ms=NOW, restore_epoch=1) is None
    stolen = replace(fields, tau=OTHER)
    assert clone.refuse_early(stolen, seen=False, row=row, now_ms=NOW, restore_epoch=1) is Status.RESYNC


@pytest.mark.parametrize("ending", list(Ending))
@pytest.mark.parametrize("case", [CloneCase.A, CloneCase.B])
def test_effects_table(case: CloneCase, ending: Ending) -> None:
    row = device()

    after = replace(row, **clone.move_token(row, case, ending, req_id=THIS, fresh=FRESH))

    if ending is not Ending.RIGHT:
        assert after == row
    else:
        assert after == replace(row, tau_cur=NEXT if case is CloneCase.A else CUR, tau_next=FRESH, last_req=THIS)


def test_no_effect_exists_for_a_detected_clone() -> None:
    assert not [case for case, _ in clone.EFFECTS if case is CloneCase.X]


@pytest.mark.parametrize(
    ("outcome", "ending"),
    [(Outcome.RIGHT, Ending.RIGHT), (Outcome.WRONG, Ending.UNPROVEN), (Outcome.FAULT, Ending.UNPROVEN)],
)
def test_only_a_right_proof_moves_the_token(outcome: Outcome, ending: Ending) -> None:
    assert clone.ending_of(outcome) is ending


def test_adoption_takes_over_the_phones_token_and_the_higher_counter() -> None:
    after = adopted(tau=OTHER, header_ctr=17, epoch=3)

    assert (after.tau_cur, after.tau_next, after.last_req) == (OTHER, FRESH, THIS)
    assert (after.ctr, after.adopted_epoch) == (18, 3)


def test_a_counter_from_a_header_cannot_overflow_the_row() -> None:
    after = adopted(tau=OTHER, header_ctr=2**64 - 1, epoch=3)

    assert after.ctr == clone.HIGHEST_CTR + 1


def test_after_adoption_a_lost_answer_is_case_b_and_a_second_copy_case_x() -> None:
    after = adopted(tau=OTHER, header_ctr=4, epoch=1)
    again = header(op=Op.ADOPT, tau=OTHER, restore_epoch=1)

    assert not clone.adopts(after, Op.ADOPT, 1)
    assert clone.classify(after, replace(again, open_reqs=[THIS])) is CloneCase.B
    assert clone.classify(after, again) is CloneCase.X


def test_seen_entries_live_until_the_request_cannot_pass() -> None:
    entries = clone.seen_entries(req_id=THIS, expires_at_ms=NOW + 7, open_reqs=[LAST, OTHER], now_ms=NOW)

    assert entries == [(THIS, NOW + 7), (LAST, NOW + 240_000), (OTHER, NOW + 240_000)]
