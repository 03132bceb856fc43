"""The sandbox of providers: its key, and what it fails for."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cosign.brands import LoginMethod
from cosign.linked_logins.adapters.sandbox import Grant, Sandbox, SandboxKey
from cosign.linked_logins.faults import ProviderRefused, ProviderUnavailable
from tests.cosign.linked_logins.world import BUSY, BUSY_ONCE, NUMBER, REFUSED, ZB
from tests.support.personal import MovableClock


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    """R-ACC-12: what one process grants another one takes; the file is its owner's alone."""
    path, clock = tmp_path / "key.pem", MovableClock()
    with ThreadPoolExecutor(4) as threads:
        keys = list(threads.map(SandboxKey, [path] * 4))
    grant = keys[0].issue(Grant(method="wechat", brand=ZB, state="s", user="u"), clock)
    assert {key.open(grant).user for key in keys} == {"u"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["key.pem"]


def test_it_fails_as_asked(tmp_path: Path) -> None:
    """R-ACC-10: refused for good, away once, always away."""
    clock = MovableClock()
    key = SandboxKey(tmp_path / "key.pem")
    sandbox = Sandbox(key, clock)

    def take(user: str) -> str:
        text = key.issue(Grant(method="one_tap", brand=ZB, state="", user=user), clock)
        return sandbox.take(text, method=LoginMethod.ONE_TAP, brand=ZB, state="").user

    assert take(NUMBER) == NUMBER
    for _ in range(2):
        with pytest.raises(ProviderRefused):
            take(REFUSED)
        with pytest.raises(ProviderUnavailable):
            take(BUSY)
    with pytest.raises(ProviderUnavailable):
        take(BUSY_ONCE)
    assert take(BUSY_ONCE) == BUSY_ONCE


@pytest.mark.parametrize("text", ["", ".", "e30.AA", "not base64!.x", "e30"])
def test_what_it_did_not_sign(tmp_path: Path, text: str) -> None:
    """R-ACC-13: result invalid."""
    with pytest.raises(ProviderRefused):
        SandboxKey(tmp_path / "key.pem").open(text)
