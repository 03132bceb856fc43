"""How lists are printed, for people and for machines."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
import typer

from cosign.cli.cosign_phone_io import Console
from cosign.cli.cosign_phone_lists import print_list
from cosign.cli.cosign_phone_options import Setting
from cosign.client.phone.errors import LoggedOut


class FakeSetting:
    """A phone that counts instead of asking a server."""

    def __init__(self, *, machine: bool = False) -> None:
        self.console = Console(machine=machine, language="en")
        self.fetched: list[int] = []

    @contextlib.contextmanager
    def phone(self) -> Iterator[Any]:
        with self.console.reporting():
            yield self

    def numbers(self) -> Iterator[int]:
        for number in range(5):
            self.fetched.append(number)
            yield number


def show(setting: FakeSetting, limit: int | None = None) -> None:
    print_list(
        cast(Setting, setting),
        "numbers",
        lambda phone: cast(Any, phone).numbers(),
        row=lambda number: {"number": number},
        line=lambda number: f"number {number}  ",
        limit=limit,
    )


def test_people_get_lines_and_no_more_is_fetched_than_shown(capsys: pytest.CaptureFixture[str]) -> None:
    setting = FakeSetting()
    show(setting, limit=2)
    assert capsys.readouterr().out == "number 0\nnumber 1\n"
    assert setting.fetched == [0, 1]


def test_machines_get_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    show(FakeSetting(machine=True))
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"ok": True, "numbers": [{"number": number} for number in range(5)]}


def test_an_empty_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show(FakeSetting(), limit=0)
    assert capsys.readouterr().out == "Nothing found.\n"


def test_a_fault_ends_the_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    setting = FakeSetting()

    def logged_out() -> Iterator[int]:
        raise LoggedOut

    monkeypatch.setattr(setting, "numbers", logged_out)
    with pytest.raises(typer.Exit):
        show(setting)
    assert "logged out" in capsys.readouterr().err
