"""SMS and push by HTTP against a server that checks the signature as the provider does."""

import base64
import dataclasses
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cosign.clock import Clock, SystemClock
from cosign.errors import ConfigInvalid
from cosign.messages.adapters import aliyun, jpush, tencent
from cosign.messages.adapters.aliyun import AliyunSms
from cosign.messages.adapters.http import MAX_ANSWER, Endpoint
from cosign.messages.adapters.jpush import JPush
from cosign.messages.adapters.templates import SmsTemplates, load_templates
from cosign.messages.adapters.tencent import TencentSms
from cosign.messages.ports import Push, Sms
from cosign.store.delivery import DeliveryDelayed, DeliveryRefused
from tests.cosign.messages.fake_provider import Provider, Request, provider
from tests.cosign.store.outbox_fakes import StandingClock

SECRET = "not-a-real-secret"
TEMPLATES = SmsTemplates(
    sign_names={"default": "Test sign", "bxq": "标信签"},
    templates={"zh": {"code": "SMS_1", "new_device": "SMS_2"}, "en": {"code": "SMS_3"}},
)
SMS = Sms(
    key="cod_1",
    brand="bxq",
    phone_number="+8613800000000",
    template="code",
    language="zh",
    parameters={"code": "123456"},
    text="Code 123456",
)
PUSH = Push(key="msg_1/push", brand="bxq", tokens=("token-1",), title="New device", message_id="msg_1", link="device/1")


@pytest.fixture
def remote() -> Iterator[Provider]:
    with provider() as made:
        yield made


def by_aliyun(remote: Provider, secret: str = SECRET, clock: Clock | None = None) -> AliyunSms:
    return AliyunSms(
        access_key_id="key-id",
        secret=lambda: secret,
        templates=TEMPLATES,
        clock=clock or SystemClock(),
        endpoint=Endpoint(url=remote.url, timeout=5.0),
    )


def by_tencent(remote: Provider) -> TencentSms:
    return TencentSms(
        secret_id="secret-id",
        secret=lambda: SECRET,
        app_id="1400000000",
        region="ap-guangzhou",
        templates=TEMPLATES,
        clock=SystemClock(),
        endpoint=Endpoint(url=remote.url, timeout=5.0),
    )


def by_jpush(remote: Provider) -> JPush:
    return JPush(app_key="app-key", secret=lambda: SECRET, apns_production=False, endpoint=Endpoint(url=remote.url))


