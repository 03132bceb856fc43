"""Calls with a deadline, without any token."""

import threading
import time

import pytest

from hsm.pkcs11.threads import CallThreads
from hsm.ports import TokenBusy, TokenUnavailable


def test_results_and_exceptions_come_back() -> None:
    threads = CallThreads(threads=2, waiting=2, deadline=5)

    assert threads.call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        threads.call(lambda: 1 // 0)
    assert threads.close()
    with pytest.raises(TokenUnavailable, match="closed"):
        threads.call(lambda: 7)


def test_a_call_that_waited_long_has_its_whole_time() -> None:
    threads = CallThreads(threads=1, waiting=4, deadline=1.0)
    first = threading.Thread(target=lambda: threads.call(lambda: time.sleep(0.7)))
    first.start()
    time.sleep(0.05)

    threads.call(lambda: time.sleep(0.7))
    first.join()
    assert threads.lost == 0


def test_a_lost_thread_is_replaced_and_comes_back() -> None:
    threads = CallThreads(threads=1, waiting=4, deadline=0.2)
    release = threading.Event()
    with pytest.raises(TokenUnavailable, match="did not answer"):
        threads.call(release.wait)
    assert (threads.lost, threads.call(lambda: 3)) == (1, 3)

    release.set()
    ends = time.monotonic() + 5
    while threads.lost:
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert threads.call(lambda: 4) == 4


def test_a_full_queue_is_busy_at_once() -> None:
    threads = CallThreads(threads=1, waiting=0, deadline=5)
    release = threading.Event()
    held = threading.Thread(target=lambda: threads.call(release.wait))
    held.start()
    while not threads.inside:
        time.sleep(0.01)

    with pytest.raises(TokenBusy):
        threads.call(lambda: 7)
    release.set()
    held.join()
