"""From the first byte to the row: types, limits, sealing, sharing, repeats."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from cosign.errors import RequestIdReused, ResourceNotFound
from cosign.store.unit_of_work import reading
from cosign.uploads.faults import (
    UploadDamaged,
    UploadIncomplete,
    UploadQuota,
    UploadTooLarge,
    UploadTypeRefused,
)
from cosign.uploads.model import MediaType, Quota, UploadPurpose
from cosign.uploads.repository import UploadRows
from cosign.uploads.tables import upload_object
from tests.cosign.uploads.conftest import PLACE, Area, document, picture
from tests.support.clear_text import assert_absent, dump, files

REQUEST = "11111111-1111-4111-8111-111111111111"


def states(area: Area) -> list[str]:
    with reading(area.engine) as connection:
        return sorted(connection.execute(select(upload_object.c.state)).scalars())


@pytest.mark.parametrize("length", [1_000, 65_535, 65_536, 65_537, 200_000])
def test_a_document_comes_back_as_it_was(area: Area, length: int) -> None:
    made = area.put(document(length))
    assert (made.media_type, made.size) == (MediaType.PDF, length)
    assert area.get(made.upload_id) == document(length)


def test_nothing_readable_is_stored(area: Area) -> None:
    """R-IDV-16: neither the store nor the database shows what was uploaded."""
    area.put(document())
    assert_absent(dump(area.engine) | files(area.folder), PLACE, "%PDF-1.7")
    assert all(path.stat().st_mode & 0o077 == 0 for path in area.objects())


@pytest.mark.parametrize(("kind", "stored"), [("JPEG", "JPEG"), ("PNG", "PNG"), ("WEBP", "JPEG")])
def test_only_the_picture_of_a_picture_remains(area: Area, kind: str, stored: str) -> None:
    sent = picture(kind) + b"appended " + PLACE.encode()
    content = area.get(area.put(sent, UploadPurpose.IDENTITY).upload_id)

    with Image.open(io.BytesIO(content)) as found:
        assert (found.format, found.size, dict(found.getexif())) == (stored, (64, 48), {})
    assert PLACE.encode() not in content


def test_an_avatar_is_made_smaller(area: Area) -> None:
    content = area.get(area.put(picture(size=(1200, 600)), UploadPurpose.AVATAR).upload_id)
    with Image.open(io.BytesIO(content)) as found:
        assert found.size == (512, 256)


def test_a_bomb_is_not_decoded(area: Area) -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    with pytest.raises(UploadTooLarge, match="pixels"):
        area.put(out.getvalue(), UploadPurpose.IDENTITY)


@pytest.mark.parametrize(
    ("content", "purpose"),
    [
        (b"<html><script>alert(1)</script></html>", UploadPurpose.DOCUMENT),
        (b"MZ" + bytes(60), UploadPurpose.DOCUMENT),
        (b"short", UploadPurpose.DOCUMENT),
        (document(), UploadPurpose.AVATAR),
        (b"\xff\xd8\xff\xe0 not a picture at all", UploadPurpose.AVATAR),
        (b"\x00\x00\x00\x18ftypisom" + bytes(50), UploadPurpose.IDENTITY),
    ],
)
def test_other_types_are_refused_whatever_they_claim(area: Area, content: bytes, purpose: UploadPurpose) -> None:
    with pytest.raises(UploadTypeRefused):
        area.put(content, purpose)
    assert area.objects() == []


def test_sizes_are_held_to(area: Area) -> None:
    with pytest.raises(UploadTooLarge, match="at most"):
        area.put(document(), announced=21 * 1024 * 1024)
    with pytest.raises(UploadTooLarge, match="than announced"):
        area.put(document(), announced=100)
    with pytest.raises(UploadIncomplete, match="200000 of 200001"):
        area.put(document(), announced=200_001)
    assert area.objects() == []


def test_the_same_content_of_one_owner_is_stored_once(area: Area) -> None:
    first, second = area.put(document()), area.put(document())
    assert first.upload_id != second.upload_id
    assert first.object_id == second.object_id
    area.upkeep.sweep()
    assert len(area.objects()) == 1
    assert area.get(second.upload_id) == document()


def test_owners_never_share_and_learn_nothing_from_each_other(area: Area) -> None:
    first, second = area.put(document()), area.put(document(), owner="acc_2")
    assert first.object_id != second.object_id
    assert len({path.read_bytes() for path in area.objects()}) == 2
    with reading(area.engine) as connection:
        assert len(set(connection.execute(select(upload_object.c.content_index)).scalars())) == 2


def test_somebody_elses_upload_does_not_exist(area: Area) -> None:
    made = area.put(document())
    with reading(area.engine) as connection:
        for upload_id in (made.upload_id, "upl_01J8Z3K4M5N6P7Q8R9STVWXYZ0", "", "upl_'--"):
            with pytest.raises(ResourceNotFound, match="no such upload"):
                UploadRows(connection).get(upload_id, owner_id="acc_2")


def test_a_repeat_gets_the_same_upload(area: Area) -> None:
    first = area.put(document(), request_id=REQUEST)
    assert area.put(document(), request_id=REQUEST) == first
    with pytest.raises(RequestIdReused):
        area.put(document(1_000), request_id=REQUEST)
    area.clock.forward(hours=2)
    area.upkeep.sweep()
    assert len(area.objects()) == 1


def test_quotas(area: Area) -> None:
    area.quota = Quota(max_bytes=500_000, max_uploads=2)
    area.put(document(200_000))
    with pytest.raises(UploadQuota):
        area.put(document(300_001))
    area.put(document(1000))
    with pytest.raises(UploadQuota):
        area.put(document(1001))
    area.put(document(300_001), owner="acc_2")


def test_a_damaged_object_is_noticed(area: Area) -> None:
    made = area.put(document())
    (path,) = area.objects()
    sound = path.read_bytes()
    for damaged in (sound[:-1], sound[:70_000], sound[:40], sound[:36] + b"x" + sound[37:], b""):
        path.write_bytes(damaged)
        with pytest.raises(UploadDamaged):
            area.get(made.upload_id)
    path.unlink()
    with pytest.raises(UploadDamaged, match="missing"):
        area.get(made.upload_id)


def test_states_after_a_failure(area: Area) -> None:
    area.put(document())
    with pytest.raises(UploadTypeRefused):
        area.put(b"nothing that anybody knows")
    assert states(area) == ["stored", "writing"]
    area.clock.forward(hours=1, seconds=1)
    area.upkeep.sweep()
    assert states(area) == ["stored"]
