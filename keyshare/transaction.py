"""The transaction rule in its micro-batch form (sections 5.3 and 5.4).

::

    TX-0   before: prepared outside any lock
    TX-B2  BEGIN, lock the device rows in ascending id, then keys and shares
    TX-2   clone rules, state, counters, share, quota                       (admission)
    TX-3   one native call evaluates what was admitted
    TX-4   guarded updates, seen ids, shares, quota, audit                  (outcomes)
    TX-B5  one COMMIT; failure or doubt: every item is UNAVAILABLE
    TX-B6  answers are built and handed out

Between TX-3 and the acknowledged commit nothing is logged, measured or answered. Devices in charge-first mode pay in
the first transaction and are evaluated in a second one (TX-8).
"""

from collections.abc import Mapping, Sequence
from typing import Final, Generic

from keyshare.batch_answers import abandon, pending_indices, release
from keyshare.batch_items import Collaborators, Prepared, Released
from keyshare.batch_step import BatchStep
from keyshare.errors import StoreBusy
from keyshare.outcomes import Charge
from keyshare.ports import RecordT, ShareStore
from keyshare.uncommitted import UncommittedLedger
from protocol.codes import Status

MAX_BATCH: Final = 64
"""TX-B1."""


class BatchRunner(Generic[RecordT]):
    """Runs micro-batches, one at a time; `run` is not for concurrent use on one object."""

    def __init__(self, store: ShareStore, collaborators: Collaborators[RecordT]) -> None:
        self._store = store
        self._with = collaborators
        self._ledger = UncommittedLedger(collaborators.row_mac)

    def run(self, items: Sequence[Prepared[RecordT]]) -> list[Released]:
        """Decides, evaluates, commits and answers requests of different devices; results in the order of `items`.

        A fault of the store, the token or the core never gets out: every item has an answer.

        Raises:
            ValueError: More than 64 items, or a device twice (TX-B1).
        """
        if len(items) > MAX_BATCH or len({item.device_id for item in items}) != len(items):
            raise ValueError("a micro-batch holds at most 64 requests of different devices")
        by_device = sorted(range(len(items)), key=lambda index: items[index].device_id)
        if not self._ledger.flush(self._store, self._with.clock.now_ms()):
            step = self._new_step(items, by_device, {})
            refused = dict(zip(by_device, abandon(step, Status.UNAVAILABLE, self._with), strict=True))
            return [refused[index] for index in range(len(items))]
        released: dict[int, Released] = {}
        again, charges = self._transact(items, by_device, {}, released)
        if again:
            self._transact(items, again, charges, released)
        return [released[index] for index in range(len(items))]

    def _new_step(
        self, items: Sequence[Prepared[RecordT]], indices: Sequence[int], charges: Mapping[str, Charge]
    ) -> BatchStep[RecordT]:
        return BatchStep([items[index] for index in indices], charges, self._with)

    def _transact(
        self,
        items: Sequence[Prepared[RecordT]],
        indices: Sequence[int],
        charges: Mapping[str, Charge],
        released: dict[int, Released],
    ) -> tuple[list[int], dict[str, Charge]]:
        """One transaction over some items; returns those that have paid and must be evaluated in another one."""
        step = self._new_step(items, indices, charges)
        try:
            with self._store.begin() as tx:
                step.lock_and_admit(tx)
                step.evaluate()
                step.write(tx)
                tx.commit()
        except Exception as fault:  # nothing may be revealed, not even which item it was (TX-B5)
            self._ledger.add(step.evaluated)
            status = Status.BUSY if isinstance(fault, StoreBusy) and not step.evaluated else Status.UNAVAILABLE
            released.update(zip(indices, abandon(step, status, self._with), strict=True))
            self._with.report(fault)
            return [], {}
        self._ledger.add(step.missed)
        released.update(zip(indices, release(step, self._with), strict=True))
        return pending_indices(step, indices), step.paid
