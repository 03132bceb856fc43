"""PostgreSQL: proofs for one link that meet. SQLite has one writer at a time."""

from sqlalchemy import Connection

from cosign.accounts.faults import CodeWrong
from cosign.brands import IdentityMethod
from cosign.identity.usecases.links import LinkView, begin_link_check, prove_link_number
from tests.cosign.identity.test_links import TOKENS, begin, code, issue, prove
from tests.cosign.identity.world import IdentityWorld
from tests.support.races import meet


async def test_two_proofs_of_the_number_of_one_link(shared_world: IdentityWorld) -> None:
    """R-IDV-14: one code makes one continuation, and that one is good."""
    world = shared_world
    _, token = issue(world)
    text, token_hash = await code(world, token), TOKENS.check(token)

    def work(connection: Connection) -> object:
        return prove_link_number(world.identity(connection), token_hash=token_hash, code=text, clock=world.clock)

    first, second = meet(world.engine, work, work)
    assert isinstance(second, CodeWrong)
    _, continuation = first
    assert (await begin(world, continuation)).session["url"]


async def test_two_checks_of_one_link(shared_world: IdentityWorld) -> None:
    """R-IDV-14: of two beginnings one makes a check, which may cost money; the other one is shown it."""
    world = shared_world
    _, token = issue(world)
    continuation, providers = await prove(world, token), world.servicer._calls.verification.providers
    method = IdentityMethod.CPCN_FACE

    def work(connection: Connection) -> object:
        unit = world.identity(connection)
        return begin_link_check(unit, continuation=continuation, method=method, providers=providers, clock=world.clock)

    first, second = meet(world.engine, work, work)
    assert isinstance(first, LinkView)
    assert isinstance(second, LinkView)
    assert (first.link, first.link.checks) == (second.link, 1)