def check_aliyun(request: Request) -> None:
    """The provider's side of ACS3-HMAC-SHA256, written from its description."""
    algorithm, _, rest = request.headers["authorization"].partition(" ")
    given = dict(part.split("=", 1) for part in rest.split(","))
    assert algorithm == "ACS3-HMAC-SHA256"
    assert given["Credential"] == "key-id"
    names = given["SignedHeaders"].split(";")
    assert names == sorted(names)
    assert {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"} <= set(names)
    assert request.headers["x-acs-content-sha256"] == hashlib.sha256(request.body).hexdigest()
    parts = urlsplit(request.path)
    canonical = f"POST\n{parts.path}\n{'&'.join(sorted(parts.query.split('&')))}\n"
    canonical += "".join(f"{name}:{request.headers[name]}\n" for name in names)
    canonical += f"\n{given['SignedHeaders']}\n{request.headers['x-acs-content-sha256']}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    expected = hmac.new(SECRET.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), "sha256").hexdigest()
    assert hmac.compare_digest(given["Signature"], expected)


def check_tencent(request: Request) -> None:
    """The provider's side of TC3-HMAC-SHA256, written from its description."""
    algorithm, _, rest = request.headers["authorization"].partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert algorithm == "TC3-HMAC-SHA256"
    secret_id, date, service, end = given["Credential"].split("/")
    assert (secret_id, service, end) == ("secret-id", "sms", "tc3_request")
    names = given["SignedHeaders"].split(";")
    lines = "".join(f"{name}:{request.headers[name].lower()}\n" for name in names)
    digest = hashlib.sha256(request.body).hexdigest()
    canonical = f"POST\n/\n\n{lines}\n{given['SignedHeaders']}\n{digest}"
    stamp = request.headers["x-tc-timestamp"]
    to_sign = f"TC3-HMAC-SHA256\n{stamp}\n{date}/sms/tc3_request\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = hmac.new(b"TC3" + SECRET.encode(), date.encode(), "sha256").digest()
    key = hmac.new(key, b"sms", "sha256").digest()
    key = hmac.new(key, b"tc3_request", "sha256").digest()
    assert hmac.compare_digest(given["Signature"], hmac.new(key, to_sign.encode(), "sha256").hexdigest())


def test_the_published_example_of_aliyun() -> None:
    """From the provider's page on the signature V3, "fixed parameters"."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = aliyun.canonical_query(
        {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    )
    made = aliyun.authorization("YourAccessKeyId", "YourAccessKeySecret", "POST", query, headers)
    assert made.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_the_published_example_of_tencent() -> None:
    """From the provider's page on the signature v3."""
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    made = tencent.authorization(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        service="cvm",
        time=1551113065,
        body=body,
        signed={"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"},
    )
    assert made.endswith("Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168")


def test_aliyun_sends_a_signed_request(remote: Provider) -> None:
    """R-MSG-05: SMS."""
    remote.answers = [(200, {"Code": "OK", "Message": "OK", "BizId": "biz-1", "RequestId": "r"})]
    assert by_aliyun(remote).send(SMS) == "biz-1"
    (request,) = remote.requests
    check_aliyun(request)
    fields = {name: value[0] for name, value in parse_qs(urlsplit(request.path).query).items()}
    assert fields == {
        "PhoneNumbers": SMS.phone_number[3:],
        "SignName": "标信签",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"code":"123456"}',
        "OutId": "cod_1",
    }


def test_tencent_sends_a_signed_request(remote: Provider) -> None:
    """R-MSG-05: SMS."""
    remote.answers = [(200, {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "serial-1"}]}})]
    assert by_tencent(remote).send(SMS) == "serial-1"
    (request,) = remote.requests
    check_tencent(request)
    body = json.loads(request.body)
    assert (body["PhoneNumberSet"], body["TemplateParamSet"]) == (["+8613800000000"], ["123456"])
    assert (body["SessionContext"], body["SignName"], body["TemplateId"]) == ("cod_1", "标信签", "SMS_1")


def test_jpush_sends_titles_only(remote: Provider) -> None:
    """R-MSG-05: push; the same key makes the same `cid`."""
    remote.answers = [(200, {"sendno": "0", "msg_id": "77"})]
    assert [by_jpush(remote).send(PUSH) for _ in range(2)] == ["77", "77"]
    first, second = (json.loads(request.body) for request in remote.requests)
    assert first == second
    assert remote.requests[0].path == "/v3/push"
    assert (
        remote.requests[0].headers["authorization"]
        == "Basic " + base64.b64encode(f"app-key:{SECRET}".encode()).decode()
    )
    assert first["audience"] == {"registration_id": ["token-1"]}
    assert first["notification"]["android"]["extras"] == {"message_id": "msg_1", "link": "device/1"}
    assert len(first["cid"]) <= 64


