"""Transcripts of `cosignctl hsm` over SoftHSM2: ceremony, doctor, rotation, backup."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cosign.cli.conftest import Run
from tests.hsm.pkcs11.test_transcript import forge
from tests.hsm.softhsm import LABEL, module_path


class Bench:
    """Configuration and operators' parts in a folder, and the program with the right environment."""

    def __init__(self, folder: Path, ctl: Run) -> None:
        self.folder = folder
        self._ctl = ctl
        (folder / "tokens").mkdir()
        self.settings = folder / "softhsm2.conf"
        self.settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
        for name, part in (("one", "first operator"), ("two", "second operator")):
            (folder / name).write_text(part)
        self.uri = f"pkcs11:token={LABEL};object=kek?module-path={module_path()}&pin-source=file:{folder / 'pin'}"
        (folder / "cosign.toml").write_text(f'[token]\nkind = "pkcs11"\nuri = "{self.uri}"\n')

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self._ctl(*arguments, "--config", "cosign.toml", SOFTHSM2_CONF=str(self.settings))

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        done = self(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ceremony(self) -> dict[str, Any]:
        (row,) = self.rows("hsm", "init", "--transcript", "papers", "--part-1", "one", "--part-2", "two")
        return row


@pytest.fixture
def bench(tmp_path: Path, ctl: Run) -> Bench:
    return Bench(tmp_path, ctl)


def test_the_ceremony_leaves_a_token_a_pin_file_and_a_signed_transcript(bench: Bench) -> None:
    done = bench.ceremony()

    assert (done["label"], done["algorithm"], done["rehearsal"]) == (LABEL, 1, False)
    assert (bench.folder / "pin").stat().st_mode & 0o777 == 0o600
    document = json.loads((bench.folder / "papers" / "ceremony.json").read_text())
    text = (bench.folder / "papers" / "ceremony.md").read_text()
    assert str(done["check_value"]) in text
    assert "First operator" in text
    secrets = [(bench.folder / name).read_text() for name in ("pin", "one", "two")]
    assert not any(secret in text + json.dumps(document) for secret in secrets)
    assert bench.rows("hsm", "verify", "papers/ceremony.json")[0]["ok"]

    again = bench("hsm", "init", "--transcript", "other", "--part-1", "one", "--part-2", "two")
    assert again.returncode == 1
    assert "already" in again.stderr


def test_an_altered_transcript_does_not_verify(bench: Bench) -> None:
    bench.ceremony()
    path = bench.folder / "papers" / "ceremony.json"
    document = json.loads(path.read_text())
    document["transcript"]["check_value"] = "000000"
    path.write_text(json.dumps(document))

    done = bench("hsm", "verify", "papers/ceremony.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "TRANSCRIPT_INVALID" in done.stderr


def test_a_transcript_is_compared_with_the_token_or_with_a_named_key(bench: Bench) -> None:
    bench.ceremony()
    path = bench.folder / "papers" / "ceremony.json"
    document = json.loads(path.read_text())
    (checked,) = bench.rows("hsm", "verify", "papers/ceremony.json")
    assert checked["checked_against"] == "token"
    path.write_text(json.dumps(forge(document)))
    forged = bench("hsm", "verify", "papers/ceremony.json")
    assert (forged.returncode, forged.stdout) == (1, "")
    assert "another key" in forged.stderr

    (bench.folder / "cosign.toml").write_text("")
    unproved = bench("hsm", "verify", "papers/ceremony.json")
    assert unproved.returncode == 0
    assert "only the public key that the transcript names" in unproved.stderr
    assert "checked against: document" in unproved.stdout
    named = ("hsm", "verify", "papers/ceremony.json", "--public-key")
    assert bench(*named, document["public_key"]).returncode == 1
    assert "not a public key" in bench(*named, "no hex").stderr
    path.write_text(json.dumps(document))
    assert bench.rows(*named, document["public_key"])[0]["checked_against"] == "given"


def test_both_operators_are_needed(bench: Bench) -> None:
    bench.ceremony()
    (bench.folder / "two").write_text("somebody else")
    done = bench("hsm", "init", "--transcript", "other", "--part-1", "one", "--part-2", "two")
    assert done.returncode == 1
    assert "0xa0" in done.stderr
    (bench.folder / "two").write_text("short")
    done = bench("hsm", "init", "--transcript", "other", "--part-1", "one", "--part-2", "two")
    assert "at least 8 characters" in done.stderr


def test_a_rehearsal_leaves_papers_only(bench: Bench) -> None:
    done = bench(
        "hsm",
        "init",
        "--rehearsal",
        "--module",
        module_path(),
        "--transcript",
        "papers",
        "--part-1",
        "one",
        "--part-2",
        "two",
    )
    assert done.returncode == 0, done.stderr
    assert "REHEARSAL" in done.stderr
    assert "rehearsal" in (bench.folder / "papers" / "ceremony.md").read_text()
    assert not list((bench.folder / "tokens").iterdir())
    assert not (bench.folder / "pin").exists()


def test_doctor_list_and_bench(bench: Bench) -> None:
    bench.ceremony()

    table = {row["need"][:5]: row for row in bench.rows("hsm", "doctor")}
    assert (table["alg 1"]["offered"], table["alg 1"]["tested"]) == ("yes", "passed")
    assert table["alg 2"]["tested"] == "passed"
    assert table["rando"]["tested"] == "passed"
    labels = {(row["label"], row["kind"]) for row in bench.rows("hsm", "list")}
    assert {("kek:1", "secret_key"), ("kek:state", "data"), ("kek:shares", "secret_key")} <= labels
    assert all(
        "extractable=no" in row["attributes"] for row in bench.rows("hsm", "list") if row["kind"] == "secret_key"
    )
    measured = {row["call"]: float(row["cpu_us"]) for row in bench.rows("hsm", "bench", "--rounds", "64")}
    assert set(measured) == {"random 32 bytes", "seal", "unseal", "unseal, 64 at once, each"}
    assert measured["unseal, 64 at once, each"] < measured["unseal"]


def test_a_service_starts_rotates_and_rewraps_on_the_token(bench: Bench) -> None:
    bench.ceremony()
    assert bench("init").returncode == 0
    (before,) = bench.rows("token", "info")
    assert before["kind"].startswith("pkcs11 ")
    assert (before["level"], before["current_version"]) == (1, 1)

    (rotated,) = bench.rows("hsm", "rotate")
    assert rotated["version"] == 2
    refused = bench("hsm", "rotate")
    assert refused.returncode == 1
    assert "rewrap" in refused.stderr
    early = bench("hsm", "rewrap", "--json")
    assert json.loads(early.stdout)["destroyed"] == []
    assert "stays for now" in early.stderr
    assert json.loads(early.stdout)["records"] == 1


def test_a_configured_check_value_must_be_that_of_the_token(bench: Bench) -> None:
    value = bench.ceremony()["check_value"]
    config = bench.folder / "cosign.toml"
    plain = config.read_text()

    config.write_text(plain + f'check_values = "1={value}"\n')
    assert bench("init").returncode == 0
    config.write_text(plain + 'check_values = "1=000000"\n')
    done = bench("token", "info")
    assert done.returncode == 1
    assert "not the configured one" in done.stderr


def test_a_restored_token_proves_that_it_is_the_same(bench: Bench) -> None:
    bench.ceremony()
    good = bench("hsm", "backup-check", "--uri", bench.uri)
    assert good.returncode == 0, good.stderr

    other = bench.uri.replace(LABEL, "another")
    missing = bench("hsm", "backup-check", "--uri", other)
    assert missing.returncode == 1
    assert "is not there" in missing.stderr
