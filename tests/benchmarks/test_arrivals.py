"""The moments at which the requests of an open loop are due."""

import random

import pytest

from benchmarks import arrivals


def test_poisson_keeps_the_rate_and_the_window() -> None:
    due = arrivals.poisson(50, 40, random.Random(7))
    assert due == sorted(due)
    assert due[0] > 0
    assert due[-1] < 40
    assert len(due) == pytest.approx(2000, rel=0.1)


def test_of_a_bid_opening_most_come_in_the_first_two_of_ten_minutes() -> None:
    due = arrivals.bid_opening(5000, 600, random.Random(7))
    assert due == sorted(due)
    assert due[0] >= 0
    assert due[-1] <= 600
    assert sum(moment <= 120 for moment in due) / len(due) == pytest.approx(0.8, abs=0.03)
