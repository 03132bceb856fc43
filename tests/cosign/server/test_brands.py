"""A real server: what guests may ask of brands and content, and what an operator changes beside it."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from cosign.api.v1 import (
    bootstrap_pb2,
    bootstrap_pb2_grpc,
    content_pb2,
    content_pb2_grpc,
    server_info_pb2,
    server_info_pb2_grpc,
)
from cosign.client.phone.errors import InputRefused, Rejected, ServerNotTrusted
from tests.cosign.server.calls import refused
from tests.cosign.server.process import ServerProcess, metric, running

WAIT_SECONDS = 60.0
OLD = (("x-client-version", "bxq/android/1.9"), ("accept-language", "en"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running(tmp_path_factory.mktemp("brands"), {"COSIGN_LIMITS__READING_BURST": "10000"}) as made:
        yield made


@pytest.fixture(scope="module")
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with server.channel() as made:
        yield made


@pytest.fixture
def bootstrap(channel: grpc.Channel) -> Any:
    return bootstrap_pb2_grpc.BootstrapServiceStub(channel)  # type: ignore[no-untyped-call]


@pytest.fixture
def content(channel: grpc.Channel) -> Any:
    return content_pb2_grpc.ContentServiceStub(channel)  # type: ignore[no-untyped-call]


def config(bootstrap: Any, brand: str, platform: str = "android", etag: str = "") -> Any:
    return bootstrap.GetConfig(bootstrap_pb2.GetConfigRequest(brand=brand, platform=platform, etag=etag), timeout=30)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def apply(server: ServerProcess, document: str) -> None:
    path = server.folder / "policy.toml"
    path.write_text(document, encoding="utf-8")
    done = server.control("brand", "apply", str(path))
    assert done.returncode == 0, done.stderr


def test_server_info_names_the_brands(channel: grpc.Channel) -> None:
    stub = server_info_pb2_grpc.ServerInfoServiceStub(channel)  # type: ignore[no-untyped-call]
    info = stub.GetServerInfo(server_info_pb2.GetServerInfoRequest(), timeout=30)
    assert [one.brand for one in info.brands] == ["bxq", "bzt", "cosign", "ept", "net", "sxq", "xss", "zb"]
    found = next(one for one in info.brands if one.brand == "xss")
    assert (found.policy_version, found.title_zh, list(found.platforms)) == (
        1,
        "掌上信手书",
        ["android", "ios", "harmonyos"],
    )


def test_the_configuration_of_an_app(bootstrap: Any) -> None:
    """R-ACC-30: methods, rules, minimum systems, agreements, support."""
    found = config(bootstrap, "net").config
    assert list(found.login_methods) == ["sms", "biometric"]
    assert (found.login_factors, found.password_step, found.codes.captcha) == ("sms+password", "required", True)
    assert (found.password.min_length, found.password.max_length, found.password.min_classes) == (8, 16, 3)
    assert found.codes.resend.seconds == 60
    assert config(bootstrap, "bxq", "ios").config.platform.minimum_os == "9.0"
    assert config(bootstrap, "zb", "ios").config.platform.free_megabytes == 100
    assert "8:00-17:00" in config(bootstrap, "ept").config.support_hours.en


def test_an_etag_spares_the_answer(bootstrap: Any) -> None:
    first = config(bootstrap, "zb")
    again = config(bootstrap, "zb", etag=first.etag)
    assert (again.not_modified, again.HasField("config"), again.etag) == (True, False, first.etag)
    assert config(bootstrap, "zb", "ios").etag != first.etag


@pytest.mark.parametrize(
    ("brand", "platform", "reason"),
    [
        ("none", "android", "BRAND_UNKNOWN"),
        ("", "android", "BRAND_UNKNOWN"),
        ("net", "windows", "FIELD_INVALID"),
        ("bxq", "harmonyos", "PLATFORM_UNSERVED"),
    ],
)
def test_what_is_not_served(bootstrap: Any, brand: str, platform: str, reason: str) -> None:
    assert refused(lambda: config(bootstrap, brand, platform))[1] == reason


def test_a_policy_is_taken_up_and_old_apps_are_refused(server: ServerProcess, bootstrap: Any, content: Any) -> None:
    """R-ACC-30: UPGRADE_REQUIRED for every call but those that lead to the new app."""
    apply(
        server,
        'brand = "bxq"\n[[policy.client.platforms]]\nplatform = "android"\n'
        'minimum_app = "2.0"\nnewest_app = "2.1"\ndownload_url = "https://apps.example/bxq.apk"\n',
    )
    until(lambda: config(bootstrap, "bxq").config.platform.minimum_app == "2.0")
    request = content_pb2.ListArticlesRequest(brand="bxq", kind="guide")
    code, reason, details = refused(lambda: content.ListArticles(request, timeout=30, metadata=OLD))
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "UPGRADE_REQUIRED")
    assert details["ErrorInfo"].metadata["download_url"] == "https://apps.example/bxq.apk"
    assert details["LocalizedMessage"].message == "This version of the app is too old. Please upgrade."

    new = (("x-client-version", "bxq/android/2.0"),)
    assert list(content.ListArticles(request, timeout=30, metadata=new).articles) == []
    bootstrap.GetConfig(bootstrap_pb2.GetConfigRequest(brand="bxq", platform="android"), timeout=30, metadata=OLD)
    answer = bootstrap.CheckVersion(
        bootstrap_pb2.CheckVersionRequest(brand="bxq", platform="android", app_version="1.9", os_version="5"),
        timeout=30,
        metadata=OLD,
    )
    assert (answer.upgrade_required, answer.upgrade_available, answer.os_too_old) == (True, True, False)
    scrape = urllib.request.urlopen(server.metrics, timeout=30).read().decode()
    assert metric(scrape, "cosign_upgrades_required_total") == 1
    assert metric(scrape, "cosign_brand_policy_version", brand="bxq") == 2
    assert metric(scrape, "cosign_brand_policy_version", brand="net") == 1


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("net", "FIELD_INVALID"),
        ("net/android/x", "FIELD_INVALID"),
        ("net/windows/1", "FIELD_INVALID"),
        ("other/android/1", "BRAND_UNKNOWN"),
        ("sxq/android/" + "1" * 80, "FIELD_INVALID"),
    ],
)
def test_a_malformed_client_version_is_refused(content: Any, header: str, reason: str) -> None:
    request = content_pb2.ListArticlesRequest(brand="net", kind="guide")
    metadata = (("x-client-version", header),)
    assert refused(lambda: content.ListArticles(request, timeout=30, metadata=metadata))[1] == reason


def test_regions(server: ServerProcess, bootstrap: Any) -> None:
    """R-ACC-31."""
    apply(
        server,
        'brand = "bzt"\n[[policy.regions]]\ncode = "650000"\nname = { zh = "新疆" }\nplatform = "xj-trade"\n',
    )

    def resolve(code: str) -> Any:
        return bootstrap.ResolveRegion(bootstrap_pb2.ResolveRegionRequest(brand="bzt", region_code=code), timeout=30)

    until(lambda: resolve("659001").region == "650000")
    assert resolve("659001").trading_platform == "xj-trade"
    nothing = resolve("440100")
    assert (nothing.region, nothing.trading_platform, [one.code for one in nothing.choices]) == ("", "", ["650000"])
    assert refused(lambda: resolve("65"))[1] == "FIELD_INVALID"


def test_a_phone_checks_the_environment_it_is_led_to(server: ServerProcess) -> None:
    """R-ACC-14: the descriptor is signed by the key that the phone pinned; a disabled one is refused."""
    words = ("--json", "environment", "create", "--brand", "xss", "--name", "一号厅", "--endpoint", "10.0.0.7:7443")
    made = json.loads(server.control(*words).stdout)
    with server.phone("scanner") as phone:
        brand = phone.brand("xss", platform="android", version="3.0")
        found = brand.environment(made["code"])
        assert (found.environment_id, found.endpoint, found.name) == (
            made["environment_id"],
            "10.0.0.7:7443",
            "一号厅",
        )
        with pytest.raises(InputRefused, match="xss"):
            phone.brand("zb").environment(made["code"])
        brand._identity_public_key = phone._engine.home.device_key().public_key
        with pytest.raises(ServerNotTrusted):
            brand.environment(made["code"])
        assert server.control("environment", "disable", made["environment_id"]).returncode == 0
        for code, reason in ((made["code"], "ENVIRONMENT_DISABLED"), (made["code"][:-4], "ENVIRONMENT_INVALID")):
            with pytest.raises(Rejected) as caught:
                brand.environment(code)
            assert caught.value.server_reason == reason
        assert brand.config() is brand.config()


def publish(server: ServerProcess, kind: str, title: str, *, brand: str = "ept") -> str:
    body = server.folder / "body.md"
    body.write_text(f"{title}。", encoding="utf-8")
    words = ("--brand", brand, "--kind", kind, "--title-zh", title, "--body-zh", str(body))
    made = server.control("content", "draft", *words)
    assert made.returncode == 0, made.stderr
    content_id = made.stdout.strip()
    assert server.control("content", "publish", content_id).returncode == 0
    return content_id


def test_documents_for_guests(server: ServerProcess, bootstrap: Any, content: Any) -> None:
    """R-MSG-10: by kind and version; older ones stay readable; the configuration names the one in force."""
    first = publish(server, "privacy_policy", "隐私政策一")
    second = publish(server, "privacy_policy", "隐私政策二")
    request = content_pb2.ListDocumentVersionsRequest(brand="ept", kind="privacy_policy", page_size=1)
    page = content.ListDocumentVersions(request, timeout=30)
    assert [(one.document_id, one.version) for one in page.documents] == [(second, 2)]
    request.page_token = page.next_page_token
    rest = content.ListDocumentVersions(request, timeout=30)
    assert ([one.document_id for one in rest.documents], rest.next_page_token) == ([first], "")
    request.brand = "zb"  # a token is good for its own list only
    assert refused(lambda: content.ListDocumentVersions(request, timeout=30))[1] == "PAGE_TOKEN_INVALID"
    read = content.GetDocument(content_pb2.GetDocumentRequest(document_id=first), timeout=30)
    assert (read.document.version, read.body.zh) == (1, "隐私政策一。")
    needed = {entry.operation: entry.documents for entry in config(bootstrap, "ept").config.agreements}
    assert [one.document_id for one in needed["login"]] == [second]

    assert server.control("content", "withdraw", second).returncode == 0
    assert refused(lambda: content.GetDocument(content_pb2.GetDocumentRequest(document_id=second), timeout=30))[1] == (
        "RESOURCE_NOT_FOUND"
    )


def test_announcements_for_guests(server: ServerProcess, content: Any) -> None:
    """R-MSG-06: list, keyword in the title, detail."""
    first, second = (publish(server, "announcement", title) for title in ("升级通知", "放假安排"))

    def titles(keyword: str) -> list[str]:
        request = content_pb2.ListArticlesRequest(brand="ept", kind="announcement", keyword=keyword)
        return [one.article_id for one in content.ListArticles(request, timeout=30).articles]

    assert titles("") == [second, first]
    assert titles("升级") == [first]
    read = content.GetArticle(content_pb2.GetArticleRequest(article_id=first), timeout=30)
    assert (read.article.title.zh, read.body.zh) == ("升级通知", "升级通知。")
    assert refused(lambda: titles("x" * 51))[1] == "FIELD_INVALID"


def test_consents_need_a_session(content: Any) -> None:
    """R-ACC-32: a guest reads; what belongs to a user needs a login."""
    for call in (
        lambda: content.ListMissingConsents(content_pb2.ListMissingConsentsRequest(operation="login"), timeout=30),
        lambda: content.AcceptDocuments(content_pb2.AcceptDocumentsRequest(), timeout=30),
        lambda: content.ListConsents(content_pb2.ListConsentsRequest(), timeout=30),
    ):
        assert refused(call)[1] == "TOKEN_EXPIRED"


def test_guests_are_limited_by_address(tmp_path: Path) -> None:
    """SMS-free calls too: a flood of readers gets RATE_LIMITED and the time to wait."""
    settings = {"COSIGN_LIMITS__READING_BURST": "3", "COSIGN_LIMITS__READING_PER_SECOND": "0.001"}
    with running(tmp_path, settings) as small, small.channel() as channel:
        stub = bootstrap_pb2_grpc.BootstrapServiceStub(channel)  # type: ignore[no-untyped-call]
        for _ in range(3):
            config(stub, "net")
        _, reason, details = refused(lambda: config(stub, "net"))
        assert reason == "RATE_LIMITED"
        assert details["RetryInfo"].retry_delay.seconds > 0
        assert details["LocalizedMessage"].locale == "zh-CN"
