"""The picture of a profile is an upload of its account, and stays as long as the profile names it (R-ACC-20)."""

import uuid

import pytest

from cosign.api.v1 import account_pb2 as pb
from cosign.errors import ResourceNotFound
from cosign.store.unit_of_work import reading, writing
from cosign.uploads.claims import FOR_GOOD
from cosign.uploads.model import MediaType, Upload, UploadPurpose
from cosign.uploads.repository import UploadRows
from tests.cosign.accounts.world import OTHER, TestPhone, World


def uploaded(world: World, phone: TestPhone, number: int, purpose: UploadPurpose = UploadPurpose.AVATAR) -> str:
    """An upload that nobody has taken up yet."""
    now = world.clock.now()
    one = Upload(
        upload_id=f"upl_{number:026d}",
        owner_id=phone.account_id,
        object_id=f"obj_{number:026d}",
        purpose=purpose,
        media_type=MediaType.PNG,
        size=1,
        created_at=now,
        keep_until=now,
    )
    with writing(world.engine) as connection:
        rows = UploadRows(connection)
        rows.begin_object(one.object_id, owner_id=one.owner_id, key_version=1, now=now)
        rows.finish_object(one.object_id, content_index=number.to_bytes(32), size=1)
        rows.add(one)
    return one.upload_id


def stored(world: World, upload_id: str) -> Upload | None:
    with reading(world.engine) as connection:
        return UploadRows(connection).find(upload_id)


async def changed(world: World, phone: TestPhone, upload_id: str) -> str:
    request = pb.UpdateProfileRequest(request_id=str(uuid.uuid4()), avatar_upload_id=upload_id)
    return (await world.accounts.UpdateProfile(request, phone.context)).profile.avatar_upload_id


async def test_an_avatar_stays_until_another_one_takes_its_place(world: World) -> None:
    phone = await world.account()
    first, second = uploaded(world, phone, 1), uploaded(world, phone, 2)
    for _ in range(2):
        assert await changed(world, phone, first) == first
    kept = stored(world, first)
    assert kept is not None
    assert kept.keep_until == FOR_GOOD
    assert await changed(world, phone, second) == second
    assert stored(world, first) is None
    assert await changed(world, phone, "") == ""
    assert stored(world, second) is None


async def test_only_an_own_upload_made_for_it_becomes_an_avatar(world: World) -> None:
    phone, other = await world.account(), await world.account(OTHER)
    mine = uploaded(world, phone, 1)
    assert await changed(world, phone, mine) == mine
    foreign, document = uploaded(world, other, 2), uploaded(world, phone, 3, UploadPurpose.DOCUMENT)
    for bad in (foreign, document, "upl_" + "0" * 26):
        with pytest.raises(ResourceNotFound):
            await changed(world, phone, bad)
    assert stored(world, mine) is not None
