"""Section `token`: what fits together, and what production takes."""

from dataclasses import replace
from typing import Any

import pytest

from cosign.errors import ConfigInvalid
from cosign.server.config import Config, checked
from cosign.server.config_token import TokenSection, check_token, expected_check_values

URI = "pkcs11:token=t;object=kek?module-path=/usr/lib/libx.so&pin-source=file:/run/pin"


def config(environment: str = "development", **token: Any) -> Config:
    return replace(Config(), environment=environment, token=replace(TokenSection(), **token))


def test_production_takes_a_hardware_token_and_no_other() -> None:
    check_token(config("production", kind="pkcs11", uri=URI))
    with pytest.raises(ConfigInvalid, match="protects nothing"):
        check_token(config("production"))


@pytest.mark.parametrize(
    ("token", "key"),
    [
        ({"kind": "usb"}, "token.kind"),
        ({"kind": "pkcs11"}, "token.uri"),
        ({"uri": URI}, "token.uri"),
        ({"kind": "pkcs11", "uri": URI + "&pin-value=4711"}, "token.uri"),
        ({"mode": "sm4"}, "token.mode"),
        ({"check_values": "1=xyz"}, "token.check_values"),
        ({"check_values": "0=35c5e7"}, "token.check_values"),
        ({"sessions": 0}, "token.sessions"),
        ({"waiting": 0}, "token.waiting"),
        ({"deadline_seconds": 0.0}, "token.deadline_seconds"),
        ({"probe_seconds": 0.0}, "token.probe_seconds"),
        ({"settle_seconds": 29.0}, "token.settle_seconds"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(token: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        checked(config(**token))
    assert str(refused.value).startswith(key)
    assert "4711" not in str(refused.value)


def test_check_values_are_read_per_version() -> None:
    section = replace(TokenSection(), check_values="1=35c5e7  12=f29000")
    assert expected_check_values(section) == {1: bytes.fromhex("35c5e7"), 12: bytes.fromhex("f29000")}
