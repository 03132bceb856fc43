"""Terminal side of `cosign-phone`, without a phone."""

import io
import json
import os
import secrets
import stat
import time
from pathlib import Path

import pytest
import typer

from cosign.cli import cosign_phone_io as cli
from cosign.client.phone.errors import InputRefused
from cosign.client.phone.refusals import PinIncorrect
from protocol.codes import Suite


def test_a_fault_becomes_a_sentence_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    for language, text in (("en", "2 attempts left"), ("zh", "还可尝试2次")):
        with pytest.raises(typer.Exit) as ended, cli.Console(machine=False, language=language).reporting():  # type: ignore[arg-type]
            raise PinIncorrect(attempts_left=2)
        assert ended.value.exit_code == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("cosign-phone: ")
        assert text in err


def test_machines_get_one_object_also_for_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    console = cli.Console(machine=True, language="en")
    console.note("only for people")
    console.result("only for people", key_id="k")
    with pytest.raises(typer.Exit), console.reporting():
        raise PinIncorrect(attempts_left=2, retry_after_s=60)
    done, fault = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert done == {"ok": True, "key_id": "k"}
    assert fault["ok"] is False
    assert (fault["reason"], fault["attempts_left"], fault["retry_after_s"]) == ("PIN_INCORRECT", 2, 60)
    assert fault["message"].isascii()
    assert not fault["message_zh"].isascii()


def test_the_pin_comes_from_the_file_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pin").write_text("271801\r\nsecond line\n")
    monkeypatch.setenv("COSIGN_PIN", "583920")
    assert cli.ask_pin(tmp_path / "pin") == "271801"
    assert cli.ask_pin(None) == "583920"


def test_without_anybody_to_ask_a_missing_pin_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COSIGN_PIN", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(typer.BadParameter, match="no PIN"):
        cli.ask_pin(None)


def test_a_pin_file_that_is_not_text_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "pin").write_bytes(b"\xff\xfe")
    with pytest.raises(typer.BadParameter):
        cli.ask_pin(tmp_path / "pin")


@pytest.mark.parametrize(
    ("choice", "locale", "language"),
    [("en", "zh_CN.UTF-8", "en"), ("zh", "C", "zh"), (None, "zh_CN.UTF-8", "zh"), (None, "C", "en"), (None, "", "en")],
)
def test_language(monkeypatch: pytest.MonkeyPatch, choice: str | None, locale: str, language: str) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", locale)
    assert cli.pick_language(choice) == language


def test_another_language_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter):
        cli.pick_language("fr")


def test_outputs_are_paired_in_order_or_put_in_a_folder(tmp_path: Path) -> None:
    inputs = [Path("x/a.txt"), Path("y/b.txt")]
    outputs = [Path("1"), Path("2")]
    assert cli.pair_outputs(inputs, outputs, ".s") == outputs
    assert cli.pair_outputs(inputs, [tmp_path], ".s") == [tmp_path / "a.txt.s", tmp_path / "b.txt.s"]


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [(["a", "b"], ["1"]), (["a"], ["1", "2"]), (["a", "b"], ["1", "1"]), (["x/a", "y/a"], ["."])],
)
def test_outputs_that_do_not_fit_are_wrong_usage(inputs: list[str], outputs: list[str]) -> None:
    with pytest.raises(typer.BadParameter):
        cli.pair_outputs([Path(one) for one in inputs], [Path(one) for one in outputs], ".s")


def test_results_are_written_whole_and_privately_where_asked(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old content")
    cli.write_output(tmp_path / "out", b"new", private=True)
    assert (tmp_path / "out").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with pytest.raises(cli.OutputFailed):
        cli.write_output(tmp_path / "missing" / "out", b"new")


def test_a_planted_file_neither_takes_nor_reveals_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _size: "known")
    (tmp_path / "victim").write_bytes(b"precious")
    (tmp_path / ".out.known.part").symlink_to(tmp_path / "victim")
    with pytest.raises(cli.OutputFailed):
        cli.write_output(tmp_path / "out", b"secret", private=True)
    assert (tmp_path / "victim").read_bytes() == b"precious"


def test_results_go_through_pipes_and_links_without_replacing_them(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    cli.write_output(pipe, b"result")
    assert os.read(reader, 100) == b"result"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    cli.write_output(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_what_is_no_ciphertext_is_named() -> None:
    with pytest.raises(InputRefused, match=r"c\.der"):
        cli.decode_ciphertext(Suite.SM2, Path("c.der"), b"\x30\x00")


def test_the_bar_appears_after_a_second_and_goes_away(capsys: pytest.CaptureFixture[str]) -> None:
    bar = cli.Progress("Signing", visible=True)
    time.sleep(0.3)
    assert capsys.readouterr().err == ""
    bar.advance(1, 4)
    time.sleep(1.2)
    bar.close()
    drawn = capsys.readouterr().err
    assert "Signing [######                  ] 1/4" in drawn
    assert drawn.endswith("\r\x1b[K")
