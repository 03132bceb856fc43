"""SMS codes, tickets, captchas (R-ACC-01, R-ACC-02)."""

import asyncio
import io

import pytest
from PIL import Image
from sqlalchemy import select

from cosign.accounts.codes import CodePurpose
from cosign.accounts.faults import CaptchaWrong, CodeTooSoon, CodeTries, CodeWrong, SmsQuota, TicketInvalid
from cosign.accounts.tables import captcha, sms_code, verification_ticket
from cosign.accounts.usecases.codes import make_captcha, take_ticket
from cosign.api.v1 import code_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.errors import BrandUnknown, FieldInvalid
from cosign.personal.data_keys import KeyKind
from cosign.store.unit_of_work import reading
from tests.cosign.accounts.world import BRAND, NUMBER, OTHER, Context, World
from tests.support.clear_text import assert_absent, dump

LOGIN = pb.CODE_PURPOSE_LOGIN
RESET = pb.CODE_PURPOSE_RESET_PASSWORD


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_a_code_is_traded_for_a_ticket_once(world: World) -> None:
    """R-ACC-01: verify once, then a short-lived single-use ticket."""
    code = await world.send(LOGIN)
    assert (len(code), code.isdigit()) == (6, True)
    ticket = await world.verified(LOGIN, code)
    with pytest.raises(CodeWrong):
        await world.verified(LOGIN, code)
    proved = world.do(lambda unit: take_ticket(unit, ticket, CodePurpose.LOGIN, clock=world.clock))
    assert proved.phone_number == f"+86{NUMBER}"
    with pytest.raises(TicketInvalid):
        world.do(lambda unit: take_ticket(unit, ticket, CodePurpose.LOGIN, clock=world.clock))


async def test_a_code_is_good_for_its_number_purpose_and_brand_only(world: World) -> None:
    """R-ACC-01: bound to (brand, phone, purpose)."""
    code = await world.send(LOGIN)
    for purpose, number, brand in ((RESET, NUMBER, BRAND), (LOGIN, OTHER, BRAND), (LOGIN, NUMBER, "ept")):
        with pytest.raises(CodeWrong):
            await world.verified(purpose, code, number, brand)
    ticket = await world.verified(LOGIN, code, "+86" + NUMBER)
    with pytest.raises(TicketInvalid):
        world.do(lambda unit: take_ticket(unit, ticket, CodePurpose.RESET_PASSWORD, clock=world.clock))


async def test_a_code_ends_by_time_by_tries_and_by_the_next_one(world: World) -> None:
    """R-ACC-01: TTL 5 min, 5 tries, resend 60 s."""
    code = await world.send(LOGIN)
    world.clock.forward(seconds=300)
    with pytest.raises(CodeWrong):
        await world.verified(LOGIN, code)
    first = await world.send(LOGIN)
    with pytest.raises(CodeTooSoon) as soon:
        await world.send(LOGIN)
    assert soon.value.retry_after_ms == 60_000
    world.clock.forward(seconds=60)
    second = await world.send(LOGIN)
    if first != second:
        with pytest.raises(CodeWrong):
            await world.verified(LOGIN, first)
    tried = 1 if first != second else 0
    for _ in range(5 - tried):
        with pytest.raises(CodeWrong):
            await world.verified(LOGIN, wrong(second))
    with pytest.raises(CodeTries):
        await world.verified(LOGIN, second)


async def test_codes_while_the_index_key_is_replaced(world: World) -> None:
    """R-ACC-01: a code from before counts after it; the next one takes its place, with tries of its own."""
    keys = world.personal._keys
    keys.rotate(KeyKind.INDEX, spread_ms=60_000)
    await world.send(LOGIN)
    world.clock.forward(seconds=60)
    second = await world.send(LOGIN)
    assert await world.verified(LOGIN, second)
    before = await world.send(RESET)
    keys.rotate(KeyKind.INDEX, spread_ms=60_000)
    world.clock.forward(seconds=60)
    assert await world.verified(RESET, before)


async def test_guesses_at_once_do_not_get_more_tries(world: World) -> None:
    """R-ACC-01: a try is counted before the code is compared."""
    code = await world.send(LOGIN)
    guesses = [wrong(code)] * 12
    answers = await asyncio.gather(*(world.verified(LOGIN, guess) for guess in guesses), return_exceptions=True)
    assert sum(isinstance(answer, CodeWrong) for answer in answers) == 5
    assert sum(isinstance(answer, CodeTries) for answer in answers) == 7


