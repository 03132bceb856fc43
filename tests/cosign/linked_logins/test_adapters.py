"""Carrier, WeChat and Alipay against a server that checks what they send as the provider does."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from cosign.errors import ConfigInvalid
from cosign.linked_logins.adapters.alipay import METHOD, Alipay
from cosign.linked_logins.adapters.aliyun import AliyunCarrier
from cosign.linked_logins.adapters.apps import Apps, load_apps
from cosign.linked_logins.adapters.wechat import WeChat
from cosign.linked_logins.faults import ProviderRefused, ProviderUnavailable
from cosign.messages.adapters.http import Endpoint
from tests.cosign.messages.fake_provider import Provider, Request, provider
from tests.support.personal import MovableClock
from tests.support.postgres import free_port

SECRET = "not-a-real-secret"
NUMBER = f"138{4321:08d}"


@pytest.fixture
def remote() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture(scope="module")
def keys() -> tuple[RSAPrivateKey, RSAPrivateKey]:
    """Ours and Alipay's."""
    return generate_private_key(65537, 2048), generate_private_key(65537, 2048)


@pytest.fixture
def apps_file(tmp_path: Path, keys: tuple[RSAPrivateKey, RSAPrivateKey]) -> Path:
    ours, theirs = keys
    (tmp_path / "wechat.secret").write_text(f"{SECRET}\n")
    (tmp_path / "ours.pem").write_bytes(
        ours.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (tmp_path / "theirs.pem").write_bytes(
        theirs.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    path = tmp_path / "apps.toml"
    path.write_text(
        f"""
[default.wechat]
app_id = "wx-default"
secret_file = "{tmp_path / "wechat.secret"}"

[zb.alipay]
app_id = "2021"
partner_id = "2088"
private_key_file = "{tmp_path / "ours.pem"}"
public_key_file = "{tmp_path / "theirs.pem"}"
"""
    )
    return path


@pytest.fixture
def apps(apps_file: Path) -> Apps:
    return load_apps(apps_file, "linked_logins.apps")


def endpoint(remote: Provider) -> Endpoint:
    return Endpoint(url=remote.url, timeout=5.0)


# --- carrier ---


def carrier(remote: Provider) -> AliyunCarrier:
    return AliyunCarrier(access_key_id="key-id", secret=lambda: SECRET, clock=MovableClock(), endpoint=endpoint(remote))


def check_aliyun(request: Request) -> dict[str, str]:
    """The provider's side of ACS3-HMAC-SHA256, written from its description; returns the query."""
    algorithm, _, rest = request.headers["authorization"].partition(" ")
    given = dict(part.split("=", 1) for part in rest.split(","))
    names = given["SignedHeaders"].split(";")
    assert {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"} <= set(names)
    parts = urlsplit(request.path)
    canonical = f"POST\n{parts.path}\n{'&'.join(sorted(parts.query.split('&')))}\n"
    canonical += "".join(f"{name}:{request.headers[name]}\n" for name in names)
    canonical += f"\n{given['SignedHeaders']}\n{hashlib.sha256(request.body).hexdigest()}"
    to_sign = f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    assert given["Signature"] == hmac.new(SECRET.encode(), to_sign.encode(), "sha256").hexdigest()
    return dict(parse_qsl(parts.query, strict_parsing=True))


def test_the_carrier_tells_the_number(remote: Provider) -> None:
    """R-ACC-10: GetMobile, signed; the reference goes along."""
    remote.answers = [(200, {"Code": "OK", "GetMobileResultDTO": {"Mobile": NUMBER}})]
    number = carrier(remote).phone_number(brand="zb", token="a token/+", reference="ref")
    assert number == f"+86{NUMBER}"
    (request,) = remote.requests
    assert check_aliyun(request) == {"AccessToken": "a token/+", "OutId": "ref"}
    assert (request.headers["x-acs-action"], request.headers["x-acs-version"]) == ("GetMobile", "2017-05-25")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((200, {"Code": "isv.TOKEN_INVALID", "Message": "expired"}), ProviderRefused),
        ((200, {"Code": "OK", "GetMobileResultDTO": {"Mobile": "not a number"}}), ProviderRefused),
        ((200, {"Code": "OK", "GetMobileResultDTO": None}), ProviderRefused),
        ((403, {"Code": "SignatureDoesNotMatch"}), ProviderUnavailable),
        ((400, {"Code": "Throttling.User"}), ProviderUnavailable),
        ((500, {}), ProviderUnavailable),
        ((200, b"<html>"), ProviderUnavailable),
    ],
)
def test_errors_of_the_carrier(remote: Provider, answer: tuple[int, Any], fault: type[Exception]) -> None:
    """R-ACC-10: a bad token is the user's, everything else ours; a token is never sent twice."""
    remote.answers = [answer]
    with pytest.raises(fault) as raised:
        carrier(remote).phone_number(brand="zb", token="token", reference="ref")
    assert len(remote.requests) == 1
    assert "expired" not in str(raised.value)


def test_a_carrier_that_is_not_there() -> None:
    """R-ACC-10: carrier unreachable."""
    gone = AliyunCarrier(
        access_key_id="key-id",
        secret=lambda: SECRET,
        clock=MovableClock(),
        endpoint=Endpoint(url=f"http://127.0.0.1:{free_port()}", timeout=5.0),
    )
    with pytest.raises(ProviderUnavailable):
        gone.phone_number(brand="zb", token="token", reference="ref")


# --- WeChat ---

GRANTED = {"access_token": "at", "openid": "open-1", "scope": "snsapi_userinfo"}
TOLD = {"openid": "open-1", "nickname": "Alice", "unionid": "union-1"}


def test_wechat_names_the_user(remote: Provider, apps: Apps) -> None:
    """R-ACC-12: code for token, token for the user; the id of all apps before that of one."""
    remote.answers = [(200, GRANTED), (200, TOLD)]
    user = WeChat(apps.wechat, endpoint=endpoint(remote)).exchange(brand="zb", state="s", code="c o/d")
    assert user.subjects == ("union:union-1", "app:wx-default:open-1")
    assert user.name == "Alice"
    first, second = (urlsplit(request.path) for request in remote.requests)
    assert (first.path, dict(parse_qsl(first.query))) == (
        "/sns/oauth2/access_token",
        {"appid": "wx-default", "secret": SECRET, "code": "c o/d", "grant_type": "authorization_code"},
    )
    assert (second.path, parse_qs(second.query)["access_token"]) == ("/sns/userinfo", ["at"])


def test_wechat_may_be_asked_twice_about_a_user_only(remote: Provider, apps: Apps) -> None:
    """R-ACC-12: reading is repeated, the exchange of a code is not."""
    asked = WeChat(apps.wechat, endpoint=endpoint(remote))
    remote.answers = [(200, GRANTED), (503, {}), (200, TOLD)]
    assert asked.exchange(brand="zb", state="s", code="c").name == "Alice"
    remote.answers, remote.requests = [(503, {})], []
    with pytest.raises(ProviderUnavailable):
        asked.exchange(brand="zb", state="s", code="c")
    assert len(remote.requests) == 1


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([(200, {"errcode": 40029, "errmsg": "invalid code"})], ProviderRefused),
        ([(200, {"errcode": 40163, "errmsg": "code been used"})], ProviderRefused),
        ([(200, {"errcode": 40125, "errmsg": "invalid appsecret"})], ProviderUnavailable),
        ([(200, {"errcode": -1, "errmsg": "system error"})], ProviderUnavailable),
        ([(200, {"access_token": "at"})], ProviderUnavailable),
        ([(200, GRANTED), (200, {**TOLD, "openid": "open-2"})], ProviderUnavailable),
        ([(200, GRANTED), (200, {"errcode": 48001})], ProviderUnavailable),
    ],
)
def test_errors_of_wechat(remote: Provider, apps: Apps, answers: list[tuple[int, Any]], fault: type[Exception]) -> None:
    """R-ACC-12: provider refuses."""
    remote.answers = answers
    with pytest.raises(fault) as raised:
        WeChat(apps.wechat, endpoint=endpoint(remote)).exchange(brand="zb", state="s", code="c")
    assert SECRET not in str(raised.value)


