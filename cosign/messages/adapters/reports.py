"""Reports of SMS providers on what became of a delivery, as they send them to an address of ours.

    aliyun    SmsReport, "batch push by HTTP": a JSON array; `out_id` is our key
    tencent   SMS delivery status notification: a JSON array; `sid` is their serial number, our key is not in it
    sandbox   in the form of Aliyun

Neither provider signs its reports: what shows that one is genuine is a secret in the path of our address.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cosign.messages.model import Report

MAX_REPORTS: Final = 1_000
"""In one request."""
_MAX_NAME: Final = 96
_MAX_REASON: Final = 32


class MalformedReport(Exception):
    """A request is no report of this provider."""


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """How one provider reports, and how it is answered."""

    parse: Callable[[Mapping[str, Any]], Report]
    """One element of the array; raises MalformedReport."""
    accepted: bytes
    refused: bytes
    """JSON: the provider comes again."""


def read_reports(form: ReportFormat, body: bytes) -> list[Report]:
    """The reports of a request. Raises MalformedReport for anything but an array of 1 to 1,000 reports."""
    try:
        document = json.loads(body)
    except ValueError:
        raise MalformedReport from None
    if not isinstance(document, list) or not 1 <= len(document) <= MAX_REPORTS:
        raise MalformedReport
    if not all(isinstance(one, dict) for one in document):
        raise MalformedReport
    return [form.parse(one) for one in document]


def _aliyun(name: str) -> Callable[[Mapping[str, Any]], Report]:
    def parse(one: Mapping[str, Any]) -> Report:
        success = one.get("success")
        if not isinstance(success, bool):
            raise MalformedReport
        reference, key = _text(one, "biz_id"), _text(one, "out_id")
        return _report(name, key, reference, delivered=success, reason=_text(one, "err_code"))

    return parse


def _tencent(one: Mapping[str, Any]) -> Report:
    status = one.get("report_status")
    if status not in ("SUCCESS", "FAIL"):
        raise MalformedReport
    return _report("tencent", "", _text(one, "sid"), delivered=status == "SUCCESS", reason=_text(one, "errmsg"))


def _report(provider: str, key: str, reference: str, *, delivered: bool, reason: str) -> Report:
    if not (key or reference) or len(key) > _MAX_NAME or len(reference) > _MAX_NAME:
        raise MalformedReport
    return Report(provider=provider, key=key, reference=reference, delivered=delivered, reason=reason[:_MAX_REASON])


def _text(one: Mapping[str, Any], name: str) -> str:
    found = one.get(name)
    return found if isinstance(found, str) else ""


FORMATS: Final[Mapping[str, ReportFormat]] = {
    "aliyun": ReportFormat(_aliyun("aliyun"), b'{"code":0,"msg":"OK"}', b'{"code":1,"msg":"later"}'),
    "tencent": ReportFormat(_tencent, b'{"result":0,"errmsg":"OK"}', b'{"result":1,"errmsg":"later"}'),
    "sandbox": ReportFormat(_aliyun("sandbox"), b'{"code":0,"msg":"OK"}', b'{"code":1,"msg":"later"}'),
}
"""By the word of the provider in the configuration."""
