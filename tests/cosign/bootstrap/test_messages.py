"""The configuration of an app: everything of the policy that it needs, and an etag that changes with it."""

import dataclasses

from cosign.bootstrap.servicer.messages import encode_config, etag_of
from cosign.brands import BrandPolicy, DocumentKind
from cosign.brands.clients import platform_of
from cosign.brands.document import read_document
from cosign.brands.model import Text
from cosign.brands.words import Platform
from cosign.content.model import ContentState, Document
from tests.cosign.devices.fakes import MovableClock

POLICY = read_document(
    """
brand = "mine"
preset = "bxq"
[policy.client]
links = [
  { title = { zh = "不见面开标大厅", en = "Bids" }, url = "https://hall.example/", icon = "https://hall.example/i" },
  { title = { zh = "标讯" }, url = "https://news.example/" },
]
[policy.support]
hours = { en = "Monday to Friday" }
contacts = [{ kind = "first_reviewer", value = "review@mine.example", label = { en = "First review" } }]
""".encode()
).policy
TERMS = Document(
    document_id="doc_1",
    brand="mine",
    kind=DocumentKind.USER_AGREEMENT,
    version=3,
    title=Text(zh="用户协议"),
    body=Text(),
    state=ContentState.PUBLISHED,
    updated_at=MovableClock().now(),
    effective_at=MovableClock().now(),
)


def encoded(policy: BrandPolicy, *documents: Document) -> tuple[str, object]:
    required = platform_of(policy, Platform.ANDROID)
    config = encode_config("mine", policy, required, {one.kind: one for one in documents})
    return etag_of(config), config


def test_links_contacts_and_agreements() -> None:
    """R-MSG-09, R-MSG-11, R-ACC-15, R-ACC-30."""
    config = encode_config("mine", POLICY, platform_of(POLICY, Platform.ANDROID), {DocumentKind.USER_AGREEMENT: TERMS})
    assert [(one.title.zh, one.url, one.icon) for one in config.links] == [
        ("不见面开标大厅", "https://hall.example/", "https://hall.example/i"),
        ("标讯", "https://news.example/", ""),
    ]
    (contact,) = config.contacts
    assert (contact.kind, contact.value, contact.label.en) == ("first_reviewer", "review@mine.example", "First review")
    assert config.support_hours.en == "Monday to Friday"
    needed = {entry.operation: [one.version for one in entry.documents] for entry in config.agreements}
    assert needed == {
        "register": [3],
        "login": [3],
        "verify_identity": [],
        "cancel_account": [],
        "apply_certificate": [],
    }
    assert config.platform.minimum_os == "5.0"


def test_the_etag_changes_with_policy_and_documents() -> None:
    later = dataclasses.replace(TERMS, document_id="doc_2", version=4)
    other = dataclasses.replace(POLICY, title=Text(en="Other"))
    etags = [encoded(POLICY)[0], encoded(POLICY, TERMS)[0], encoded(POLICY, later)[0], encoded(other)[0]]
    assert len(set(etags)) == 4
    assert encoded(POLICY, TERMS) == encoded(POLICY, TERMS)
    assert {len(etag) for etag in etags} == {32}
