"""The table of errors is complete, and what it says reaches the caller."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.rpc import error_details_pb2, status_pb2

from cosign import errors
from cosign.call_context import prefers_english
from cosign.server import error_catalogue as catalogue
from cosign.server.status import DETAILS_KEY, Refusal, to_refusal
from hsm import ports as token_faults
from keyshare import errors as keyshare_faults
from protocol import errors as protocol_errors
from protocol.codes import Malformed, Status

ROOT = Path(__file__).parents[3]


def leaves(base: type[Exception]) -> Iterator[type[Exception]]:
    below = base.__subclasses__()
    if not below:
        yield base
    for child in below:
        yield from leaves(child)


@pytest.mark.parametrize("fault", list(leaves(errors.CosignFault)), ids=lambda fault: fault.__name__)
def test_every_fault_has_an_entry(fault: type[errors.CosignFault]) -> None:
    assert fault.reason in catalogue.BY_REASON
    assert inspect.getdoc(fault)


@pytest.mark.parametrize("name", protocol_errors.__all__)
def test_every_exception_of_the_core_has_an_entry(name: str) -> None:
    error = getattr(protocol_errors, name)
    if error is not protocol_errors.ProtocolError:
        assert catalogue.LOWER_REASONS[error] in catalogue.BY_REASON


@pytest.mark.parametrize("fault", list(leaves(token_faults.TokenFault)), ids=lambda fault: fault.__name__)
def test_every_token_fault_has_an_entry(fault: type[Exception]) -> None:
    assert any(kind in catalogue.LOWER_REASONS for kind in fault.__mro__)


def test_a_fault_derived_from_a_known_one_has_its_entry() -> None:
    class Narrower(token_faults.TokenUnavailable):
        pass

    assert catalogue.entry_of(Narrower()) == catalogue.entry_of(token_faults.TokenUnavailable())


def test_store_faults_are_outages() -> None:
    assert catalogue.entry_of(keyshare_faults.StoreUnavailable()).reason == "DB_UNAVAILABLE"
    assert catalogue.entry_of(keyshare_faults.StoreBusy()).reason == "BUSY"


def test_every_status_inside_the_layer_has_an_entry() -> None:
    assert {entry.status for entry in catalogue.ENTRIES if entry.status} == set(Status) - {Status.OK}
    for reason in Malformed:
        assert catalogue.BY_REASON[reason.value].status is Status.MALFORMED


def test_reasons_are_unique_and_texts_are_there() -> None:
    assert len(catalogue.BY_REASON) == len(catalogue.ENTRIES)
    for entry in catalogue.ENTRIES:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", entry.reason)
        assert entry.en.isascii()
        assert re.search(r"[\u4e00-\u9fff]", entry.zh)
        assert entry.caller
        assert entry.operator


def test_the_reasons_named_in_the_protos_exist() -> None:
    for proto in (ROOT / "proto").rglob("*.proto"):
        text = proto.read_text(encoding="utf-8")
        for reasons in re.findall(r"//   - [A-Z_]+ / ([A-Z_, ]+):", text):
            for reason in reasons.split(", "):
                assert reason in catalogue.BY_REASON, f"{proto.name}: {reason}"


def test_the_codes_named_in_the_protos_are_those_of_the_table() -> None:
    for proto in (ROOT / "proto").rglob("*.proto"):
        text = proto.read_text(encoding="utf-8")
        for code, reasons in re.findall(r"//   - ([A-Z_]+) / ([A-Z_, ]+):", text):
            for reason in reasons.split(", "):
                assert catalogue.BY_REASON[reason].code.name == code, f"{proto.name}: {reason}"


def test_the_page_lists_every_reason() -> None:
    page = catalogue.markdown()
    for entry in catalogue.ENTRIES:
        assert f"| `{entry.reason}` | {entry.code.name} |" in page


def details(refusal: Refusal) -> tuple[status_pb2.Status, dict[str, object]]:
    ((key, value),) = refusal.trailing_metadata
    assert key == DETAILS_KEY
    status = status_pb2.Status.FromString(value)
    found: dict[str, object] = {}
    for packed in status.details:
        name = packed.type_url.rpartition(".")[2]
        message = getattr(error_details_pb2, name)()
        assert packed.Unpack(message)
        found[name] = message
    return status, found


def test_a_wrong_field_is_named() -> None:
    refusal = to_refusal(errors.FieldInvalid("proof", "must be exactly 64 bytes, not 3"), "en-GB", "r1")
    status, found = details(refusal)
    assert status.message == "proof: must be exactly 64 bytes, not 3"
    info = found["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert (info.reason, info.domain) == ("FIELD_INVALID", "cosign")
    assert dict(info.metadata) == {"field": "proof", "request_id": "r1"}
    bad = found["BadRequest"]
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert bad.field_violations[0].field == "proof"


def test_a_rate_limit_says_when_to_come_back() -> None:
    _, found = details(to_refusal(errors.RateLimited(retry_after_ms=1_500)))
    retry = found["RetryInfo"]
    assert isinstance(retry, error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToMilliseconds() == 1_500


@pytest.mark.parametrize(
    ("accept", "locale"),
    [("", "zh-CN"), ("en", "en"), ("en-US,zh;q=0.5", "en"), ("fr, zh-CN, en", "zh-CN"), ("fr;q=1, en;q=0.1", "en")],
)
def test_the_language_is_chinese_unless_english_is_asked_for(accept: str, locale: str) -> None:
    _, found = details(to_refusal(errors.ResourceNotFound(), accept))
    localized = found["LocalizedMessage"]
    assert isinstance(localized, error_details_pb2.LocalizedMessage)
    assert localized.locale == locale
    assert prefers_english(accept) == (locale == "en")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("pin 123456"),
        RuntimeError("s3cret"),
        protocol_errors.InternalFault("s3cret"),
        protocol_errors.SealBroken("s3cret"),
        errors.DatabaseUnavailable("s3cret column value"),
        errors.AuditBroken("s3cret"),
    ],
)
def test_a_bug_and_an_outage_say_nothing_more(error: Exception) -> None:
    refusal = to_refusal(error)
    status, _ = details(refusal)
    assert "s3cret" not in str(status)
    assert "123456" not in str(status)
    assert status.message == catalogue.BY_REASON[refusal.reason].en
