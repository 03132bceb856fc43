"""Section `linked_logins`."""

from pathlib import Path

import pytest

from cosign.errors import ConfigInvalid
from cosign.server.config_linked_logins import LinkedLoginsSection, check_linked_logins


@pytest.mark.parametrize(
    ("section", "key"),
    [
        (LinkedLoginsSection(carrier="nobody"), "carrier"),
        (LinkedLoginsSection(carrier="aliyun"), "carrier_access_key_id"),
        (LinkedLoginsSection(carrier="aliyun", carrier_access_key_id="id"), "carrier_secret_file"),
        (LinkedLoginsSection(third_party="apps"), "apps"),
        (LinkedLoginsSection(wechat_endpoint="http://wechat.example"), "wechat_endpoint"),
        (LinkedLoginsSection(alipay_endpoint="https://alipay.example/path"), "alipay_endpoint"),
        (LinkedLoginsSection(network_identity="real"), "network_identity"),
    ],
)
def test_wrong_entries_are_named(section: LinkedLoginsSection, key: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        check_linked_logins(section, production=False)
    assert f"linked_logins.{key}" in str(refused.value)


@pytest.mark.parametrize(
    "section",
    [
        LinkedLoginsSection(carrier="sandbox"),
        LinkedLoginsSection(third_party="sandbox"),
        LinkedLoginsSection(network_identity="sandbox"),
    ],
)
def test_production_refuses_the_sandbox(section: LinkedLoginsSection) -> None:
    """R-ACC-10, R-ACC-12, R-ACC-13: nobody logs in by a sandbox in production."""
    check_linked_logins(section, production=False)
    with pytest.raises(ConfigInvalid, match="production"):
        check_linked_logins(section, production=True)


def test_good_entries() -> None:
    section = LinkedLoginsSection(
        carrier="aliyun",
        carrier_access_key_id="id",
        carrier_secret_file=Path("secret"),
        carrier_endpoint="https://dypnsapi.aliyuncs.com",
        third_party="apps",
        apps=Path("apps.toml"),
        wechat_endpoint="http://127.0.0.1:8080",
        network_identity="none",
    )
    check_linked_logins(section, production=True)