async def test_a_number_gets_ten_codes_a_day(world: World) -> None:
    """R-ACC-01: daily cap per number."""
    for _ in range(10):
        await world.send(LOGIN)
        world.clock.forward(seconds=61)
    with pytest.raises(SmsQuota) as refused:
        await world.send(LOGIN)
    assert refused.value.retry_after_ms > 0
    with pytest.raises(SmsQuota):
        await world.send(RESET)
    await world.send(LOGIN, OTHER)
    world.clock.forward(hours=24)
    await world.send(LOGIN)


async def test_an_sms_flood_from_one_address_ends(world: World) -> None:
    """R-ACC-01: daily cap per address, whatever numbers are asked for."""
    for number in range(100):
        await world.send(LOGIN, f"138{number:08d}")
    with pytest.raises(SmsQuota):
        await world.send(LOGIN, OTHER)
    await world.send(LOGIN, OTHER, address="198.51.100.9")
    assert len(world.sent) == 101


async def test_a_phone_that_changes_its_address_is_counted_too(world: World) -> None:
    """R-ACC-01: daily cap per device."""
    for number in range(21):
        request = pb.SendCodeRequest(
            brand=BRAND, phone_number=f"137{number:08d}", purpose=LOGIN, installation_id="an-installation"
        )
        context = Context(address=f"192.0.2.{number}")
        if number < 20:
            await world.codes.SendCode(request, context)
        else:
            with pytest.raises(SmsQuota):
                await world.codes.SendCode(request, context)


async def test_known_and_unknown_numbers_get_the_same_answer(world: World) -> None:
    """R-ACC-01, R-ACC-07: nobody learns from SendCode who has an account."""
    await world.account(NUMBER)
    answers = [
        await world.codes.SendCode(pb.SendCodeRequest(brand=BRAND, phone_number=number, purpose=RESET), Context())
        for number in (NUMBER, OTHER)
    ]
    assert answers[0] == answers[1]
    assert [sent["phone_number"] for sent in world.sent[-2:]] == [f"+86{NUMBER}", f"+86{OTHER}"]


@pytest.mark.parametrize(
    "number", ["", "1380000000", "138000000011", "23800000001", "+8513800000001", "１３８００００００01"]
)
async def test_what_is_no_number(world: World, number: str) -> None:
    with pytest.raises(FieldInvalid):
        await world.send(LOGIN, number)
    assert world.sent == []


async def test_what_else_is_refused(world: World) -> None:
    with pytest.raises(BrandUnknown):
        await world.send(LOGIN, brand="none")
    with pytest.raises(FieldInvalid):
        await world.send(pb.CODE_PURPOSE_UNSPECIFIED)
    with pytest.raises(FieldInvalid):
        await world.verified(LOGIN, "12345a")


async def test_a_captcha_is_a_picture_and_good_once(world: World) -> None:
    """R-ACC-02: single use, case-insensitive; wrong or late: no SMS."""
    request = pb.GetCaptchaRequest(brand="net")
    made = await world.codes.GetCaptcha(request, Context())
    assert Image.open(io.BytesIO(made.image)).format == "PNG"
    assert len(made.image) <= 32 * 1024

    async def send(captcha_id: str, answer: str) -> None:
        wish = pb.SendCodeRequest(
            brand="net", phone_number=NUMBER, purpose=LOGIN, captcha_id=captcha_id, captcha_answer=answer
        )
        await world.codes.SendCode(wish, Context())

    for captcha_id, answer in (("", ""), (made.captcha_id, "????"), ("cap_no", "AAAA")):
        with pytest.raises(CaptchaWrong):
            await send(captcha_id, answer)
    assert world.sent == []
    captcha_id, shown, _ = world.do(lambda unit: make_captcha(unit, brand="net", clock=world.clock))
    await send(captcha_id, shown.lower())
    world.clock.forward(seconds=61)
    with pytest.raises(CaptchaWrong):
        await send(captcha_id, shown)
    captcha_id, shown, _ = world.do(lambda unit: make_captcha(unit, brand="net", clock=world.clock))
    world.clock.forward(seconds=301)
    with pytest.raises(CaptchaWrong):
        await send(captcha_id, shown)
    with reading(world.engine) as connection:
        left = connection.execute(select(captcha.c.captcha_id)).scalars().all()
    assert captcha_id not in left


async def test_neither_code_nor_number_is_stored_in_clear(world: World) -> None:
    """R-ACC-01: only a keyed hash of the code; the trail has the purpose and no more."""
    code = await world.send(LOGIN)
    ticket = await world.verified(LOGIN, code)
    places = dump(world.engine)
    assert_absent(places, NUMBER, ticket)
    with reading(world.engine) as connection:
        rows = repr(connection.execute(select(sms_code)).all()) + repr(
            connection.execute(select(verification_ticket)).all()
        )
    assert code not in rows
    assert (AuditEvent.CODE_SENT, "login") in world.events()
