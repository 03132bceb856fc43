"""PIN rules and the cost of the PIN hash (section 5.1).

The PIN blinds the phone's share: ``b_blob = share · h(PIN)^-1`` (PIN-3). The blob has no redundancy, so no value on
the phone tells a right PIN from a wrong one; only the server's proof check does, and it counts.
"""

from protocol import _core
from protocol._core import KdfParams

__all__ = ["MAX_LENGTH", "MIN_LENGTH", "KdfParams", "check"]

MIN_LENGTH = 6
"""Fewest characters of a PIN (PIN-7)."""

MAX_LENGTH = 64
"""Most characters of a PIN."""


def check(pin: str) -> None:
    """Accepts a new PIN (PIN-7). Called where a PIN is chosen, not where one is used.

    Raises:
        MalformedMessage: Shorter than 6 or longer than 64 characters, or on the list of common PINs.
    """
    _core.pin_check(pin)
