"""Policy documents: strict, with the path of what is wrong, and back again without loss."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosign.brands.document import MAX_BYTES, as_table, differences, read_document, read_policy
from cosign.brands.presets import NEUTRAL, PRESETS
from cosign.errors import FieldInvalid

TOML = """
brand = "mine"
preset = "net"

[policy.codes]
resend_seconds = 90

[policy.client]
links = [{ title = { zh = "标讯", en = "Tender news" }, url = "https://news.example/" }]
"""


def test_a_document_changes_what_it_says_and_nothing_else() -> None:
    document = read_document(TOML.encode())
    assert (document.brand, document.preset, document.etag) == ("mine", "net", "")
    assert document.policy.codes.resend_seconds == 90
    assert document.policy.codes.captcha_before_sms
    assert [path for path, _, _ in differences(PRESETS["net"], document.policy)] == [
        "codes.resend_seconds",
        "client.links",
    ]


def test_json_says_the_same() -> None:
    table = {"brand": "mine", "preset": "net", "policy": {"codes": {"resend_seconds": 90}}}
    assert read_document(json.dumps(table).encode()).policy.codes.resend_seconds == 90


@pytest.mark.parametrize(("brand", "preset"), [("net", "net"), ("mine", NEUTRAL)])
def test_the_preset_is_the_brands_own_or_the_neutral_one(brand: str, preset: str) -> None:
    document = read_document(f'brand = "{brand}"'.encode())
    assert (document.preset, document.policy) == (preset, PRESETS[preset])


@pytest.mark.parametrize("brand", PRESETS)
def test_a_complete_document_needs_no_preset(brand: str) -> None:
    assert read_policy(as_table(PRESETS[brand]), PRESETS["xss"]) == PRESETS[brand]


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ({"codez": {}}, "policy.codez"),
        ({"codes": {"lifetime": 1}}, "policy.codes.lifetime"),
        ({"codes": {"lifetime_seconds": "300"}}, "policy.codes.lifetime_seconds"),
        ({"codes": {"lifetime_seconds": 300.0}}, "policy.codes.lifetime_seconds"),
        ({"codes": {"lifetime_seconds": True}}, "policy.codes.lifetime_seconds"),
        ({"codes": {"lifetime_seconds": 59}}, "policy.codes.lifetime_seconds"),
        ({"codes": {"lifetime_seconds": 1801}}, "policy.codes.lifetime_seconds"),
        ({"codes": {"captcha_before_sms": 1}}, "policy.codes.captcha_before_sms"),
        ({"codes": []}, "policy.codes"),
        ({"login": {"methods": "sms"}}, "policy.login.methods"),
        ({"login": {"methods": ["sms", "fax"]}}, "policy.login.methods[1]"),
        ({"login": {"methods": ["sms", "sms"]}}, "policy.login.methods"),
        ({"login": {"methods": []}}, "policy.login.methods"),
        ({"login": {"methods": ["biometric"]}}, "policy.login.methods"),
        ({"login": {"factors": "sms"}}, "policy.login.factors"),
        ({"login": {"methods": ["password"], "factors": "sms+password"}}, "policy.login.factors"),
        ({"registration": {"automatic": False, "explicit": False}}, "policy.registration"),
        ({"login": {"factors": "sms+password"}}, "policy.registration.password"),
        ({"password": {"min_length": 20, "max_length": 10}}, "policy.password.min_length"),
        ({"password": {"min_length": 7}}, "policy.password.min_length"),
        ({"password": {"cost": {"memory_kib": 1024}}}, "policy.password.cost.memory_kib"),
        ({"codes": {"resend_seconds": 600}}, "policy.codes.resend_seconds"),
        ({"cancellation": {"allowed": False}}, "policy.cancellation.appeal"),
        ({"agreements": {"login": ["about"]}}, "policy.agreements.login"),
        ({"modes": ["e_sign"]}, "policy.modes"),
        ({"identity": {"methods": ["motion_face"]}}, "policy.identity.manual_after_failure"),
        ({"identity": {"documents": ["resident_id"], "manual_documents": ["passport"]}},
         "policy.identity.manual_documents"),
        ({"identity": {"manual_files": []}}, "policy.identity.manual_files"),
        ({"retention": {"evidence_years": 4}}, "policy.retention.evidence_years"),
        ({"client": {"platforms": [{"platform": "android"}, {"platform": "android"}]}},
         "policy.client.platforms[1].platform"),
        ({"client": {"platforms": [{"minimum_os": "5.0"}]}}, "policy.client.platforms[0].platform"),
        ({"client": {"platforms": [{"platform": "ios", "minimum_os": "12.x"}]}},
         "policy.client.platforms[0].minimum_os"),
        ({"client": {"platforms": [{"platform": "ios", "minimum_app": "2.0", "newest_app": "1.9"}]}},
         "policy.client.platforms[0].minimum_app"),
        ({"client": {"platforms": [{"platform": "ios", "download_url": "http://x.example"}]}},
         "policy.client.platforms[0].download_url"),
        ({"client": {"links": [{"title": {"zh": "x"}, "url": ""}]}}, "policy.client.links[0].url"),
        ({"client": {"links": [{"title": {}, "url": "https://x.example"}]}}, "policy.client.links[0].title"),
        ({"support": {"contacts": [{"kind": "hotline"}]}}, "policy.support.contacts[0].value"),
        ({"support": {"contacts": [{"kind": "hotline", "value": "a\nb"}]}}, "policy.support.contacts[0].value"),
        ({"regions": [{"code": "65", "name": {}}]}, "policy.regions[0].code"),
        ({"regions": [{"code": "650000", "name": {}}, {"code": "650000", "name": {}}]}, "policy.regions"),
        ({"title": "x"}, "policy.title"),
        ([], "policy"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(policy: Any, path: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        read_document(json.dumps({"brand": "mine", "policy": policy}).encode())
    assert caught.value.field == path


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"", "brand"),
        (b"brand = 1", "brand"),
        (b'brand = "Net"', "brand"),
        (b'brand = "n"', "brand"),
        (b'brand = "mine"\npreset = "none"', "preset"),
        (b'brand = "mine"\nextra = 1', "extra"),
        (b"brand = ", "document"),
        (b"{", "document"),
        (b'{"brand": "mine", "brand": "mine"}', "document"),
        (b"[" * 100_000, "document"),
        (b"\xff\xfe", "document"),
        (b"#" * (MAX_BYTES + 1), "document"),
    ],
)
def test_the_head_is_checked_too(content: bytes, path: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        read_document(content)
    assert caught.value.field == path


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_no_bytes_end_in_anything_but_a_named_fault(content: bytes) -> None:
    with contextlib.suppress(FieldInvalid):
        read_document(content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 400) | st.text(max_size=5) | st.sampled_from(["sms", "5.0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["zh", "platform", "code"]), inner),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_value_anywhere_is_taken_or_named(data: st.DataObject) -> None:
    """One entry of a complete document is replaced; what is taken still makes the same policy again."""
    table = as_table(PRESETS["sxq"])
    section = data.draw(st.sampled_from(sorted(table)))
    value = data.draw(VALUES)
    if isinstance(table[section], dict) and data.draw(st.booleans()):
        table[section][data.draw(st.sampled_from(sorted(table[section])))] = value
    else:
        table[section] = value
    with contextlib.suppress(FieldInvalid):
        policy = read_policy(table, PRESETS[NEUTRAL])
        assert read_policy(as_table(policy), PRESETS[NEUTRAL]) == policy
