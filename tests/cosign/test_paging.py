"""Page tokens are authenticated and bound to method, caller and filter."""

import base64
import hmac

import pytest

from cosign.errors import FieldInvalid, PageTokenInvalid
from cosign.paging import Pager, PageScope, page_size

SCOPE = PageScope("ListDevices", "user-1", "state=active")


@pytest.fixture
def pager() -> Pager:
    return Pager(lambda data: hmac.digest(b"k" * 32, data, "sha256"))


def test_round_trip(pager: Pager) -> None:
    assert pager.cursor(SCOPE, pager.token(SCOPE, "dev_1")) == "dev_1"
    assert pager.token(SCOPE, "") == ""
    assert pager.cursor(SCOPE, "") == ""


@pytest.mark.parametrize(
    "other",
    [
        PageScope("ListKeys", "user-1", "state=active"),
        PageScope("ListDevices", "user-2", "state=active"),
        PageScope("ListDevices", "user-1", ""),
        PageScope("ListDevices", "user-", "1state=active"),
    ],
)
def test_a_token_is_good_for_its_scope_only(pager: Pager, other: PageScope) -> None:
    with pytest.raises(PageTokenInvalid):
        pager.cursor(other, pager.token(SCOPE, "dev_1"))


def test_every_changed_bit_is_refused(pager: Pager) -> None:
    token = pager.token(SCOPE, "dev_1")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for position in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(PageTokenInvalid):
            pager.cursor(SCOPE, base64.urlsafe_b64encode(changed).decode().rstrip("="))


@pytest.mark.parametrize("token", ["x", "!!!", "AQ", "签名", "AQ" * 500])
def test_garbage_is_refused(pager: Pager, token: str) -> None:
    with pytest.raises(PageTokenInvalid):
        pager.cursor(SCOPE, token)


def test_page_sizes() -> None:
    assert page_size(0) == 50
    assert page_size(200) == 200
    for wrong in (-1, 201):
        with pytest.raises(FieldInvalid):
            page_size(wrong)