@pytest.mark.parametrize(
    ("answer", "fault", "reason"),
    [
        ((200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}), DeliveryRefused, "isv.MOBILE_NUMBER_ILLEGAL"),
        ((400, {"Code": "isv.SMS_TEMPLATE_ILLEGAL"}), DeliveryRefused, "isv.SMS_TEMPLATE_ILLEGAL"),
        ((200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}), DeliveryDelayed, "isv.BUSINESS_LIMIT_CONTROL"),
        ((400, {"Code": "SignatureDoesNotMatch"}), DeliveryDelayed, "credentials"),
        ((200, {}), DeliveryDelayed, "unreadable_answer"),
        ((200, b"<html>"), DeliveryDelayed, "unreadable_answer"),
        ((200, b"[]"), DeliveryDelayed, "unreadable_answer"),
        ((200, b"x" * (MAX_ANSWER + 1)), DeliveryDelayed, "unreachable"),
        ((503, {}), DeliveryDelayed, "http_503"),
        ((429, {}), DeliveryDelayed, "http_429"),
    ],
)
def test_what_aliyun_refuses(remote: Provider, answer: tuple[int, object], fault: type[Exception], reason: str) -> None:
    remote.answers = [answer]
    with pytest.raises(fault) as caught:
        by_aliyun(remote).send(SMS)
    assert getattr(caught.value, "reason", "") == reason


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"Response": {"SendStatusSet": [{"Code": "FailedOperation.PhoneNumberInBlacklist"}]}}, DeliveryRefused),
        ({"Response": {"SendStatusSet": [{"Code": "LimitExceeded.PhoneNumberDailyLimit"}]}}, DeliveryDelayed),
        ({"Response": {"Error": {"Code": "AuthFailure.SignatureFailure"}}}, DeliveryDelayed),
        ({"Response": {"Error": {"Code": "InternalError.Timeout"}}}, DeliveryDelayed),
        ({"Response": {"SendStatusSet": "?"}}, DeliveryDelayed),
        ({"Response": 1}, DeliveryDelayed),
    ],
)
def test_what_tencent_refuses(remote: Provider, answer: object, fault: type[Exception]) -> None:
    remote.answers = [(200, answer)]
    with pytest.raises(fault):
        by_tencent(remote).send(SMS)


@pytest.mark.parametrize(
    ("status", "answer", "fault"),
    [
        (400, {"error": {"code": 1011, "message": "no target"}}, DeliveryRefused),
        (401, {"error": {"code": 1004}}, DeliveryDelayed),
        (400, {"error": {"code": 2002}}, DeliveryDelayed),
        (400, {"error": "?"}, DeliveryDelayed),
    ],
)
def test_what_jpush_refuses(remote: Provider, status: int, answer: object, fault: type[Exception]) -> None:
    remote.answers = [(status, answer)]
    with pytest.raises(fault):
        by_jpush(remote).send(PUSH)


def test_a_provider_may_ask_to_come_later(remote: Provider) -> None:
    remote.answers, remote.headers = [(429, {})], {"retry-after": "7"}
    with pytest.raises(DeliveryDelayed) as caught:
        by_aliyun(remote).send(SMS)
    assert caught.value.retry_after_ms == 7_000


def test_a_provider_that_is_gone_delays(remote: Provider) -> None:
    gone = Endpoint(url="http://127.0.0.1:1", timeout=5.0)
    with pytest.raises(DeliveryDelayed, match="unreachable"):
        gone.post("/", b"", {})


def test_a_template_that_is_missing_leaves_it_to_another_channel(remote: Provider) -> None:
    with pytest.raises(DeliveryRefused, match="no_template"):
        by_aliyun(remote).send(dataclasses.replace(SMS, template="order_paid"))
    assert TEMPLATES.template(dataclasses.replace(SMS, template="new_device", language="en")) == "SMS_2"
    assert TEMPLATES.sign_name(dataclasses.replace(SMS, brand="zb")) == "Test sign"
    assert remote.requests == []


@pytest.mark.parametrize(
    "text",
    ["", "[", "[sign_names]\ndefault='a'", "[zh]\ncode='a'", "[sign_names]\ndefault='a'\n[zh]\ncode=1",
     "[sign_names]\ndefault='a'\n[zh]\ncode='b'\n[fr]\ncode='c'", "zh=1"],
)  # fmt: skip
def test_bad_template_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "templates.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=r"sms\.templates"):
        load_templates(path)
    with pytest.raises(ConfigInvalid, match=r"sms\.templates"):
        load_templates(tmp_path / "missing")


def test_a_good_template_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "templates.toml"
    path.write_text("[sign_names]\ndefault = 'Test'\n[zh]\ncode = 'SMS_1'\n", encoding="utf-8")
    assert load_templates(path).template(SMS) == "SMS_1"


def test_secrets_are_in_no_text_of_a_message() -> None:
    for shown in (repr(SMS), repr(PUSH), str(SMS)):
        assert "123456" not in shown
        assert SMS.phone_number[3:] not in shown
    assert jpush.URL.startswith("https://")


