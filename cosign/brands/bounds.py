"""What an entry of a policy may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number, or of the length of a text or list; both included."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Form:
    """What a whole text must look like."""

    pattern: str
    name: str
    """Completes "must be …"."""
