"""What the configuration accepts and how it refuses."""

import re
from pathlib import Path

import pytest

from cosign.errors import ConfigInvalid
from cosign.server.config import Config, is_loopback, load, parse_address
from cosign.server.config_reader import OF_PROGRAMS, effective


def written(folder: Path, text: str) -> Path:
    path = folder / "cosign.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_configuration_at_all_is_enough() -> None:
    config = load(environ={})
    assert config == Config()
    assert config.server.listen == "127.0.0.1:7443"
    assert config.metrics.listen == "127.0.0.1:9464"
    assert config.database_url.startswith("sqlite:////")
    assert config.database_url.endswith("cosign-data/cosign.db")
    assert config.token_folder == Path("cosign-data/token")


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[server]\nlisten = "127.0.0.1:1"\nnode_id = "left"\n')
    config = load(path, {"COSIGN_SERVER__LISTEN": "127.0.0.1:2", "COSIGN_LIMITS__DEVICE_BURST": "7"})
    assert config.server.listen == "127.0.0.1:2"
    assert config.server.node_id == "left"
    assert config.limits.device_burst == 7


def test_the_file_is_named_by_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, '[log]\nlevel = "debug"\n')
    assert load(environ={"COSIGN_CONFIG": str(path)}).log.level == "debug"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("sever = 1", "sever"),
        ("[server]\nlisten_on = 'x'", "server.listen_on"),
        ("server = 3", "server"),
        ("[server]\nlisten = 7443", "server.listen"),
        ("[server]\nlisten = '7443'", "server.listen"),
        ("[server]\nlisten = 'host:99999'", "server.listen"),
        ("[server]\nlisten = 'host:²'", "server.listen"),
        ("[server]\nserver_id = ''", "server.server_id"),
        ("[server]\nserver_id = '签名'", "server.server_id"),
        ("[server]\nnode_id = 'operator'", "server.node_id"),
        ("[server]\nplaintext = 'maybe'", "server.plaintext"),
        ("[server]\nplaintext = true\nlisten = '0.0.0.0:7443'", "server.plaintext"),
        ("[server]\ndrain_seconds = 0", "server.drain_seconds"),
        ("[server]\ndrain_seconds = nan", "server.drain_seconds"),
        ("[limits]\ndevice_burst = 1.5", "limits.device_burst"),
        ("[limits]\ndevice_burst = true", "limits.device_burst"),
        ("[limits]\ndevice_per_second = -1", "limits.device_per_second"),
        ("[log]\nlevel = 'loud'", "log.level"),
        ("[staff]\nlisten = '7444'", "staff.listen"),
        ("[staff]\nlisten = '127.0.0.1:7443'", "staff.listen"),
        ("[staff]\nfailures = 1", "staff.failures"),
        ("[staff]\ncertificate = 'a.pem'", "staff"),
        ("[tls]\ncertificate = 'a.pem'", "tls"),
        ("[token]\nkind = 'usb'", "token.kind"),
        ("environment = 'staging'", "environment"),
        ("environment = 'production'", "tls.certificate"),
        ("environment = 'production'\n[tls]\ncertificate = 'a'\nprivate_key = 'b'", "token.kind"),
        ("environment = 'production'\n[server]\nplaintext = true", "server.plaintext"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(written(tmp_path, text), {})
    assert caught.value.key == key
    assert str(caught.value).startswith(f"{key}: ")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("COSIGN_SERVER__LISTENN", "server.listenn"),
        ("COSIGN_SEVER__LISTEN", "sever"),
        ("COSIGN_LIMITS__DEVICE_BURST", "limits.device_burst"),
        ("COSIGN_ENVIRONMENT__X", "environment"),
        ("COSIGN_STAFF_LISTEN", "staff_listen"),
        ("COSIGN_STAFF__HOME", "staff.home"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(name: str, key: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(environ={name: "many"})
    assert caught.value.key == key


def test_variables_of_programs_are_no_entries() -> None:
    """All that a command line reads are listed: a shell that has set them can start a server."""
    sources = (Path(__file__).parents[3] / "cosign" / "cli").glob("*.py")
    read = {name for path in sources for name in re.findall(r"COSIGN_[A-Z_]+", path.read_text(encoding="utf-8"))}
    assert {name for name in read if "__" not in name} <= OF_PROGRAMS
    assert load(environ=dict.fromkeys(OF_PROGRAMS - {"COSIGN_CONFIG"}, "x")) == load(environ={})


def test_a_missing_file_and_a_file_that_is_not_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="No such file"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(ConfigInvalid, match="not TOML"):
        load(written(tmp_path, "= = ="), {})


def test_the_displayed_configuration_holds_no_password(tmp_path: Path) -> None:
    path = written(tmp_path, "[database]\nurl = 'postgresql://cosign:hunter2@db:5432/cosign'\n")
    shown = effective(load(path, {}))
    assert shown["database"]["url"] == "postgresql://cosign:***@db:5432/cosign"
    assert "hunter2" not in repr(shown)


def test_addresses() -> None:
    assert parse_address("k", "[::1]:80") == ("::1", 80)
    assert is_loopback("::1")
    assert is_loopback("localhost")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("example.org")


def test_brands_are_a_list_in_the_file_and_words_with_commas_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "cosign.toml"
    file.write_text('[brands]\nenabled = ["net", "mine"]\n')
    assert load(file, {}).brands.enabled == ("net", "mine")
    assert load(file, {"COSIGN_BRANDS__ENABLED": "zb, xss"}).brands.enabled == ("zb", "xss")
    assert "cosign" in load(environ={}).brands.enabled


@pytest.mark.parametrize("names", ["[]", '"NET"', '["net", 1]', '["net", "net"]', '["n"]', '[""]', "1", '"net,,zb"'])
def test_brands_are_checked(tmp_path: Path, names: str) -> None:
    file = tmp_path / "cosign.toml"
    file.write_text(f"[brands]\nenabled = {names}\n")
    with pytest.raises(ConfigInvalid, match=r"brands\.enabled"):
        load(file, {})