NOON_MS = 1_900_036_800_000 - 1_900_036_800_000 % 86_400_000 + 4 * 3_600_000
"""Noon in China."""
AGAIN = dataclasses.replace(SMS, tried_since_ms=NOON_MS - 60_000)


def details(*records: dict[str, object]) -> dict[str, object]:
    return {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": list(records)}}


@pytest.mark.parametrize(
    ("record", "sent_again"),
    [
        ([{"OutId": "cod_1", "SendStatus": 1}], False),
        ([{"OutId": "cod_2", "SendStatus": 3}, {"OutId": "cod_1", "SendStatus": 3}], False),
        ([{"OutId": "cod_1", "SendStatus": 2}], True),
        ([{"OutId": "cod_2", "SendStatus": 3}], True),
        ([], True),
    ],
)
def test_aliyun_is_asked_before_an_sms_is_sent_again(
    remote: Provider, record: list[dict[str, object]], sent_again: bool
) -> None:
    """R-MSG-05: after a crash between sending and recording the provider's record decides."""
    remote.answers = [(200, details(*record)), (200, {"Code": "OK", "BizId": "biz-2"})]
    assert by_aliyun(remote, clock=StandingClock(NOON_MS)).send(AGAIN) == ("biz-2" if sent_again else "")
    for request in remote.requests:
        check_aliyun(request)
    actions = [request.headers["x-acs-action"] for request in remote.requests]
    assert ("SendSms" in actions) is sent_again
    query = {name: value[0] for name, value in parse_qs(urlsplit(remote.requests[0].path).query).items()}
    assert (query["PhoneNumber"], query["PageSize"], query["SendDate"]) == (SMS.phone_number[3:], "50", "20300318")


def test_aliyun_is_asked_for_every_day_since_the_first_attempt(remote: Provider) -> None:
    remote.answers = [(200, details()), (200, details({"OutId": "cod_1", "SendStatus": 3}))]
    late = dataclasses.replace(SMS, tried_since_ms=NOON_MS - 13 * 3_600_000)
    assert by_aliyun(remote, clock=StandingClock(NOON_MS)).send(late) == ""
    dates = [parse_qs(urlsplit(request.path).query)["SendDate"][0] for request in remote.requests]
    assert dates == ["20300317", "20300318"]


def test_aliyun_without_the_permission_to_ask_sends_again(remote: Provider) -> None:
    remote.answers = [(403, {"Code": "NoPermission"}), (200, {"Code": "OK", "BizId": "biz-2"})]
    assert by_aliyun(remote, clock=StandingClock(NOON_MS)).send(AGAIN) == "biz-2"


@pytest.mark.parametrize(
    ("record", "reference"),
    [
        ({"SessionContext": "cod_1", "SerialNo": "serial-1", "ReportStatus": "SUCCESS"}, "serial-1"),
        ({"SessionContext": "cod_1", "SerialNo": "serial-1"}, "serial-1"),
        ({"SessionContext": "cod_1", "SerialNo": "serial-1", "ReportStatus": "FAIL"}, "serial-2"),
        ({"SessionContext": "", "SerialNo": "serial-1", "ReportStatus": "SUCCESS"}, "serial-2"),
    ],
)
def test_tencent_is_asked_before_an_sms_is_sent_again(remote: Provider, record: dict[str, str], reference: str) -> None:
    """R-MSG-05: after a crash between sending and recording the provider's record decides."""
    remote.answers = [
        (200, {"Response": {"PullSmsSendStatusSet": [record]}}),
        (200, {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "serial-2"}]}}),
    ]
    again = dataclasses.replace(SMS, tried_since_ms=SystemClock().now_ms() - 60_000)
    assert by_tencent(remote).send(again) == reference
    for request in remote.requests:
        check_tencent(request)
    asked = json.loads(remote.requests[0].body)
    assert remote.requests[0].headers["x-tc-action"] == "PullSmsSendStatusByPhoneNumber"
    assert asked["BeginTime"] == again.tried_since_ms // 1000
