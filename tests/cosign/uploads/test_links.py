"""Signed links: they open one upload for five minutes, and nothing that was altered."""

import hmac

import pytest

from cosign.errors import ResourceNotFound
from cosign.uploads.links import Links
from tests.support.personal import MovableClock

UPLOAD = "upl_01J8Z3K4M5N6P7Q8R9STVWXYZ0"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def links(clock: MovableClock) -> Links:
    return Links(lambda data: hmac.digest(b"k" * 32, data, "sha256"), clock, base_url="https://files.example/")


def target(url: str) -> str:
    return url.removeprefix("https://files.example")


def test_a_link_works_for_five_minutes(links: Links, clock: MovableClock) -> None:
    link = links.make(UPLOAD)
    clock.forward(minutes=4, seconds=59)
    assert links.check(target(link.url)) == UPLOAD
    clock.forward(seconds=1)
    with pytest.raises(ResourceNotFound, match="ended"):
        links.check(target(link.url))


def test_what_is_altered_does_not_work(links: Links) -> None:
    good = target(links.make(UPLOAD).url)
    later = str(int(good.partition("expires=")[2].partition("&")[0]) + 1)
    path, _, query = good.partition("?")
    altered = [
        good.replace("upl_01", "upl_02"),
        f"{path}?expires={later}&{query.partition('&')[2]}",
        good[:-1],
        good[:-2] + ("AA" if not good.endswith("AA") else "BB"),
        path,
        f"{path}?expires=x&signature=AAAA",
        f"{path}?expires=-1&signature=AAAA",
        f"{path}?expires={'9' * 40}&signature=AAAA",
        f"{path}?expires=1&expires=2&signature=AAAA",
        good.replace("/uploads/", "/"),
        "/",
        "",
    ]
    for one in altered:
        with pytest.raises(ResourceNotFound):
            links.check(one)


def test_a_link_of_another_service(links: Links, clock: MovableClock) -> None:
    other = Links(lambda data: hmac.digest(b"o" * 32, data, "sha256"), clock, base_url="https://files.example")
    with pytest.raises(ResourceNotFound):
        links.check(target(other.make(UPLOAD).url))
