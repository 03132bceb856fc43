"""Section `identity`."""

from pathlib import Path

import pytest

from cosign.errors import ConfigInvalid
from cosign.server.config import load
from tests.cosign.server.test_config import written

PRODUCTION = """environment = "production"
[tls]
certificate = "c"
private_key = "k"
[token]
kind = "pkcs11"
uri = "pkcs11:token=t"
"""


def configured(tmp_path: Path, text: str, before: str = "") -> None:
    load(written(tmp_path, f"{before}[identity]\n{text}\n"), {})


def test_a_whole_gateway(tmp_path: Path) -> None:
    configured(
        tmp_path, 'provider = "gateway"\nendpoint = "https://gateway.example"\nsecret_file = "/run/secrets/gateway"'
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('provider = "palmist"', "identity.provider"),
        ('provider = "gateway"\nsecret_file = "x"', "identity.endpoint"),
        ('provider = "gateway"\nendpoint = "https://g.example"', "identity.secret_file"),
        ('provider = "gateway"\nendpoint = "http://g.example"\nsecret_file = "x"', "identity.endpoint"),
        ('alipay_app_id = "1"\nalipay_private_key = "x"', "identity.alipay_public_key"),
        ('alipay_endpoint = "ftp://x"', "identity.alipay_endpoint"),
        ("sandbox_seconds = 61", "identity.sandbox_seconds"),
        ("query_after_seconds = 0.5", "identity.query_after_seconds"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        configured(tmp_path, text)
    assert caught.value.key == key


def test_no_sandbox_in_production(tmp_path: Path) -> None:
    """R-IDV-02: what decides by names is for development."""
    with pytest.raises(ConfigInvalid, match="sandbox"):
        configured(tmp_path, 'provider = "sandbox"', PRODUCTION)
