"""PostgreSQL: no query of this area reads a table from end to end, whatever its size."""

import uuid

import pytest
from sqlalchemy import Engine

from cosign.api.v1 import linked_login_pb2 as pb
from cosign.linked_logins.personal import AREA
from cosign.linked_logins.repository import sweep
from cosign.personal.registry import Document
from cosign.store.unit_of_work import writing
from tests.cosign.linked_logins.world import NUMBER, ZB, LinkedWorld
from tests.support.plans import explained


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


class NoArchive:
    """Nothing of this area outlives an account."""

    def keep(self, subject: str, document: Document) -> None:
        raise AssertionError(subject)


async def test_every_query_has_an_index(world: LinkedWorld, engine: Engine) -> None:
    """Reach: no query without an index; R-AUD-08: export and erasure of bindings."""
    export, erase = AREA.export, AREA.erase
    assert export is not None
    assert erase is not None
    with explained(engine) as plans:
        phone = world.phone()
        waiting = await phone.third_party("user-a", name="Alice Example")
        made = await phone.login_and_bind(waiting.binding.ticket, number=NUMBER)
        world.clock.forward(seconds=61)
        await phone.third_party("user-a", name="Alice Example")
        await phone.bindings()
        with writing(engine) as connection:
            told = export(connection, world.personal, made.session.account_id)
            sweep(connection, world.clock.now())
        request = pb.UnbindRequest(
            request_id=str(uuid.uuid4()),
            binding_id=made.binding.binding_id,
            ticket=await phone.step_up(NUMBER, ZB),
        )
        await world.linked.Unbind(request, phone.context)
        await phone.bind("user-b")
        with writing(engine) as connection:
            assert erase(connection, world.personal, made.session.account_id, NoArchive()).erased == 1
    assert told["bindings"] == [
        {
            "provider": "wechat",
            "subject": "wechat:user-a",
            "name": "Alice Example",
            "level": "",
            "bound_at": made.binding.bound_at.ToDatetime(tzinfo=world.clock.now().tzinfo).isoformat(),
        }
    ]
    plans.check({"linked_account", "linked_authorisation", "linked_pending", "linked_code"})
