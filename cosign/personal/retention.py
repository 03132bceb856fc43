"""Retention: what is older than the policy of its brand allows is erased (R-AUD-08)."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from cosign.clock import Clock
from cosign.personal.archive import end_archive
from cosign.personal.registry import OfBrand, PersonalRegistry
from cosign.store.unit_of_work import writing

BATCH: Final = 500
ROUNDS: Final = 20
"""Batches per subject and brand in one sweep; the next sweep goes on."""
ARCHIVE: Final = "archive"

Terms = Callable[[str], Mapping[str, int]]
"""Brand to the days of each subject."""


@dataclass(frozen=True, slots=True)
class RetentionLine:
    """One line of the table."""

    brand: str
    area: str
    subject: str
    days: int


class Retention:
    """Applies the terms of every brand to every area that has registered a rule."""

    def __init__(
        self,
        engine: Engine,
        registry: PersonalRegistry,
        *,
        brands: Callable[[], Sequence[str]],
        terms: Terms,
        of_brand: Callable[[str], OfBrand],
        clock: Clock,
    ) -> None:
        """`of_brand` knows which accounts are a brand's."""
        self._engine = engine
        self._registry = registry
        self._brands = brands
        self._terms = terms
        self._of_brand = of_brand
        self._clock = clock

    def table(self) -> list[RetentionLine]:
        """What is kept for how long.

        Raises:
            KeyError: An area names a subject that the policies do not have.
        """
        return [
            RetentionLine(brand, area.name, rule.subject, self._terms(brand)[rule.subject])
            for brand in self._brands()
            for area in self._registry.areas
            for rule in area.retention
        ]

    def sweep(self) -> dict[str, int]:
        """Erases what is over, in small transactions; returns how many rows by subject. To be called every hour."""
        erased: dict[str, int] = {}
        now = self._clock.now()
        for brand in self._brands():
            terms = self._terms(brand)
            for area in self._registry.areas:
                for rule in area.retention:
                    before = now - dt.timedelta(days=terms[rule.subject])
                    for _ in range(ROUNDS):
                        with writing(self._engine) as connection:
                            count = rule.expire(connection, self._of_brand(brand), before, BATCH)
                        erased[rule.subject] = erased.get(rule.subject, 0) + count
                        if count < BATCH:
                            break
        with writing(self._engine) as connection:
            erased[ARCHIVE] = end_archive(connection, now)
        return erased
