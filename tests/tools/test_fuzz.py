"""The decoders of the native core, the fuzz targets and what `tools/fuzz.sh` runs are the same list."""

import re
import subprocess

from tools.tree import ROOT

CORE = ROOT / "protocol" / "core"


def listed() -> list[str]:
    script = ROOT / "tools" / "fuzz.sh"
    return subprocess.run([script, "--list"], check=True, capture_output=True, text=True).stdout.split()


def test_every_target_file_is_run() -> None:
    assert sorted(listed()) == sorted(path.stem for path in (CORE / "fuzz" / "fuzz_targets").iterdir())


def test_every_decoder_has_a_target() -> None:
    table = (CORE / "src" / "decoders.rs").read_text()
    assert listed() == re.findall(r'decoder\(\s*"(\w+)"', table)


def test_a_target_runs_the_decoder_it_is_named_after() -> None:
    for name in listed():
        text = (CORE / "fuzz" / "fuzz_targets" / f"{name}.rs").read_text()
        assert f'decoders::run("{name}", bytes)' in text
