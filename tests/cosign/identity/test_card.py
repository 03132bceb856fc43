"""Cards, their confirmation, and what a user and others see of attempts."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from cosign.accounts import personal as accounts_personal
from cosign.api.v1 import identity_pb2 as pb
from cosign.brands import IdentityMethod
from cosign.errors import FieldInvalid, PageTokenInvalid, ResourceNotFound
from cosign.identity.faults import CardUnreadable, DocumentExpired, IdentityStateRefused
from cosign.identity.personal import AREA
from cosign.personal.registry import OfBrand
from tests.cosign.accounts.world import OTHER, TestPhone
from tests.cosign.identity.world import DELAY, NAME, IdentityWorld, new_uuid
from tests.support.documents import resident_number


@pytest.fixture(autouse=True)
def reads_cards(world: IdentityWorld) -> None:
    world.brands.change("bzt", "identity", methods=(IdentityMethod.OCR_FACE, IdentityMethod.CPCN_FACE))


async def submit(world: IdentityWorld, phone: TestPhone, attempt_id: str, sides: tuple[str, str]) -> pb.CardValues:
    request = pb.SubmitCardRequest(attempt_id=attempt_id, front_upload_id=sides[0], back_upload_id=sides[1])
    return (await world.servicer.SubmitCard(request, phone.context)).read


async def confirm(
    world: IdentityWorld, phone: TestPhone, attempt_id: str, values: pb.CardValues
) -> pb.ConfirmCardResponse:
    request = pb.ConfirmCardRequest(request_id=new_uuid(), attempt_id=attempt_id, confirmed=values)
    return await world.servicer.ConfirmCard(request, phone.context)


async def test_card_then_face_with_digits(world: IdentityWorld) -> None:
    """R-IDV-06, R-IDV-07: pictures, values to confirm, a face step with digits, verified."""
    phone, person = await world.account(), world.person()
    attempt_id = (await world.start(phone, "ocr_digits_face")).attempt.attempt_id
    read = await submit(world, phone, attempt_id, world.card(phone.account_id, person))
    assert (read.name, read.document_number, read.document_expiry) == (NAME, person.document_number, "2031-01-01")
    assert read.authority
    waiting = await confirm(world, phone, attempt_id, read)
    assert waiting.attempt.state == pb.IDENTITY_STATE_FACE_PENDING
    assert len(waiting.session["digits"]) == 4
    world.finish()
    verified = await world.query(phone, attempt_id)
    assert verified.state == pb.IDENTITY_STATE_VERIFIED
    assert (await world.standing(phone)).person.document_expiry == "2031-01-01"
    assert not world.reviewed


async def test_another_number_is_flagged(world: IdentityWorld) -> None:
    """R-IDV-06: a number that is not the one that was read passes the face, then waits for a reviewer."""
    phone = await world.account()
    attempt_id = (await world.start(phone, "ocr_digits_face")).attempt.attempt_id
    read = await submit(world, phone, attempt_id, world.card(phone.account_id, world.person()))
    read.document_number = resident_number()
    await confirm(world, phone, attempt_id, read)
    world.finish()
    assert (await world.query(phone, attempt_id)).state == pb.IDENTITY_STATE_MANUAL_REVIEW
    assert [one.attempt_id for one in world.reviewed] == [attempt_id]
    assert (await world.standing(phone)).state == pb.IDENTITY_STATE_MANUAL_REVIEW


async def test_bad_cards(world: IdentityWorld) -> None:
    """R-IDV-06: no card, a blurred one, an expired one; another card may be used."""
    phone = await world.account()
    attempt_id = (await world.start(phone, "ocr_digits_face")).attempt.attempt_id
    person = world.person()
    good = world.card(phone.account_id, person)
    with pytest.raises(CardUnreadable):
        await submit(world, phone, attempt_id, (good[1], good[1]))
    blurred = bytearray(world.album.pictures[good[0]])
    blurred[60:90] = bytes(30)
    with pytest.raises(CardUnreadable):
        await submit(world, phone, attempt_id, (world.upload(phone.account_id, bytes(blurred)), good[1]))
    with pytest.raises(DocumentExpired):
        await submit(world, phone, attempt_id, world.card(phone.account_id, person, expiry="2029-12-31"))
    with pytest.raises(IdentityStateRefused):
        await confirm(world, phone, attempt_id, pb.CardValues(name=NAME, document_number=resident_number(), sex="F"))
    read = await submit(world, phone, attempt_id, good)
    for wrong in ({"document_number": "1" * 18}, {"sex": "X"}, {"birth": "1999-01-01"}, {"document_expiry": "soon"}):
        values = pb.CardValues()
        values.CopyFrom(read)
        for field, value in wrong.items():
            setattr(values, field, value)
        with pytest.raises(FieldInvalid):
            await confirm(world, phone, attempt_id, values)
    await confirm(world, phone, attempt_id, read)
    with pytest.raises(IdentityStateRefused):
        await submit(world, phone, attempt_id, good)


async def test_attempts_of_others_do_not_exist(world: IdentityWorld) -> None:
    """R-IDV-16: an attempt is seen, read, confirmed, queried and given up by its own account only (IDOR)."""
    phone, other = await world.account(), await world.account(OTHER)
    attempt_id = (await world.start(phone, "ocr_digits_face")).attempt.attempt_id
    sides = world.card(other.account_id, world.person())
    with pytest.raises(ResourceNotFound):
        await submit(world, other, attempt_id, sides)
    with pytest.raises(ResourceNotFound):
        await submit(world, phone, attempt_id, sides)
    with pytest.raises(ResourceNotFound):
        await confirm(world, other, attempt_id, pb.CardValues(name=NAME, sex="F"))
    with pytest.raises(ResourceNotFound):
        await world.query(other, attempt_id)
    with pytest.raises(ResourceNotFound):
        await world.servicer.CancelAttempt(pb.CancelAttemptRequest(attempt_id=attempt_id), other.context)
    assert not (await world.servicer.ListAttempts(pb.ListAttemptsRequest(), other.context)).attempts


async def test_history(world: IdentityWorld) -> None:
    """R-IDV-15: all attempts by pages, newest first, masked; a page token is its owner's."""
    phone, other = await world.account(), await world.account(OTHER)
    for name in ("无人脸", NAME):
        await world.start(phone, name=name)
        world.clock.forward(seconds=DELAY.total_seconds())
        await world.query(phone, (await world.standing(phone)).newest.attempt_id)
    first = await world.servicer.ListAttempts(pb.ListAttemptsRequest(page_size=1), phone.context)
    request = pb.ListAttemptsRequest(page_size=1, page_token=first.next_page_token)
    second = await world.servicer.ListAttempts(request, phone.context)
    assert [first.attempts[0].state, second.attempts[0].state] == [
        pb.IDENTITY_STATE_VERIFIED,
        pb.IDENTITY_STATE_FAILED,
    ]
    assert first.attempts[0].name_masked == NAME[0] + "**"
    assert second.next_page_token == ""
    with pytest.raises(PageTokenInvalid):
        await world.servicer.ListAttempts(request, other.context)