# --- Alipay ---


def signed(node: str, member: dict[str, Any], key: RSAPrivateKey) -> bytes:
    """An answer as Alipay writes it: the signature covers the text of the member as it stands there."""
    raw = json.dumps(member, ensure_ascii=False).replace("/", "\\/")
    signature = base64.b64encode(key.sign(raw.encode(), PKCS1v15(), SHA256())).decode()
    return f'{{"{node}":{raw},"sign":"{signature}"}}'.encode()


def check_alipay(text: str, key: RSAPrivateKey) -> dict[str, str]:
    """Alipay's side of RSA2, written from its description; returns the fields."""
    fields = dict(parse_qsl(text, strict_parsing=True))
    signature = base64.b64decode(fields.pop("sign"))
    content = "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value)
    key.public_key().verify(signature, content.encode(), PKCS1v15(), SHA256())
    assert fields["sign_type"] == "RSA2"
    return fields


def test_alipay_names_the_user(remote: Provider, apps: Apps, keys: tuple[RSAPrivateKey, RSAPrivateKey]) -> None:
    """R-ACC-12: both sides sign; the time is that of China."""
    ours, theirs = keys
    member = {"user_id": "2088102150477652", "open_id": "o/1", "access_token": "at", "expires_in": 3600}
    remote.answers = [(200, signed("alipay_system_oauth_token_response", member, theirs))]
    asked = Alipay(apps.alipay, clock=MovableClock(), endpoint=endpoint(remote))
    user = asked.exchange(brand="zb", state="s", code="c o/d+")
    assert user.subjects == ("user_id:2088102150477652", "open_id:2021:o/1")
    fields = check_alipay(remote.requests[0].body.decode(), ours)
    assert (remote.requests[0].path, fields["method"], fields["code"]) == ("/gateway.do", METHOD, "c o/d+")
    assert (fields["app_id"], fields["timestamp"]) == ("2021", "2030-01-02 11:04:05")
    request = asked.request(brand="zb", state="state-1")
    assert check_alipay(request.signed_request, ours)["target_id"] == "state-1"


