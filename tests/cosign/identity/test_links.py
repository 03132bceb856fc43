"""Proof of identity by a person without an account, through a link."""

import datetime as dt
from typing import Any

import pytest

from cosign.accounts.faults import CodeTooSoon, CodeTries, CodeWrong
from cosign.api.v1 import identity_link_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.brands import IdentityMethod
from cosign.errors import FieldInvalid, ResourceNotFound
from cosign.identity import IdentityState, LinkProof, issue_link, link_proof, withdraw_link
from cosign.identity.change_model import CHECKS_OF_LINK, LINK_LIFETIME, Link
from cosign.identity.faults import IdentityStateRefused, LinkInvalid, LinkUsed, MethodOff
from cosign.identity.servicer import IdentityLinkServicer
from cosign.identity.usecases.links import LinkTokens, sweep_links
from tests.cosign.accounts.world import NUMBER, Context
from tests.cosign.identity.world import DELAY, NAME, IdentityWorld
from tests.support.documents import resident_number
from tests.support.keyed import mac

CLAIM = "ent_claim_1"
TOKENS = LinkTokens(mac)


def service(world: IdentityWorld) -> IdentityLinkServicer:
    return IdentityLinkServicer(world.servicer._calls, TOKENS)


def issue(world: IdentityWorld, name: str = NAME, **values: Any) -> tuple[Link, str]:
    """A link for a person who was never here."""
    world.clock.forward(seconds=1)
    person = world.person(name, values.pop("number", ""), phone_number=values.pop("phone_number", f"+86{NUMBER}"))
    arguments: dict[str, Any] = {
        "brand": "bzt",
        "claim_ref": CLAIM,
        "issued_by": "operator",
        "expected": person,
    } | values
    issued: tuple[Link, str] = world.act(lambda unit: issue_link(unit, tokens=TOKENS, clock=world.clock, **arguments))
    return issued


async def opened(world: IdentityWorld, token: str) -> pb.IdentityLink:
    return (await service(world).OpenLink(pb.OpenLinkRequest(token=token), Context())).link


async def code(world: IdentityWorld, token: str) -> str:
    """The code of the SMS."""
    world.clock.forward(seconds=61)
    await service(world).SendLinkCode(pb.SendLinkCodeRequest(token=token), Context())
    assert world.sent[-1]["purpose"] == "legal_rep"
    return str(world.sent[-1]["code"])


async def prove(world: IdentityWorld, token: str, text: str = "") -> str:
    """Proves the number; returns the continuation."""
    request = pb.ProveLinkNumberRequest(token=token, code=text or await code(world, token))
    return (await service(world).ProveLinkNumber(request, Context())).continuation


async def begin(world: IdentityWorld, continuation: str, method: str = "cpcn_face") -> pb.BeginLinkCheckResponse:
    world.clock.forward(seconds=1)
    request = pb.BeginLinkCheckRequest(continuation=continuation, method=method)
    return await service(world).BeginLinkCheck(request, Context())


async def get(world: IdentityWorld, continuation: str) -> pb.GetLinkResponse:
    return await service(world).GetLink(pb.GetLinkRequest(continuation=continuation), Context())


def proof(world: IdentityWorld, claim: str = CLAIM) -> LinkProof | None:
    found: LinkProof | None = world.look(lambda unit: link_proof(unit, claim))
    return found


