"""What goes into a micro-batch and what comes out of it."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from hsm.ports import Token
from keyshare.device_row import RowMac
from keyshare.ports import Clock, Durability, Evaluator, HeadLog, OpenedRequest, Random, RecordT
from keyshare.records import ShareRow
from protocol.codes import Op, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborators(Generic[RecordT]):
    """Everything a batch needs besides the store."""

    server_id: str
    evaluator: Evaluator[RecordT]
    token: Token[RecordT]
    row_mac: RowMac
    clock: Clock
    random: Random
    restore_epoch: Callable[[], int]
    heads: HeadLog
    durability: Durability
    report: Callable[[Exception], None]
    """Told why a transaction failed, after it ended; must not raise."""
    charge_first: bool = False
    """TX-8 for every device, by configuration."""


@dataclass(frozen=True, slots=True)
class Prepared(Generic[RecordT]):
    """A request that passed TX-0: device signature right, time, policy and share looked up, record open."""

    request: OpenedRequest
    op: Op
    device_id: str
    req_id: bytes
    share: ShareRow | None = None
    """The row the record was opened from; None for SYNC and for refusals."""
    record: RecordT | None = None
    """Plaintext handle of `share`; None for SYNC and for refusals."""
    refusal: Status | None = None
    """UNKNOWN_SHARE, FROZEN, POLICY or UNAVAILABLE found in TX-0; given only if the clone rules and the state have
    nothing to say, so that a repeat is STALE whatever became of its share."""


class EventKind(enum.StrEnum):
    """Things an operator wants to know. Reported after the commit only (TX-6)."""

    LOST_ANSWER = "lost_answer"
    """CLONE-B."""
    CLONE_DETECTED = "clone_detected"
    """CLONE-X; the device is frozen now."""
    ROW_CORRUPTED = "row_corrupted"
    """SEAL-7: a device row is gone or its MAC does not fit; the device is frozen."""
    RECORD_REFUSED = "record_refused"
    """SEAL-2: a sealed share does not open under its row and request."""
    DEVICE_LOCKED = "device_locked"
    """The last attempt was used."""
    EVALUATION_FAULT = "evaluation_fault"
    """TX-B3: the core reported FAULT."""
    UNCOMMITTED = "uncommitted"
    """TX-7: evaluated, not committed, nothing revealed."""
    CHARGE_FIRST = "charge_first"
    """TX-8: charged before the evaluation."""
    OT_DESTROYED = "ot_destroyed"
    """EC-6: the phone's extension was inconsistent; its OT set-up is gone. Treat as an attack until explained."""
    OT_SETUP_FAILED = "ot_setup_failed"
    """OTS-7: part 2 of an OT set-up did not fit."""
    SHARE_PROMOTED = "share_promoted"
    """RF-7."""
    GUARD_MISSED = "guard_missed"
    """TX-B4: a guarded update hit no row."""


@dataclass(frozen=True, slots=True)
class KeyshareEvent:
    """One event; ids only, nothing about a PIN."""

    kind: EventKind
    device_id: str
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Released:
    """What leaves the transaction for one request."""

    answer: bytes
    status: Status
    clone_case: str = ""
    events: tuple[KeyshareEvent, ...] = ()
    stale_share: bool = False
    """TX-1: the share row was not the one of TX-0; whoever caches rows must read it again."""
    requeue: bool = False
    """TX-B2: a row was busy and nothing was evaluated; there is no answer yet, the request may be run again."""
