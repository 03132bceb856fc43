"""What the configuration accepts of providers, and how it refuses."""

from pathlib import Path

import pytest

from cosign.errors import ConfigInvalid
from cosign.server.config import load
from cosign.server.config_messages import secret_in
from tests.cosign.server.test_config import written

ALIYUN = "[sms]\nprovider = 'aliyun'\naccess_key_id = 'a'\nsecret_file = 's'\ntemplates = 't'\n"
SMTP = "[email]\nprovider = 'smtp'\nhost = 'mail.example.com'\nsender = 'service@example.com'\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ALIYUN,
        ALIYUN.replace("aliyun", "tencent") + "app_id = '1'\n",
        ALIYUN + "endpoint = 'https://sms.example.com'\n",
        ALIYUN + "endpoint = 'http://127.0.0.1:8080'\n",
        SMTP,
        SMTP + "user = 'u'\npassword_file = 'p'\nport = 465\nsecurity = 'tls'\n",
        SMTP.replace("mail.example.com", "localhost") + "security = 'none'\n",
        "[push]\nprovider = 'jpush'\napp_key = 'a'\nsecret_file = 's'\n",
        "[sms]\nprovider = 'sandbox'\n[email]\nprovider = 'none'\n",
    ],
)
def test_complete_sections_are_accepted(tmp_path: Path, text: str) -> None:
    load(written(tmp_path, text), {})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[sms]\nprovider = 'pigeon'", "sms.provider"),
        ("[email]\nprovider = 'aliyun'", "email.provider"),
        ("[push]\nprovider = 'smtp'", "push.provider"),
        ("[sms]\nprovider = 'aliyun'", "sms.access_key_id"),
        (ALIYUN.replace("secret_file = 's'\n", ""), "sms.secret_file"),
        (ALIYUN.replace("templates = 't'\n", ""), "sms.templates"),
        (ALIYUN.replace("aliyun", "tencent"), "sms.app_id"),
        (ALIYUN + "endpoint = 'http://sms.example.com'", "sms.endpoint"),
        (ALIYUN + "endpoint = 'https://sms.example.com/path'", "sms.endpoint"),
        (ALIYUN + "endpoint = 'sms.example.com'", "sms.endpoint"),
        ("[email]\nprovider = 'smtp'", "email.host"),
        (SMTP.replace("service@example.com", "service"), "email.sender"),
        (SMTP + "user = 'u'", "email.password_file"),
        (SMTP + "security = 'none'", "email.security"),
        (SMTP + "security = 'ssl'", "email.security"),
        (SMTP + "port = 0", "email.port"),
        ("[push]\nprovider = 'jpush'", "push.app_key"),
        ("[push]\nendpoint = 'ftp://x'", "push.endpoint"),
        ("[callbacks]\nlisten = 'nowhere'", "callbacks.listen"),
        ("[callbacks]\npublic_url = 'gateway'", "callbacks.public_url"),
        ("[outbox]\nparallel = 0", "outbox.parallel"),
        ("[outbox]\nattempts = 101", "outbox.attempts"),
        ("[outbox]\nlease_seconds = 5", "outbox.lease_seconds"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(written(tmp_path, text), {})
    assert caught.value.key == key


@pytest.mark.parametrize("section", ["sms", "email", "push"])
def test_the_sandbox_is_refused_in_production(tmp_path: Path, section: str) -> None:
    text = "environment = 'production'\n[tls]\ncertificate = 'c'\nprivate_key = 'k'\n"
    text += f"[token]\nkind = 'pkcs11'\nuri = 'pkcs11:token=t'\n[{section}]\nprovider = 'sandbox'\n"
    with pytest.raises(ConfigInvalid) as caught:
        load(written(tmp_path, text), {})
    assert caught.value.key == f"{section}.provider"


def test_secrets_are_read_from_files_each_time(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("first\nrest\n", encoding="utf-8")
    secret = secret_in(path, "sms.secret_file")
    assert secret() == "first"
    path.write_text("second", encoding="utf-8")
    assert secret() == "second"
    path.write_text("", encoding="utf-8")
    for reading in (secret, lambda: secret_in(tmp_path / "missing", "sms.secret_file")):
        with pytest.raises(ConfigInvalid, match=r"sms\.secret_file"):
            reading()
    assert secret_in(None, "email.password_file")() == ""