@pytest.mark.parametrize(
    ("sub_code", "fault"),
    [("isv.code-invalid", ProviderRefused), ("isp.unknow-error", ProviderUnavailable)],
)
def test_errors_of_alipay(
    remote: Provider,
    apps: Apps,
    keys: tuple[RSAPrivateKey, RSAPrivateKey],
    sub_code: str,
    fault: type[Exception],
) -> None:
    """R-ACC-12: provider refuses, or is to blame."""
    member = {"code": "40002", "msg": "Invalid Arguments", "sub_code": sub_code}
    remote.answers = [(200, signed("error_response", member, keys[1]))]
    with pytest.raises(fault):
        Alipay(apps.alipay, clock=MovableClock(), endpoint=endpoint(remote)).exchange(brand="zb", state="s", code="c")


def test_answers_that_alipay_did_not_sign(
    remote: Provider, apps: Apps, keys: tuple[RSAPrivateKey, RSAPrivateKey]
) -> None:
    """R-ACC-12: altered, unsigned, signed by others, or with a second member in front: nobody is logged in."""
    ours, theirs = keys
    node, member = "alipay_system_oauth_token_response", {"user_id": "2088000000000001", "access_token": "at"}
    genuine = signed(node, member, theirs)
    forged = [
        genuine.replace(b"0001", b"0002"),
        signed(node, member, ours),
        json.dumps({node: member}).encode(),
        json.dumps({node: member, "sign": "!"}).encode(),
        json.dumps({node: member, "sign": 1}).encode(),
        genuine.replace(b"{", b'{"x":{"alipay_system_oauth_token_response":{"user_id":"2088000000000002"}},', 1),
        b'{"sign":"AA=="}',
        b"[]",
    ]
    asked = Alipay(apps.alipay, clock=MovableClock(), endpoint=endpoint(remote))
    for content in forged:
        remote.answers = [(200, content)]
        with pytest.raises(ProviderUnavailable):
            asked.exchange(brand="zb", state="s", code="c")


# --- the file of apps ---


def test_apps_by_brand(apps: Apps) -> None:
    """R-ACC-12: a brand takes its own app, else the default one, else none."""
    assert WeChat(apps.wechat).serves("any")
    alipay = Alipay(apps.alipay, clock=MovableClock())
    assert (alipay.serves("zb"), alipay.serves("any")) == (True, False)
    assert WeChat(apps.wechat).request(brand="zb", state="s").app_id == "wx-default"
    assert SECRET not in repr(apps)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('app_id = "2021"', 'app_id = ""'),
        ('app_id = "2021"', 'app_id = "2021"\nother = "x"'),
        ("theirs.pem", "nothing.pem"),
        ("theirs.pem", "ours.pem"),
        ("ours.pem", "theirs.pem"),
        ("[zb.alipay]", "[zb.qq]"),
        ("[default.wechat]", "[default"),
        ("[default.wechat]", "default = 1\n[other.wechat]"),
    ],
)
def test_a_wrong_file_of_apps(apps_file: Path, old: str, new: str) -> None:
    """R-ACC-12: what is missing is told at the start, not at the first login."""
    apps_file.write_text(apps_file.read_text().replace(old, new))
    with pytest.raises(ConfigInvalid):
        load_apps(apps_file, "linked_logins.apps")
