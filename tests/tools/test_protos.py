import os
import shutil
from pathlib import Path

import pytest

from tools import protos
from tools.tree import ROOT


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "proto", tmp_path / "proto")
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    return tmp_path


def needed_buf() -> Path | None:
    """buf, which only a machine without npm may lack, and never continuous integration."""
    program = protos.buf()
    assert program is not None or not os.environ.get("CI"), "npm is missing"
    return program


def test_the_api_passes(tree: Path) -> None:
    program = needed_buf()
    assert program is None or protos.check(program, tree)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bytes envelope = 1;", "bytes envelope = 2;"),
        ("rpc Decrypt(", "rpc Decipher("),
        ("// Carries a signing request.\n", ""),
        ("bytes envelope = 1;", "bytes Envelope = 1;"),
    ],
    ids=["renumbered field", "renamed method", "missing comment", "badly named field"],
)
def test_a_bad_change_is_refused(tree: Path, old: str, new: str) -> None:
    path = tree / "proto" / "cosign" / "api" / "v1" / "signing.proto"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    program = needed_buf()
    assert program is None or not protos.check(program, tree)


def test_without_npm_the_check_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(protos, "buf", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    assert protos.main([]) == 0
    assert "did not run" in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    assert protos.main([]) == 1
