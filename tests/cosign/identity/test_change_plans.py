"""PostgreSQL: no query of manual reviews, links and ending documents reads a table from end to end."""

import dataclasses
import datetime as dt

from cosign.brands import IdentityMethod, ManualFile
from cosign.identity import decide_manual, issue_link, link_proof, manual_submission
from cosign.identity.change_personal import AREA
from cosign.identity.usecases import links
from cosign.identity.usecases.change import changes_of
from cosign.identity.usecases.expiry import end_documents
from cosign.identity.usecases.links import LinkTokens
from cosign.identity.usecases.manual import Papers, newest_manual, submit_manual
from tests.cosign.accounts.world import NUMBER
from tests.cosign.identity.world import IdentityWorld
from tests.support.keyed import mac
from tests.support.plans import explained

TOKENS = LinkTokens(mac)


async def test_every_query_has_an_index(shared_world: IdentityWorld) -> None:
    """Reach: no query without an index."""
    world, clock = shared_world, shared_world.clock
    methods = (IdentityMethod.CPCN_FACE, IdentityMethod.MANUAL)
    world.brands.change("bzt", "identity", methods=methods, manual_files=(ManualFile.PORTRAIT,))
    phone = await world.account()
    principal = await world.me(phone)
    person = dataclasses.replace(world.person(), document_expiry=clock.now().date() + dt.timedelta(days=20))
    papers = Papers(person=person, files={ManualFile.PORTRAIT: world.upload(phone.account_id)})
    with explained(world.engine) as plans:
        sent = world.act(lambda unit: submit_manual(unit, principal=principal, papers=papers, clock=clock))
        attempt_id = sent.attempt.attempt_id
        world.look(lambda unit: newest_manual(unit, account_id=phone.account_id))
        world.look(lambda unit: manual_submission(unit, attempt_id))
        world.act(lambda unit: decide_manual(unit, attempt_id, approved=True, by="stf_1", clock=clock))
        world.look(lambda unit: changes_of(unit, principal=principal))
        expected = dataclasses.replace(person, phone_number=f"+86{NUMBER}", document_expiry=None)
        for _ in range(2):
            clock.forward(seconds=61)
            link, token = world.act(
                lambda unit: issue_link(
                    unit,
                    brand="bzt",
                    claim_ref="claim",
                    issued_by="operator",
                    expected=expected,
                    tokens=TOKENS,
                    clock=clock,
                )
            )
        code = await prove_number(world, TOKENS.check(token))
        proved = world.act(
            lambda unit: links.prove_link_number(unit, token_hash=TOKENS.check(token), code=code, clock=clock)
        )
        world.act(
            lambda unit: links.begin_link_check(
                unit,
                continuation=proved[1],
                method=IdentityMethod.CPCN_FACE,
                providers=world.providers,
                clock=clock,
            )
        )
        begun = world.look(lambda unit: unit.links.get(link.link_id))
        world.act(lambda unit: unit.links.of_attempt(begun.attempt_id))
        world.act(lambda unit: links.link_standing(unit, continuation=proved[1], clock=clock))
        world.look(lambda unit: link_proof(unit, "claim"))
        for days in (0, 30, 40):
            clock.forward(days=days)
            world.act(lambda unit: end_documents(unit, brand="bzt", clock=clock))
            world.act(lambda unit: links.sweep_links(unit, clock=clock))
        with world.engine.begin() as connection:
            assert AREA.export is not None
            AREA.export(connection, world.personal, phone.account_id)
    plans.check({"identity_manual", "identity_link", "person"})


async def prove_number(world: IdentityWorld, token_hash: bytes) -> str:
    """The code that the expected person got."""
    world.act(
        lambda unit: links.send_link_code(
            unit,
            token_hash=token_hash,
            captcha_id="",
            captcha_answer="",
            address="192.0.2.9",
            language="zh",
            clock=world.clock,
        )
    )
    return str(world.sent[-1]["code"])
