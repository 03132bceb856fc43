"""R-ACC-30, R-ACC-31: versions of apps and systems, regions."""

import pytest

from cosign.brands.clients import check_client, judge_version, read_client, region_of
from cosign.brands.document import read_document
from cosign.brands.faults import PlatformUnserved, UpgradeRequired
from cosign.brands.model import version_parts
from cosign.brands.words import Platform
from cosign.errors import FieldInvalid

POLICY = read_document(
    """
brand = "mine"
[policy]
regions = [
  { code = "650000", name = { zh = "新疆" }, platform = "xj-trade" },
  { code = "650100", name = { zh = "乌鲁木齐" }, platform = "urumqi" },
  { code = "110000", name = { zh = "北京" } },
]
[[policy.client.platforms]]
platform = "android"
minimum_os = "7.0"
minimum_app = "2.0"
newest_app = "2.10.1"
download_url = "https://apps.example/mine.apk"
[[policy.client.platforms]]
platform = "ios"
""".encode()
).policy


@pytest.mark.parametrize(
    ("app", "system", "available", "required", "too_old"),
    [
        ("2.10.1", "7.0", False, False, False),
        ("2.10", "7", True, False, False),
        ("2.9.9", "13", True, False, False),
        ("2", "6.9.9", True, False, True),
        ("1.99.99.99", "7.0.0.1", True, True, False),
        ("3", "15", False, False, False),
    ],
)
def test_versions_compare_as_numbers(app: str, system: str, available: bool, required: bool, too_old: bool) -> None:
    verdict = judge_version(POLICY, platform=Platform.ANDROID, app_version=app, os_version=system)
    assert (verdict.upgrade_available, verdict.upgrade_required, verdict.os_too_old) == (available, required, too_old)


def test_a_platform_without_demands_takes_everything() -> None:
    verdict = judge_version(POLICY, platform=Platform.IOS, app_version="0.1", os_version="1")
    assert (verdict.upgrade_available, verdict.upgrade_required, verdict.os_too_old) == (False, False, False)


def test_a_platform_that_is_not_served_is_refused() -> None:
    with pytest.raises(PlatformUnserved):
        judge_version(POLICY, platform=Platform.HARMONYOS, app_version="1", os_version="5")
    with pytest.raises(PlatformUnserved):
        check_client(POLICY, read_client("mine/harmonyos/9"))


def test_an_old_app_is_told_where_the_new_one_is() -> None:
    check_client(POLICY, read_client("mine/android/2.0"))
    with pytest.raises(UpgradeRequired) as caught:
        check_client(POLICY, read_client("mine/android/1.9"))
    assert caught.value.metadata == {"minimum_app": "2.0", "download_url": "https://apps.example/mine.apk"}


@pytest.mark.parametrize(
    "header", ["", "mine", "mine/android", "mine/android/1/2", "mine/windows/1", "mine/ios/x", "mine/ios/", "a/" * 50]
)
def test_what_is_no_client_is_refused(header: str) -> None:
    with pytest.raises(FieldInvalid, match="x-client-version"):
        read_client(header)


@pytest.mark.parametrize("text", ["", "a", "1.", ".1", "1.2.3.4.5", "12345", "1 ", "-1", "１"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        version_parts(text)


@pytest.mark.parametrize(
    ("code", "platform"),
    [("650100", "urumqi"), ("650102", "urumqi"), ("650200", "xj-trade"), ("659001", "xj-trade"), ("110105", "")],
)
def test_a_place_gets_its_own_region_or_its_province(code: str, platform: str) -> None:
    found = region_of(POLICY, code)
    assert found is not None
    assert found.platform == platform


def test_a_place_without_region_gets_nothing() -> None:
    """R-ACC-31: region without platform → empty choice."""
    assert region_of(POLICY, "440100") is None
