"""Key operations whose answer was lost because the server or the connection ended the call.

It is of no use to send the same envelope twice: a second arrival is STALE (CLONE-2). A new request with new nonces is
safe as far as clone detection goes (CLONE-7), but one entry of a wrong PIN must not cost two attempts. So a heartbeat
asks first what became of the lost request. From then on it can no longer count: SYNC puts all open ids into `seen`
(section 5.5).

    it was the last accepted one          its PIN was right: make the request anew
    no attempt is missing                 no wrong PIN was charged: make the request anew
    otherwise                             unknown: the user decides

Only for operations that leave nothing behind: to sign and to decrypt. Those that change shares go on from what is
stored (section 4.1).
"""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from cosign.client.phone import heartbeat
from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import PhoneFault, Unreachable
from cosign.client.phone.sending import FIRST_PAUSE_SECONDS, SPREAD

T = TypeVar("T")

MADE_ANEW: Final = 2
"""How often a request is made anew."""
ALL_ATTEMPTS: Final = 9
"""Section 5.2: attempts of a device none of which is missing."""


def made_anew(engine: Engine, operation: Callable[[], T]) -> T:
    """Runs an operation that sends one request, again when its answer was lost and nothing is charged twice.

    Raises:
        Unreachable: The answer was lost, and it is not certain that the PIN was not charged.
        PhoneFault: Whatever the operation raises.
    """
    with engine.queue:
        for left in reversed(range(MADE_ANEW + 1)):
            try:
                return operation()
            except Unreachable as fault:
                if not (fault.broken and left and _may_repeat(engine)):
                    raise
        raise AssertionError("unreachable")


def _may_repeat(engine: Engine) -> bool:
    lost = engine.home.state.record.newest
    # S311: chance spreads phones in time, it protects nothing.
    time.sleep(FIRST_PAUSE_SECONDS * random.uniform(1 - SPREAD, 1 + SPREAD))  # noqa: S311
    try:
        settled = heartbeat.settle_open(engine)
    except PhoneFault:
        return False
    return settled.last_accepted == lost or settled.attempts_left == ALL_ATTEMPTS