async def test_link_number_face_proof(world: IdentityWorld) -> None:
    """R-IDV-14: open, SMS, face, proof on the claim; masked throughout, and no account is made."""
    number = resident_number()
    link, token = issue(world, number=number)
    shown = await opened(world, token)
    assert shown.state == pb.IDENTITY_LINK_STATE_ISSUED
    assert (shown.name_masked, shown.document_number_masked[:6]) == (NAME[0] + "**", number[:6])
    assert number not in str(shown)
    assert NUMBER not in str(shown)
    assert list(shown.methods) == ["cpcn_face", "alipay_face"]

    continuation = await prove(world, token)
    begun = await begin(world, continuation)
    assert begun.session["url"]
    assert begun.link.state == pb.IDENTITY_LINK_STATE_CHECKING
    assert proof(world) is None
    assert (await begin(world, continuation)).session == begun.session  # a repeat begins nothing
    assert (await get(world, continuation)).session == begun.session
    world.clock.forward(seconds=DELAY.total_seconds())
    done = (await get(world, continuation)).link
    assert (done.state, done.checks_left) == (pb.IDENTITY_LINK_STATE_PROVED, CHECKS_OF_LINK - 1)
    found = proof(world)
    assert found is not None
    assert (found.link_id, found.level.value) == (link.link_id, "high")
    assert found.evidence
    assert proof(world, "ent_claim_2") is None
    account = world.do(lambda unit: unit.accounts.by_number("bzt", f"+86{NUMBER}"))
    assert account is None
    assert (AuditEvent.IDENTITY_LINK, "proved") in world.events()
    for call in (opened(world, token), prove(world, token, "123456")):
        with pytest.raises(LinkUsed):
            await call
    with pytest.raises(LinkUsed):
        await begin(world, continuation)


async def test_a_callback_is_enough(world: IdentityWorld) -> None:
    """R-IDV-14, R-IDV-17: the proof stands although the person closed the page."""
    _, token = issue(world)
    await begin(world, await prove(world, token))
    world.finish()
    assert proof(world) is not None


async def test_another_face(world: IdentityWorld) -> None:
    """R-IDV-14: a face that does not match may be tried again, three times in all."""
    _, token = issue(world, "不匹配")
    continuation = await prove(world, token)
    for left in (2, 1, 0):
        await begin(world, continuation)
        world.finish()
        shown = (await get(world, continuation)).link
        assert (shown.reason, shown.checks_left) == ("IDV_MISMATCH", left)
    assert shown.state == pb.IDENTITY_LINK_STATE_FAILED
    assert proof(world) is None
    with pytest.raises(LinkUsed):
        await begin(world, continuation)


async def test_codes_of_links(world: IdentityWorld) -> None:
    """R-IDV-14: the code goes to the number given; tries and resends are limited as for every code."""
    _, token = issue(world)
    right = await code(world, token)
    assert world.sent[-1]["phone_number"] == f"+86{NUMBER}"
    with pytest.raises(CodeTooSoon):
        await service(world).SendLinkCode(pb.SendLinkCodeRequest(token=token), Context())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(world.brands.policy("bzt").codes.tries):
        with pytest.raises(CodeWrong):
            await prove(world, token, wrong)
    with pytest.raises(CodeTries):
        await prove(world, token, right)
    with pytest.raises(FieldInvalid):
        await prove(world, token, "12345")


async def test_who_proves_the_number_last_goes_on(world: IdentityWorld) -> None:
    """R-IDV-14: one continuation at a time; none while a check is pending."""
    _, token = issue(world)
    first = await prove(world, token)
    second = await prove(world, token)
    with pytest.raises(LinkInvalid):
        await begin(world, first)
    await begin(world, second)
    with pytest.raises(IdentityStateRefused):
        await prove(world, token)


@pytest.mark.parametrize("spoil", ["", "x", "forged", "cut", "padded", "unknown"])
async def test_tokens_that_are_none(world: IdentityWorld, spoil: str) -> None:
    """R-IDV-14: forged, cut and unknown tokens get one answer; the first two cost no look at the database."""
    _, token = issue(world)
    tokens = {
        "": "",
        "x": "x",
        "forged": ("B" if token[0] == "A" else "A") + token[1:],
        "cut": token[:-4],
        "padded": token + "AAAA",
        "unknown": TOKENS.make(),
    }
    with pytest.raises(LinkInvalid):
        await opened(world, tokens[spoil])
    with pytest.raises(LinkInvalid):
        await get(world, tokens[spoil])


