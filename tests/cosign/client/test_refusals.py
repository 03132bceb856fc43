"""Every refusal of the core has a class, texts in both languages and the server's word for it."""

import pytest

from cosign.client.phone.refusals import REFUSALS, Refused
from cosign.server.error_catalogue import ENTRIES
from protocol.codes import Status


def test_every_status_but_ok_has_an_exception() -> None:
    assert set(REFUSALS) == set(Status) - {Status.OK}


@pytest.mark.parametrize("status", REFUSALS)
def test_the_reason_is_the_one_of_the_catalogue(status: Status) -> None:
    reasons = {entry.reason for entry in ENTRIES if entry.status is status}
    # MALFORMED stands for several reasons of the catalogue; the answer body says which one.
    assert REFUSALS[status].reason in reasons or status is Status.MALFORMED


@pytest.mark.parametrize("kind", REFUSALS.values())
def test_texts_exist_in_both_languages(kind: type[Refused]) -> None:
    fault = kind(attempts_left=3, retry_after_s=60)
    assert fault.text("en").isascii()
    assert not fault.text("zh").isascii()
    assert str(fault)


def test_a_wrong_pin_tells_attempts_and_waiting_time() -> None:
    fault = REFUSALS[Status.PIN_WRONG](attempts_left=3, retry_after_s=86400)
    assert "3 attempts left" in str(fault)
    assert "86400" in fault.text("zh")
    assert fault.facts() == {"attempts_left": 3, "retry_after_s": 86400}
