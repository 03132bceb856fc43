"""An account ends while something of it waits for reviewers."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from cosign import ids
from cosign.accounts import AccountState
from cosign.accounts.number_change import NumberChangeState
from cosign.accounts.usecases.closing import close
from cosign.audit.model import AuditEvent
from cosign.errors import ConcurrentOperation
from cosign.reviews import ReviewItem, ReviewKind, ReviewState, Verdict, open_review
from cosign.reviews.faults import ReviewChanged, ReviewStateRefused
from cosign.reviews.usecases import claims
from cosign.reviews.usecases.decide import decide
from cosign.store.unit_of_work import reading, writing
from tests.cosign.accounts.test_change_lost_number import REVIEWER, THIRD, User, claimed, item_of, stands
from tests.cosign.accounts.world import PASSWORD, World

ROUNDS = 3
"""Of the race: each ends one way or the other."""


@pytest.fixture
async def user(world: World) -> User:
    return User(world, await world.account(password=PASSWORD))


def ended(world: World, account_id: str) -> None:
    with writing(world.engine) as connection:
        unit = world.unit(connection)
        account = unit.accounts.get(account_id)
        assert account is not None
        close(unit, account=account, reason="", clock=world.clock)


def approve(world: World, item: ReviewItem) -> None:
    """The decision of a reviewer who saw `item`."""
    with writing(world.engine) as connection:
        decide(
            world.review_unit(connection),
            review_id=item.review_id,
            reviewer=REVIEWER,
            version=item.version,
            verdict=Verdict.APPROVE,
            clock=world.clock,
        )


def history(world: World, item: ReviewItem) -> list[str]:
    with reading(world.engine) as connection:
        return [event.action.value for event in world.review_unit(connection).history(item.review_id)]


async def test_closing_ends_what_waits_and_nobody_decides_it_then(world: World, user: User) -> None:
    """R-ACC-25, R-ADM-01: the change of a number that a reviewer works on, and a real-name check that was returned."""
    account_id = user.phone.account_id
    change = await user.ask()
    item = claimed(world, item_of(world, change.change_id))

    def hand_in(connection: Connection) -> ReviewItem:
        subject = ids.new_id(ids.ATTEMPT, world.clock.now_ms())
        return open_review(
            world.review_unit(connection),
            kind=ReviewKind.IDENTITY,
            subject_id=subject,
            brand="bzt",
            account_id=account_id,
            clock=world.clock,
        )

    with writing(world.engine) as connection:
        check = hand_in(connection)
    ended(world, account_id)
    found = item_of(world, change.change_id)
    assert (found.state, found.claimed_by) == (ReviewState.WITHDRAWN, "")
    assert history(world, item) == ["opened", "claimed", "account_closed"]
    assert history(world, check) == ["opened", "account_closed"]
    assert stands(world, change.change_id) is NumberChangeState.CANCELLED
    with pytest.raises(ReviewChanged) as late:
        approve(world, item)
    assert late.value.metadata["state"] == "withdrawn"
    with writing(world.engine) as connection, pytest.raises(ReviewStateRefused):
        claims.claim(
            world.review_unit(connection),
            review_id=item.review_id,
            reviewer=REVIEWER,
            version=found.version,
            clock=world.clock,
        )
    assert world.events().count((AuditEvent.REVIEW, "account_closed")) == 2


async def test_a_decision_before_the_end_stands(world: World, user: User) -> None:
    """R-ACC-25, R-ADM-01: the review stays approved; what it was about ends with the account."""
    change = await user.ask()
    item = claimed(world, item_of(world, change.change_id))
    approve(world, item)
    ended(world, user.phone.account_id)
    assert item_of(world, change.change_id).state is ReviewState.APPROVED
    assert history(world, item)[-1] == "approved"
    assert stands(world, change.change_id) is NumberChangeState.CANCELLED


async def test_nothing_is_handed_in_for_an_account_that_has_ended(world: World, user: User) -> None:
    """R-ACC-25, R-ADM-01: who comes later is refused, and who comes at once is either refused or ended."""
    change = await user.ask()
    ended(world, user.phone.account_id)
    with pytest.raises(ConcurrentOperation):
        world.do(lambda unit: unit.review_number_change(unit.number_changes.get(change.change_id)))
    phone = await world.account(THIRD, password=PASSWORD)
    account_id, start, refused = phone.account_id, threading.Barrier(2), list[ConcurrentOperation]()

    def hand_in() -> None:
        start.wait()
        with writing(world.engine) as connection:
            try:
                world.unit(connection).accounts.hold(account_id)
            except ConcurrentOperation as fault:
                refused.append(fault)
                return
            open_review(
                world.review_unit(connection),
                kind=ReviewKind.IDENTITY,
                subject_id="idv_1",
                brand="bzt",
                account_id=account_id,
                clock=world.clock,
            )

    def end() -> None:
        start.wait()
        ended(world, account_id)

    threads = [threading.Thread(target=work) for work in (hand_in, end)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(world.engine) as connection:
        item = world.review_unit(connection).of_subject(ReviewKind.IDENTITY, "idv_1")
    assert (item is None) is bool(refused)
    assert item is None or item.state is ReviewState.WITHDRAWN


async def test_of_a_decision_and_the_end_at_once_one_is_first(world: World, user: User) -> None:
    """R-ACC-25, R-ADM-01: neither waits for the other for ever; the account ends, and a late decision is refused."""
    for number in range(ROUNDS):
        phone = await world.account(f"136{number:08d}", password=PASSWORD)
        other = User(world, phone)
        change = await other.ask(number=f"135{number:08d}")
        item = claimed(world, item_of(world, change.change_id))
        start, faults = threading.Barrier(2), list[BaseException]()

        def both(work: Callable[[], None], start: threading.Barrier, faults: list[BaseException]) -> None:
            start.wait()
            try:
                work()
            except ReviewChanged as fault:
                faults.append(fault)

        works = (lambda: approve(world, item), lambda: ended(world, phone.account_id))  # noqa: B023 - joined below
        threads = [threading.Thread(target=both, args=(work, start, faults)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = ReviewState.WITHDRAWN if faults else ReviewState.APPROVED
        assert item_of(world, change.change_id).state is expected
        assert stands(world, change.change_id) is NumberChangeState.CANCELLED
        assert world.do(lambda unit, phone=phone: unit.accounts.get(phone.account_id)).state is AccountState.CANCELLED
