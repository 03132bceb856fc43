"""R-MSG-06, R-MSG-07, R-ADM-20: announcements, guides and videos."""

import pytest

from cosign.brands.model import Text
from cosign.content.faults import ContentStateRefused
from cosign.content.model import MAX_ATTACHMENTS, Article, ArticleKind, Attachment, ContentState
from cosign.content.usecases.articles import draft_article, publish_article, published_article, withdraw_article
from cosign.errors import ConcurrentOperation, FieldInvalid, ResourceNotFound
from tests.cosign.content.conftest import BODY, Change
from tests.cosign.devices.fakes import MovableClock

NEWS = ArticleKind.ANNOUNCEMENT


def add(
    change: Change, clock: MovableClock, zh: str, en: str = "", *, kind: ArticleKind = NEWS, brand: str = "zb"
) -> Article:
    clock.forward(seconds=1)
    url = "https://videos.example/1" if kind is ArticleKind.VIDEO else ""
    with change() as unit:
        drafted = draft_article(
            unit, brand=brand, kind=kind, title=Text(zh=zh, en=en), body=BODY, clock=clock, video_url=url
        )
        return publish_article(unit, article_id=drafted.article_id, clock=clock)


def found(change: Change, keyword: str, *, limit: int = 9, before: str = "") -> list[str]:
    with change() as unit:
        page = unit.articles("zb", NEWS, state=ContentState.PUBLISHED, keyword=keyword, before=before, limit=limit)
    return [one.title.zh for one in page.articles]


def test_a_keyword_finds_titles_in_both_languages(change: Change, clock: MovableClock) -> None:
    add(change, clock, "系统升级通知", "System upgrade")
    add(change, clock, "节假日安排", "Holidays")
    add(change, clock, "系统升级完成", "Upgrade 100% done_")
    add(change, clock, "系统升级指南", kind=ArticleKind.GUIDE)
    add(change, clock, "系统升级", brand="net")
    assert found(change, "") == ["系统升级完成", "节假日安排", "系统升级通知"]
    assert found(change, "升级") == ["系统升级完成", "系统升级通知"]
    assert found(change, "UPGRADE") == ["系统升级完成", "系统升级通知"]
    assert found(change, "holi") == ["节假日安排"]
    assert found(change, "nothing") == []


@pytest.mark.parametrize(("keyword", "hits"), [("%", 1), ("_", 1), ("100%", 1), ("1_0", 0), ("\\", 0), ("'", 0)])
def test_a_keyword_is_no_pattern(change: Change, clock: MovableClock, keyword: str, hits: int) -> None:
    add(change, clock, "一", "Upgrade 100% done_")
    add(change, clock, "二", "Upgrade 1000 done")
    assert len(found(change, keyword)) == hits


def test_pages_newest_first(change: Change, clock: MovableClock) -> None:
    made = [add(change, clock, f"第{number}条") for number in range(5)]
    assert found(change, "", limit=2) == ["第4条", "第3条"]
    assert found(change, "", limit=2, before=made[3].article_id) == ["第2条", "第1条"]
    with change() as unit:
        last = unit.articles("zb", NEWS, state=None, keyword="", before=made[1].article_id, limit=2)
    assert (len(last.articles), last.cursor) == (1, "")
    assert last.articles[0].body == Text()  # lists carry no bodies


def test_nobody_sees_drafts_and_what_was_withdrawn(change: Change, clock: MovableClock) -> None:
    article = add(change, clock, "通知")
    with change() as unit:
        draft = draft_article(unit, brand="zb", kind=NEWS, title=Text(zh="草稿"), body=BODY, clock=clock)
        assert published_article(unit, article.article_id).body == BODY
        withdraw_article(unit, article_id=article.article_id, clock=clock)
        for hidden in (draft.article_id, article.article_id, "ann_" + "0" * 26):
            with pytest.raises(ResourceNotFound):
                published_article(unit, hidden)
    assert found(change, "") == []
    for act in (publish_article, withdraw_article):
        with pytest.raises(ContentStateRefused), change() as unit:
            act(unit, article_id=article.article_id, clock=clock)
    with pytest.raises(ConcurrentOperation), change() as unit:
        unit.change_article(article, ContentState.PUBLISHED)


def test_attachments_and_videos_are_kept(change: Change, clock: MovableClock) -> None:
    files = [Attachment(name="附件.pdf", url="https://files.example/1.pdf")]
    with change() as unit:
        made = draft_article(
            unit, brand="zb", kind=NEWS, title=Text(zh="通知"), body=BODY, clock=clock, attachments=files
        )
        assert unit.article(made.article_id) == made
        video = draft_article(
            unit,
            brand="zb",
            kind=ArticleKind.VIDEO,
            title=Text(en="How to sign"),
            body=Text(),
            clock=clock,
            video_url="https://videos.example/sign",
        )
        assert unit.article(video.article_id) == video


@pytest.mark.parametrize(
    ("kind", "video", "files", "field"),
    [
        (ArticleKind.VIDEO, "", [], "video_url"),
        (ArticleKind.VIDEO, "http://videos.example/1", [], "video_url"),
        (ArticleKind.GUIDE, "javascript:alert(1)", [], "video_url"),
        (NEWS, "", [Attachment(name="a", url="ftp://x.example/a")], "attachments[0].url"),
        (NEWS, "", [Attachment(name="", url="https://x.example/a")], "attachments[0].name"),
        (NEWS, "", [Attachment(name="a\n", url="https://x.example/a")], "attachments[0].name"),
        (NEWS, "", [Attachment(name="a", url="https://x.example/a b")], "attachments[0].url"),
        (NEWS, "", [Attachment(name="a", url="https://x.example")] * (MAX_ATTACHMENTS + 1), "attachments"),
    ],
)
def test_what_does_not_fit_is_named(
    change: Change, clock: MovableClock, kind: ArticleKind, video: str, files: list[Attachment], field: str
) -> None:
    with pytest.raises(FieldInvalid) as caught, change() as unit:
        draft_article(
            unit,
            brand="zb",
            kind=kind,
            title=Text(zh="题"),
            body=BODY,
            clock=clock,
            video_url=video,
            attachments=files,
        )
    assert caught.value.field == field
