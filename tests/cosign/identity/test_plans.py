"""PostgreSQL: no query of this area reads a table from end to end, whatever its size."""

import datetime as dt

from cosign.accounts import personal as accounts_personal
from cosign.api.v1 import identity_pb2 as pb
from cosign.identity.personal import AREA
from cosign.identity.repository import sweep_callbacks
from tests.cosign.identity.test_poll import made_poller
from tests.cosign.identity.world import QUERY_AFTER, IdentityWorld
from tests.support.plans import explained


async def test_every_query_has_an_index(shared_world: IdentityWorld) -> None:
    """Reach: no query without an index; lists by keyset."""
    world = shared_world
    with explained(world.engine) as plans:
        phone = await world.account()
        world.brands.change("bzt", "identity", methods=tuple(world.providers.faces))
        attempt_id = (await world.start(phone, "ocr_digits_face")).attempt.attempt_id
        person = world.person()
        front, back = world.card(phone.account_id, person)
        request = pb.SubmitCardRequest(attempt_id=attempt_id, front_upload_id=front, back_upload_id=back)
        await world.servicer.SubmitCard(request, phone.context)
        await world.servicer.CancelAttempt(pb.CancelAttemptRequest(attempt_id=attempt_id), phone.context)
        await world.start(phone, "cpcn_face", document_number=person.document_number)
        world.finish()
        verified = world.look(lambda unit: unit.people.current(phone.account_id))
        world.look(lambda unit: unit.people.get(verified.person_id))
        world.look(lambda unit: unit.people.history(verified.person_id))
        await world.standing(phone)
        world.look(lambda unit: unit.attempts.page(phone.account_id, before="", limit=50))
        world.look(lambda unit: unit.attempts.page(phone.account_id, before="idv_zzz", limit=50))
        other = await world.account(f"139{78:08d}")
        await world.start(other, name="无结果")
        world.clock.forward(seconds=QUERY_AFTER.total_seconds())
        poller, _, _ = made_poller(world)
        assert poller.turn() == 1
        world.verification.sweep()
        with world.engine.begin() as connection:
            sweep_callbacks(connection, world.clock.now() + dt.timedelta(days=31))
            (rule,) = AREA.retention
            rule.expire(connection, accounts_personal.of_brand("bzt"), world.clock.now() + dt.timedelta(days=1), 10)
            assert AREA.export is not None
            AREA.export(connection, world.personal, phone.account_id)
    plans.check({"identity_attempt", "person", "identity_callback"})
