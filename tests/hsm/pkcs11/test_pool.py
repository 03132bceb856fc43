"""Sessions that survive: the token goes away under load and comes back, hangs, is slow, refuses the PIN."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from hsm.pkcs11 import Pkcs11Token
from hsm.pkcs11.pool import Limits
from hsm.ports import TokenBusy, TokenFault, TokenRefused, TokenUnavailable
from protocol.seal import SecretRecord
from tests.hsm.conftest import OpenToken, same
from tests.hsm.pkcs11.slow import SlowModule, slow_native
from tests.hsm.softhsm import SoftHsm

Token = Pkcs11Token[SecretRecord]

QUICK = Limits(sessions=2, waiting=2, deadline=0.5)


@pytest.fixture
def slow(soft: SoftHsm) -> Iterator[tuple[Token, SlowModule]]:
    """A token with two sessions, room for two more calls, and half a second of patience."""
    soft.make_ready()
    native, module = slow_native()
    token = Pkcs11Token.open(soft.uri(), native=native, limits=QUICK)
    yield token, module
    module.let_go()
    time.sleep(0.2)
    token.close()


def test_a_removed_token_comes_back_by_itself_under_load(
    ready: SoftHsm, open_token: OpenToken, record: SecretRecord
) -> None:
    token = open_token(limits=Limits(sessions=4))
    sealed = token.seal(record, b"aad", version=1)
    stop, removed = Event(), Event()
    unexpected: list[TokenUnavailable] = []

    def load(_: int) -> tuple[int, int]:
        good = bad = 0
        while not stop.is_set():
            try:
                assert same(token.unseal(sealed, b"aad", version=1), record)
                good += 1
            except TokenUnavailable as fault:
                bad += 1
                unexpected.extend([fault] if not removed.is_set() or fault.retry_after_ms <= 0 else [])
                time.sleep(0.01)
        return good, bad

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(load, one) for one in range(4)]
        for _ in range(3):
            time.sleep(0.3)
            removed.set()
            ready.remove()
            time.sleep(0.5)
            ready.restore()
            _wait_until_it_opens(token, sealed)
            removed.clear()
        time.sleep(0.2)
        stop.set()
        results = [one.result() for one in running]

    assert not unexpected
    assert all(good > 20 for good, _ in results)
    assert any(bad for _, bad in results)
    assert token.pool_state.generation >= 4
    assert token.pool_state.ready


def _wait_until_it_opens(token: Token, sealed: bytes) -> None:
    """By calls only: nobody restarts anything. The load may still meet the end of the pause."""
    ends = time.monotonic() + 15
    while True:
        try:
            token.unseal(sealed, b"aad", version=1)
            return
        except TokenUnavailable:
            assert time.monotonic() < ends
            time.sleep(0.05)


def test_the_probe_opens_a_lost_token_without_any_traffic(
    ready: SoftHsm, open_token: OpenToken, record: SecretRecord
) -> None:
    token = open_token()
    told: list[TokenFault | None] = []
    token.watch(0.1, told.append)
    ready.remove()
    _wait_for(lambda: bool(told))
    assert isinstance(told[0], TokenUnavailable)
    assert not token.pool_state.ready
    ready.restore()
    _wait_for(lambda: told[-1] is None)
    assert token.pool_state.ready


def _wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_token_that_is_away_at_start_refuses_to_start_and_may_be_opened_later(
    ready: SoftHsm, open_token: OpenToken
) -> None:
    ready.remove()
    with pytest.raises(TokenUnavailable):
        open_token()
    ready.restore()
    open_token()


def test_a_hanging_module_does_not_hang_its_callers(slow: tuple[Token, SlowModule], record: SecretRecord) -> None:
    token, module = slow
    sealed = token.seal(record, b"aad", version=1)
    module.hang()

    for _ in range(4):  # two threads and their two replacements
        begun = time.monotonic()
        with pytest.raises(TokenUnavailable, match="did not answer"):
            token.unseal(sealed, b"aad", version=1)
        assert time.monotonic() - begun < 2
    begun = time.monotonic()
    with pytest.raises(TokenUnavailable, match="every call to the token hangs"):
        token.unseal(sealed, b"aad", version=1)
    assert time.monotonic() - begun < 0.3, "refused at once"
    assert token.pool_state.lost == 4

    module.let_go()
    _wait_for(lambda: token.pool_state.lost == 0)
    assert same(token.unseal(sealed, b"aad", version=1), record)


def test_too_many_calls_are_told_that_the_token_is_busy(slow: tuple[Token, SlowModule], record: SecretRecord) -> None:
    token, module = slow
    sealed = token.seal(record, b"aad", version=1)
    module.delay = 0.3

    def one(_: int) -> str:
        try:
            token.unseal(sealed, b"aad", version=1)
        except TokenBusy as fault:
            return "busy" if fault.retry_after_ms > 0 else "told nothing"
        return "opened"

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(one, range(10)))
    assert results.count("opened") in range(2, 5)
    assert results.count("busy") >= 6
    module.delay = 0
    assert one(0) == "opened"


def test_a_pin_that_turned_wrong_is_not_tried_again(
    soft: SoftHsm, slow: tuple[Token, SlowModule], record: SecretRecord
) -> None:
    """Trying again and again would lock the token; a new PIN file is reason enough to try once more."""
    token, module = slow
    sealed = token.seal(record, b"aad", version=1)
    right = soft.pin_file.read_text()
    soft.pin_file.write_text("wrong PIN 1")
    soft.remove()
    with pytest.raises(TokenUnavailable):
        token.unseal(sealed, b"aad", version=1)
    soft.restore()
    before = module.logins

    for _ in range(30):
        with pytest.raises(TokenUnavailable):
            token.unseal(sealed, b"aad", version=1)
        time.sleep(0.05)
    assert module.logins == before + 1
    assert "refuses the login" in token.pool_state.why

    soft.pin_file.write_text(right)
    _wait_until_it_opens(token, sealed)


def test_a_token_that_another_process_writes_may_deny_for_a_moment_that_a_pin_is_set(soft: SoftHsm) -> None:
    soft.make_ready()
    native, module = slow_native()
    module.unset_pins = 2
    Pkcs11Token.open(soft.uri(), native=native).close()
    assert module.logins == 3

    module.unset_pins = 100
    with pytest.raises(TokenRefused, match="0x102"):
        Pkcs11Token.open(soft.uri(), native=native)
    assert module.unset_pins > 90


def test_a_call_that_waited_while_the_token_was_opened_again_uses_the_new_sessions(token: Token) -> None:
    """Its old handles may mean other sessions and keys by then."""
    pool = token._pool
    used: list[int] = []
    with ThreadPoolExecutor(1) as caller:
        with pool._gate.shut(1.0):
            waiting = caller.submit(pool.run, lambda lease: used.append(lease.generation.number))
            time.sleep(0.3)
            pool._generation = None
        waiting.result()
    assert used == [2]


def test_a_forked_child_may_not_use_the_token(token: Token) -> None:
    child = os.fork()
    if not child:
        try:
            token.random(8)
        except TokenUnavailable:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
