"""What becomes of accounts by the passing of time: cancellations, changes of a number and erasures that are due.

Every node does it; each account in a transaction of its own, whose guarded update lets one of them through.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.accounts.faults import PhoneTaken
from cosign.accounts.ports import AccountUnit, Blockers
from cosign.accounts.usecases.change_lost_number import carry_out
from cosign.accounts.usecases.closing import close_due
from cosign.clock import Clock
from cosign.errors import ConcurrentOperation
from cosign.store.unit_of_work import reading, writing

AT_ONCE: Final = 100
"""Accounts of one run; the next run takes the others."""


class DueWork:
    """Run by the sweep; blocks."""

    def __init__(
        self,
        engine: Engine,
        *,
        unit: Callable[[Connection], AccountUnit],
        blockers: Sequence[Blockers],
        clock: Clock,
        ended: Callable[[str, Sequence[str]], None],
        brands: Callable[[], Sequence[str]],
        erase: Callable[[Connection, str, int], object],
    ) -> None:
        """Takes what it works with.

        Args:
            engine, unit, clock: Where, by what and when.
            blockers: May postpone a cancellation.
            ended: Forgets, on this node at once, the sessions of an account and the keys of devices.
            brands: Names of all brands.
            erase: Erases an account through every area, and keeps its evidence for that many years.
        """
        self._engine = engine
        self._unit = unit
        self._blockers = blockers
        self._clock = clock
        self._ended = ended
        self._brands = brands
        self._erase = erase

    def run(self) -> None:
        """Does what is due. Raises DatabaseUnavailable."""
        with reading(self._engine) as connection:
            unit, now = self._unit(connection), self._clock.now()
            accounts = unit.closing.due(now, AT_ONCE)
            changes = unit.number_changes.due(now, AT_ONCE)
            forgotten = [(one, years) for brand in self._brands() for one, years in _forgotten(unit, brand, now)]
        for account_id in accounts:
            with suppress(ConcurrentOperation):  # another node was first
                self._close(account_id)
        for change_id in changes:
            with suppress(ConcurrentOperation, PhoneTaken):  # taken this moment: the next run lets it fail
                self._change_number(change_id)
        for account_id, years in forgotten:
            with writing(self._engine) as connection:
                if self._unit(connection).closing.lock(account_id):
                    self._erase(connection, account_id, years)

    def _close(self, account_id: str) -> None:
        with writing(self._engine) as connection:
            unit = self._unit(connection)
            dropped = close_due(unit, account_id=account_id, others=self._blockers, clock=self._clock)
        self._ended(account_id, dropped)

    def _change_number(self, change_id: str) -> None:
        with writing(self._engine) as connection:
            account_id = carry_out(self._unit(connection), change_id=change_id, clock=self._clock)
        if account_id:
            self._ended(account_id, ())


def _forgotten(unit: AccountUnit, brand: str, now: dt.datetime) -> list[tuple[str, int]]:
    """Accounts that nobody may ask back any more, and the years for which evidence of them is kept."""
    policy = unit.policy(brand)
    before = now - dt.timedelta(days=policy.cancellation.appeal_days)
    return [(one, policy.retention.evidence_years) for one in unit.closing.forgettable(brand, before, AT_ONCE)]