async def test_nothing_stands_in_the_clear(world: IdentityWorld, tmp_path: Path) -> None:
    """R-IDV-16, R-IDV-06: neither the database nor the sandbox's folder holds names, numbers or addresses."""
    phone, person = await world.account(), world.person()
    attempt_id = (await world.start(phone, "ocr_digits_face")).attempt.attempt_id
    read = await submit(world, phone, attempt_id, world.card(phone.account_id, person))
    await confirm(world, phone, attempt_id, read)
    world.finish()
    with sqlite3.connect(tmp_path / "cosign.db") as connection:
        dump = "\n".join(connection.iterdump())
    files = "".join(path.read_text("utf-8") for path in (tmp_path / "sandbox").iterdir())
    for secret in (person.document_number, NAME, read.address, read.authority):
        assert secret not in dump + files
        assert secret.encode().hex().upper() not in dump.upper()
    assert person.document_number not in repr(person)


async def test_export_erasure_and_retention(world: IdentityWorld) -> None:
    """R-IDV-16: a copy for the person, evidence in the archive, attempts only as long as the brand says."""
    phone, number = await world.account(), resident_number()
    await world.start(phone, name="无人脸")
    world.clock.forward(seconds=DELAY.total_seconds())
    await world.query(phone, (await world.standing(phone)).newest.attempt_id)
    await world.verify(phone, number)
    kept: list[Mapping[str, object]] = []

    class Kept:
        def keep(self, subject: str, document: Mapping[str, object]) -> None:
            kept.append(document)

    assert AREA.export is not None
    assert AREA.erase is not None
    of_brand: OfBrand = accounts_personal.of_brand("bzt")
    (rule,) = AREA.retention
    with world.engine.begin() as connection:
        exported = AREA.export(connection, world.personal, phone.account_id)
        assert number in repr(exported)
        later = world.clock.now() + DELAY
        assert rule.expire(connection, of_brand, later, 10) == 1
        done = AREA.erase(connection, world.personal, phone.account_id, Kept())
        assert (done.erased, done.archived) == (2, 1)
        assert number in repr(kept)
        empty = AREA.export(connection, world.personal, phone.account_id)
    assert empty == {"persons": [], "attempts": []}
