"""Results that did not come are asked for: by whom, how often, and what wins (R-IDV-17)."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from cosign.errors import ConcurrentOperation, PersonalDataUnreadable
from cosign.identity.model import FailureReason, IdentityState
from cosign.identity.poller import AT_ONCE, Poller
from cosign.identity.tables import identity_attempt
from cosign.identity.usecases.callback import Disposition
from cosign.identity.usecases.poll import next_query, take_due
from cosign.identity.usecases.status import cancel_attempt
from cosign.identity.usecases.verification import Asked
from cosign.messages import MessageKind
from cosign.messages.adapters.http import Unanswered
from cosign.store.unit_of_work import writing
from tests.cosign.identity.test_callback import event
from tests.cosign.identity.world import QUERY_AFTER, IdentityWorld

NEVER = "无结果"
SILENT = "无回调"
QUERY = "/v1/faces/query"
AFTER = QUERY_AFTER.total_seconds()


def made_poller(world: IdentityWorld) -> tuple[Poller, list[Asked], list[Exception]]:
    """A poller, what it hears of its questions, and what goes wrong."""
    heard: list[Asked] = []
    faults: list[Exception] = []
    poller = Poller(world.verification, asked=lambda _, result: heard.append(result), failed=faults.append)
    return poller, heard, faults


async def test_a_lost_result_is_asked_for(world: IdentityWorld) -> None:
    """R-IDV-17: the provider tells nothing by itself; after a minute it is asked, and the user is told once."""
    phone = await world.account()
    attempt_id = (await world.start(phone, name=SILENT)).attempt.attempt_id
    poller, heard, _ = made_poller(world)
    world.clock.forward(seconds=AFTER - 1)
    assert poller.turn() == 0
    world.clock.forward(seconds=1)
    assert poller.turn() == 1
    assert heard == [Asked.DECIDED]
    assert world.look(lambda unit: unit.attempts.get(attempt_id)).state is IdentityState.VERIFIED
    assert world.told(phone.account_id).count(MessageKind.IDENTITY_VERIFIED) == 1
    world.clock.forward(minutes=20)
    assert poller.turn() == 0
    assert world.callback(event(attempt_id, "failed")) is Disposition.LATE


async def test_breaks_grow_until_the_attempt_ends(world: IdentityWorld) -> None:
    """R-IDV-17: a provider that has no result is asked seldom, a last time before the end, and never after it."""
    await world.start(await world.account(), name=NEVER)
    poller, heard, _ = made_poller(world)
    asked = []
    for passed in range(0, 2400, 30):
        if poller.turn():
            asked.append(passed)
        world.clock.forward(seconds=30)
    assert asked == [60, 120, 240, 480, 960, 1560, 1770]
    assert set(heard) == {Asked.PENDING}
    assert [path for path, _ in world.asked].count(QUERY) == len(asked)


async def test_a_provider_that_is_down(world: IdentityWorld) -> None:
    """R-IDV-17: an outage decides nothing; the attempt is asked for again after a break."""
    attempt_id = (await world.start(await world.account(), name=SILENT)).attempt.attempt_id

    def unreachable(path: str) -> None:
        raise Unanswered(True)

    poller, heard, faults = made_poller(world)
    world.meanwhile = unreachable
    world.clock.forward(seconds=AFTER)
    assert (poller.turn(), poller.turn()) == (1, 0)
    assert (heard, faults) == ([Asked.DOWN], [])
    assert world.look(lambda unit: unit.attempts.get(attempt_id)).state is IdentityState.PROVIDER_PENDING
    world.meanwhile = lambda path: None
    world.clock.forward(seconds=AFTER)
    assert poller.turn() == 1
    assert heard[-1] is Asked.DECIDED


async def test_a_callback_wins_against_the_answer(world: IdentityWorld) -> None:
    """R-IDV-17: a callback arrives while the provider is being asked; the answer says otherwise and changes nothing.

    The callback writes in a transaction of its own: none is open while the provider is asked.
    """
    phone = await world.account()
    attempt_id = (await world.start(phone, name=SILENT)).attempt.attempt_id
    became: list[Disposition] = []
    world.meanwhile = lambda path: became.append(world.callback(event(attempt_id, "failed")))
    poller, heard, _ = made_poller(world)
    world.clock.forward(seconds=AFTER)
    assert poller.turn() == 1
    assert (became, heard) == ([Disposition.APPLIED], [Asked.LATE])
    decided = world.look(lambda unit: unit.attempts.get(attempt_id))
    assert (decided.state, decided.reason) == (IdentityState.FAILED, FailureReason.NO_FACE)
    assert world.look(lambda unit: unit.people.current(phone.account_id)) is None
    told = world.told(phone.account_id)
    assert (told.count(MessageKind.IDENTITY_REFUSED), told.count(MessageKind.IDENTITY_VERIFIED)) == (1, 0)


async def test_the_end_of_an_attempt_wins(world: IdentityWorld) -> None:
    """R-IDV-17: the user gives up, or time is over, while the provider is asked: a pass counts no more."""
    phone = await world.account()
    poller, heard, _ = made_poller(world)
    given_up = (await world.start(phone, name=SILENT)).attempt.attempt_id
    world.meanwhile = lambda path: world.act(
        lambda unit: cancel_attempt(unit, account_id=phone.account_id, attempt_id=given_up, clock=world.clock)
    )
    world.clock.forward(seconds=AFTER)
    assert poller.turn() == 1
    world.meanwhile = lambda path: None
    late = (await world.start(phone, name=SILENT)).attempt.attempt_id
    world.meanwhile = lambda path: world.clock.forward(seconds=60)
    world.clock.forward(minutes=29.5)
    assert poller.turn() == 1
    assert heard == [Asked.LATE, Asked.LATE]
    page = world.look(lambda unit: unit.attempts.page(phone.account_id, before="", limit=2))
    assert [one.attempt_id for one in page] == [late, given_up]
    assert [one.reason for one in reversed(page)] == [FailureReason.CANCELLED, FailureReason.TIMED_OUT]
    assert world.look(lambda unit: unit.people.current(phone.account_id)) is None


async def test_one_bad_attempt_stops_no_other(world: IdentityWorld) -> None:
    """R-IDV-17: a row nobody can read, and one of a provider that is not configured any more, are left to time."""
    names = []
    for number in range(3):
        phone = await world.account(f"139{number:08d}")
        names.append((await world.start(phone, name=SILENT)).attempt.attempt_id)
    with writing(world.engine) as connection:
        for attempt_id, column, value in ((names[0], "session_sealed", b"x"), (names[1], "provider", "palmist")):
            row = identity_attempt.c.attempt_id == attempt_id
            connection.execute(update(identity_attempt).where(row).values({column: value}))
    poller, heard, faults = made_poller(world)
    world.clock.forward(seconds=AFTER)
    assert (poller.turn(), poller.turn()) == (3, 0)
    assert sorted(heard) == [Asked.DECIDED, Asked.UNASKED]
    assert [type(fault) for fault in faults] == [PersonalDataUnreadable]


async def test_nodes_do_not_wait_for_each_other(shared_world: IdentityWorld) -> None:
    """R-IDV-17: rows that one node is taking are passed over by another one (PostgreSQL)."""
    world = shared_world
    names = []
    for number in range(3):
        phone = await world.account(f"139{number:08d}")
        names.append((await world.start(phone, name=SILENT)).attempt.attempt_id)
    world.clock.forward(seconds=AFTER)
    with writing(world.engine) as one, writing(world.engine) as another:
        first = take_due(world.identity(one), after=QUERY_AFTER, limit=2, clock=world.clock)
        second = take_due(world.identity(another), after=QUERY_AFTER, limit=3, clock=world.clock)
    assert (list(first), list(second)) == (names[:2], names[2:])
    assert world.act(lambda unit: take_due(unit, after=QUERY_AFTER, limit=3, clock=world.clock)) == []


async def test_two_nodes_ask_once(shared_world: IdentityWorld) -> None:
    """R-IDV-17: two nodes that look at the same moment ask for each attempt once (PostgreSQL)."""
    world, count = shared_world, AT_ONCE + 1
    for number in range(count):
        await world.start(await world.account(f"139{number:08d}"), name=SILENT)
    world.clock.forward(seconds=AFTER)
    made = [made_poller(world) for _ in range(2)]
    barrier = threading.Barrier(2)

    def node(poller: Poller) -> int:
        barrier.wait()
        return poller.turn()

    with ThreadPoolExecutor(2) as pool:
        taken = sum(pool.map(node, [poller for poller, _, _ in made]))
    while taken < count:  # one of them found the rows of the first batch taken
        taken += made[0][0].turn()
    heard = [result for _, results, _ in made for result in results]
    late = [fault for _, _, faults in made for fault in faults]  # waited for a lock too long, on a busy machine
    assert set(heard) <= {Asked.DECIDED}
    assert {type(fault) for fault in late} <= {ConcurrentOperation}
    assert len(heard) + len(late) == count
    assert [path for path, _ in world.asked].count(QUERY) == count


@pytest.mark.parametrize(
    ("queries", "after", "seconds"),
    [(0, 1, 30), (3, 1, 30), (6, 1, 64), (0, 600, 600), (40, 60, 600)],
)
def test_a_break_has_bounds(queries: int, after: int, seconds: int) -> None:
    """R-IDV-17: never below half a minute, never above ten."""
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    end = now + dt.timedelta(hours=1)
    at = next_query(now, queries=queries, after=dt.timedelta(seconds=after), expires_at=end)
    assert at == now + dt.timedelta(seconds=seconds)
