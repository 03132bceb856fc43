"""Delivers the outbox: one dispatcher thread and some delivering threads in every process.

    dispatcher    sleeps until a row is due or was added (`cosign.store.waker`), claims what free threads can take
    attempt       delivers one row and records the outcome

Several processes share the table; each row is claimed by one of them at a time.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.clock import Clock
from cosign.errors import CosignFault
from cosign.store import outbox
from cosign.store.delivery import (
    DeliveryDelayed,
    DeliveryRefused,
    Handler,
    NothingToDeliver,
    OutboxObserver,
    OutboxPolicy,
)
from cosign.store.outbox import OutboxItem, OutboxState
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import Waker

_AFTER_FAILURE_SECONDS: Final = 1.0
_RECORD_TRIES: Final = 10


def _chance() -> float:
    return secrets.randbelow(2**32) / 2**32


class OutboxWorker:
    """The worker of one process."""

    def __init__(
        self,
        engine: Engine,
        *,
        handlers: Mapping[str, Handler],
        clock: Clock,
        waker: Waker,
        observer: OutboxObserver,
        policy: OutboxPolicy | None = None,
        chance: Callable[[], float] = _chance,
    ) -> None:
        """Takes rows of the kinds that `handlers` names, in that order of preference; others are left to others."""
        self._engine = engine
        self._handlers = dict(handlers)
        self._clock = clock
        self._observer = observer
        self._policy = policy or OutboxPolicy()
        self._chance = chance
        self._changed = threading.Condition()
        self._heard = False
        self._stopping = False
        self._running: Counter[str] = Counter()
        self._threads = ThreadPoolExecutor(self._policy.parallel, thread_name_prefix="cosign-outbox")
        self._dispatcher = threading.Thread(target=self._run, name="cosign-outbox", daemon=True)
        waker.subscribe(self._hear)

    def start(self) -> None:
        """Begins to deliver."""
        self._dispatcher.start()

    def stop(self) -> None:
        """Claims nothing more and waits for the deliveries that run; what is left waits in the table."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._dispatcher.ident is not None:
            self._dispatcher.join()
        self._threads.shutdown(wait=True)

    def _hear(self, topic: str) -> None:
        if topic in ("", outbox.TOPIC):
            self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._heard = True
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._stopping:
            with self._changed:
                self._heard = False
            try:
                seconds = self._dispatch()
            except CosignFault as fault:
                self._observer.failed(fault)
                seconds = _AFTER_FAILURE_SECONDS
            with self._changed:
                self._changed.wait_for(lambda: self._heard or self._stopping, seconds)

    def _dispatch(self) -> float:
        """Claims what is due and free threads can take; returns how long there is nothing more to do, seconds."""
        room = self._room()
        if not room:
            return self._policy.poll_seconds
        now_ms = self._clock.now_ms()
        with reading(self._engine) as connection:
            due = {kind: outbox.next_due(connection, kind) for kind in room}
        ready = [kind for kind in room if (moment := due[kind]) is not None and moment <= now_ms]
        if not ready:
            ahead = [moment - now_ms for moment in due.values() if moment is not None]
            return min([self._policy.poll_seconds, *(ms / 1000 for ms in ahead)])
        lease_ms = round(self._policy.lease_seconds * 1000)
        claimed: list[OutboxItem] = []
        with writing(self._engine) as connection:
            for kind in ready:
                count = min(room[kind], self._policy.parallel - self._running.total() - len(claimed))
                if count > 0:
                    claimed += outbox.claim(connection, kind, now_ms=now_ms, lease_ms=lease_ms, count=count)
        for item in claimed:
            with self._changed:
                self._running[item.kind] += 1
            self._threads.submit(self._attempt, item)
        return 0.0 if claimed else _AFTER_FAILURE_SECONDS

    def _room(self) -> dict[str, int]:
        """Kinds that may be claimed now, and how many rows of each."""
        with self._changed:
            free = self._policy.parallel - self._running.total()
            room = {kind: min(free, self._policy.per_kind - self._running[kind]) for kind in self._handlers}
        return {kind: count for kind, count in room.items() if count > 0}

    def _attempt(self, item: OutboxItem) -> None:
        began = time.monotonic()
        try:
            outcome = self._deliver(item)
            self._observer.attempted(item.kind, outcome, time.monotonic() - began)
        except Exception as fault:  # the thread serves others; the row comes back when its lease ends
            self._observer.failed(fault)
        finally:
            with self._changed:
                self._running[item.kind] -= 1
            self._wake()

    def _deliver(self, item: OutboxItem) -> str:
        if 0 < item.expires_ms <= self._clock.now_ms():
            return self._end(item, OutboxState.EXPIRED, reason="expired")
        if item.attempt > self._policy.attempts:  # those before it ended with their process
            return self._give_up(item, "attempts")
        try:
            reference = self._handlers[item.kind].deliver(item)
        except DeliveryRefused as fault:
            return self._give_up(item, fault.reason)
        except NothingToDeliver as fault:
            return self._give_up(item, fault.reason, OutboxState.DROPPED)
        except DeliveryDelayed as fault:
            return self._again(item, fault.reason, fault.retry_after_ms)
        except Exception as fault:
            self._observer.failed(fault)
            return self._again(item, "fault", 0)
        return self._sent(item, reference[:96])

    def _sent(self, item: OutboxItem, reference: str) -> str:
        try:
            return self._end(item, OutboxState.SENT, reference=reference, also=self._handlers[item.kind].sent)
        except CosignFault:
            raise
        except Exception as fault:  # it has left: what the handler notes of it must not make it leave again
            self._observer.failed(fault)
            return self._end(item, OutboxState.SENT, reference=reference)

    def _again(self, item: OutboxItem, reason: str, asked_ms: int) -> str:
        if item.attempt >= self._policy.attempts:
            return self._give_up(item, reason)
        due_ms = self._clock.now_ms() + max(asked_ms, self._policy.delay_ms(item.attempt, self._chance()))
        with writing(self._engine) as connection:
            return "delayed" if outbox.retry(connection, item, due_ms=due_ms, reason=reason) else "late"

    def _give_up(self, item: OutboxItem, reason: str, state: OutboxState = OutboxState.DEAD) -> str:
        try:
            with writing(self._engine) as connection:
                done = outbox.end(connection, item, state, now_ms=self._clock.now_ms(), reason=reason)
                if done:
                    self._handlers[item.kind].gave_up(connection, item, reason)
        except CosignFault:
            raise
        except Exception as fault:  # what should happen instead must not keep a poisoned row alive
            self._observer.failed(fault)
            return self._end(item, state, reason=reason)
        return state.value if done else "late"

    def _end(
        self,
        item: OutboxItem,
        state: OutboxState,
        *,
        reason: str = "",
        reference: str = "",
        also: Callable[[Connection, OutboxItem, str], None] | None = None,
    ) -> str:
        """Records an end, and in the same transaction what `also` writes.

        Tries for a while: a delivery that is not recorded is made again when the lease ends.
        """
        for left in reversed(range(_RECORD_TRIES)):
            try:
                with writing(self._engine) as connection:
                    now_ms = self._clock.now_ms()
                    done = outbox.end(connection, item, state, now_ms=now_ms, reason=reason, reference=reference)
                    if done and also is not None:
                        also(connection, item, reference)
                return state.value if done else "late"
            except CosignFault:
                if not left or self._stopping:
                    raise
                time.sleep(_AFTER_FAILURE_SECONDS / 2)
        return "late"