async def test_links_end(world: IdentityWorld) -> None:
    """R-IDV-14: by time, by their issuer, and when another one is issued for the same purpose."""
    first, token = issue(world)
    second, other = issue(world)
    with pytest.raises(LinkInvalid):
        await opened(world, token)
    assert (await opened(world, other)).state == pb.IDENTITY_LINK_STATE_ISSUED
    world.act(lambda unit: withdraw_link(unit, second.link_id, clock=world.clock))
    with pytest.raises(LinkInvalid):
        await opened(world, other)
    with pytest.raises(IdentityStateRefused):
        world.act(lambda unit: withdraw_link(unit, first.link_id, clock=world.clock))
    with pytest.raises(ResourceNotFound):
        world.act(lambda unit: withdraw_link(unit, "idl_none", clock=world.clock))
    third, token = issue(world)
    continuation = await prove(world, token)
    world.clock.forward(seconds=LINK_LIFETIME.total_seconds())
    for call in (opened(world, token), begin(world, continuation)):
        with pytest.raises(LinkInvalid):
            await call
    assert world.act(lambda unit: sweep_links(unit, clock=world.clock)) == 1
    assert world.look(lambda unit: unit.links.get(third.link_id)).state.value == "expired"


async def test_what_proved_nothing_is_erased(world: IdentityWorld) -> None:
    """R-AUD-08: links without a proof go after 30 days with their checks, proofs when evidence does."""
    failed, token = issue(world, "不匹配", claim_ref="ent_claim_2")
    await begin(world, await prove(world, token))
    world.finish()
    proved, token = issue(world)
    await begin(world, await prove(world, token))
    world.finish()

    def check_of(link: Link) -> str:
        return str(world.look(lambda unit: unit.links.get(link.link_id)).attempt_id)

    failed_check, proved_check = check_of(failed), check_of(proved)

    def sweep(days: int) -> None:
        world.clock.forward(days=days)
        while world.act(lambda unit: sweep_links(unit, clock=world.clock)):
            pass

    sweep(4)
    sweep(31)
    assert world.look(lambda unit: unit.links.get(failed.link_id)) is None
    assert world.look(lambda unit: unit.attempts.get(failed_check)) is None
    assert proof(world) is not None
    sweep(5 * 365)
    assert proof(world) is None
    assert world.look(lambda unit: unit.attempts.get(proved_check)) is None


async def test_a_check_that_nobody_finishes(world: IdentityWorld) -> None:
    """R-IDV-14: after half an hour the person may try again."""
    link, token = issue(world, "无结果")
    continuation = await prove(world, token)
    await begin(world, continuation)
    world.clock.forward(minutes=31)
    assert world.verification.sweep() == 1
    shown = (await get(world, continuation)).link
    assert (shown.state, shown.reason) == (pb.IDENTITY_LINK_STATE_PHONE_PROVED, "IDV_TIMED_OUT")
    attempt_id = world.look(lambda unit: unit.links.get(link.link_id)).attempt_id
    attempt = world.look(lambda unit: unit.attempts.get(attempt_id))
    assert attempt.state is IdentityState.UNVERIFIED


async def test_what_a_link_needs(world: IdentityWorld) -> None:
    """R-IDV-14: number, purpose, term, a face check of the brand."""
    with pytest.raises(FieldInvalid, match="phone_number"):
        issue(world, phone_number="")
    with pytest.raises(FieldInvalid, match="claim_ref"):
        issue(world, claim_ref="")
    with pytest.raises(FieldInvalid, match="lifetime"):
        issue(world, lifetime=dt.timedelta(days=31))
    _, token = issue(world)
    continuation = await prove(world, token)
    for method in ("bank4", "manual"):
        with pytest.raises(MethodOff):
            await begin(world, continuation, method)
    with pytest.raises(FieldInvalid):
        await begin(world, continuation, "no_method")
    world.brands.change("bzt", "identity", methods=(IdentityMethod.BANK_FOUR,))
    with pytest.raises(MethodOff):
        await begin(world, continuation)
