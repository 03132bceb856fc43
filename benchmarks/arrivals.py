"""When the requests of an open loop are due, in seconds from the start of the window, ascending.

In an open loop requests come when users want them, not when the server is ready for them, so a slow server is met
by a queue, as in the field. Latency counts from the moment a request was due.
"""

import math
import random
from typing import Final

OPENING_SHARE: Final = 8.0
"""Bid opening: the rate falls by a factor e every eighth of the window, so that of ten minutes the first two see
80 % of the requests."""


def poisson(rate: float, seconds: float, source: random.Random) -> list[float]:
    """Independent users: `rate` requests per second on average over `seconds`."""
    due: list[float] = []
    now = source.expovariate(rate)
    while now < seconds:
        due.append(now)
        now += source.expovariate(rate)
    return due


def bid_opening(requests: int, seconds: float, source: random.Random) -> list[float]:
    """The moment bids may be opened (开标): everyone decrypts within `seconds`, most of them at once."""
    scale = seconds / OPENING_SHARE
    whole = 1 - math.exp(-OPENING_SHARE)
    return sorted(-scale * math.log(1 - source.random() * whole) for _ in range(requests))
