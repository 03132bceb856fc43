"""Texts by editors of the staff listener."""

import uuid
from collections.abc import Iterator

import pytest

from cosign.api.v1 import bootstrap_pb2
from cosign.api.v1 import content_admin_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.content.faults import ContentStateRefused
from cosign.errors import BrandUnknown, FieldInvalid, ResourceNotFound
from cosign.staff import Role
from tests.cosign.staff.world import World


def new() -> str:
    return str(uuid.uuid4())


def text(zh: str) -> bootstrap_pb2.LocalizedText:
    return bootstrap_pb2.LocalizedText(zh=zh)


def announcement(**changes: str) -> pb.DraftContentRequest:
    request = pb.DraftContentRequest(
        request_id=new(), brand="net", kind="announcement", title=text("通知"), body=text("系统升级")
    )
    for name, value in changes.items():
        setattr(request, name, value)
    return request


@pytest.fixture
def later(desk: World) -> Iterator[None]:
    yield
    assert all(row.actor for row in desk.rows())


@pytest.mark.usefixtures("later")
async def test_an_announcement_is_drafted_published_and_withdrawn(desk: World) -> None:
    """R-ADM-20: draft → publish → withdraw, with the editor in the audit trail."""
    editor = await desk.member("editor-1", Role.CONTENT_EDITOR)
    context = await editor.log_in()
    drafted = (await desk.contents.DraftContent(announcement(), context)).content
    assert (drafted.state, drafted.kind) == ("draft", "announcement")
    assert not drafted.HasField("body")
    content_id = drafted.content_id
    published = await desk.contents.PublishContent(
        pb.PublishContentRequest(request_id=new(), content_id=content_id), context
    )
    assert published.content.state == "published"
    with pytest.raises(ContentStateRefused):
        await desk.contents.PublishContent(pb.PublishContentRequest(request_id=new(), content_id=content_id), context)
    listed = await desk.contents.ListContent(
        pb.ListContentRequest(brand="net", kind="announcement", state="published"), context
    )
    assert [one.content_id for one in listed.contents] == [content_id]
    withdrawn = await desk.contents.WithdrawContent(
        pb.WithdrawContentRequest(request_id=new(), content_id=content_id), context
    )
    assert withdrawn.content.state == "withdrawn"
    shown = await desk.contents.GetContent(pb.GetContentRequest(content_id=content_id), context)
    assert shown.content.body.zh == "系统升级"
    acts = {
        AuditEvent.CONTENT_DRAFTED,
        AuditEvent.CONTENT_PUBLISHED,
        AuditEvent.CONTENT_WITHDRAWN,
    }
    rows = [row for row in desk.rows() if row.event in acts]
    assert [(row.event, row.actor) for row in rows] == [
        (AuditEvent.CONTENT_DRAFTED, editor.staff_id),
        (AuditEvent.CONTENT_PUBLISHED, editor.staff_id),
        (AuditEvent.CONTENT_WITHDRAWN, editor.staff_id),
    ]


async def test_versions_of_an_agreement(desk: World) -> None:
    """R-ADM-20: drafts of documents can be edited until they are published; a repeat makes no second version."""
    context = await desk.session("operator-1", Role.OPERATOR)
    request = announcement(kind="user_agreement")
    first = [(await desk.contents.DraftContent(request, context)).content for _ in range(2)]
    assert [one.version for one in first] == [1, 1]
    content_id = first[0].content_id
    edit = pb.EditContentRequest(request_id=new(), content_id=content_id, title=text("协议"), body=text("第一条"))
    assert (await desk.contents.EditContent(edit, context)).content.title.zh == "协议"
    await desk.contents.PublishContent(pb.PublishContentRequest(request_id=new(), content_id=content_id), context)
    edit.request_id = new()
    with pytest.raises(ContentStateRefused):
        await desk.contents.EditContent(edit, context)


async def test_bad_texts_are_refused(desk: World) -> None:
    """R-ADM-20: kinds, brands, ids and texts are checked."""
    context = await desk.session("editor-1", Role.CONTENT_EDITOR)
    with pytest.raises(FieldInvalid):
        await desk.contents.DraftContent(announcement(kind="song"), context)
    with pytest.raises(BrandUnknown):
        await desk.contents.DraftContent(announcement(brand="nobody"), context)
    with pytest.raises(FieldInvalid):
        await desk.contents.DraftContent(announcement(kind="user_agreement", video_url="https://x"), context)
    with pytest.raises(FieldInvalid):
        await desk.contents.GetContent(pb.GetContentRequest(content_id="acc_1"), context)
    missing = "ann_01J8Z3K4M5N6P7Q8R9STVWXYZ0"
    with pytest.raises(ResourceNotFound):
        await desk.contents.GetContent(pb.GetContentRequest(content_id=missing), context)
