"""SYNC: the heartbeat without PIN (CLONE-5).

It settles which requests arrived, and it is how the owner of a copied phone finds out. It runs by itself when 64
requests are open (CLONE-6) and when the phone has not heard from the server for a day.
"""

from dataclasses import dataclass
from typing import Final

from cosign.client.phone.engine import Engine, Operation
from cosign.client.phone.errors import NotEnrolled
from protocol.codes import Op, Purpose, Status, Suite, SyncCase
from protocol.phone import Answer, PhoneSync

SILENCE_MS: Final = 24 * 3_600_000
"""After so long without an answer a heartbeat goes before the next operation."""

_NO_KEY_ID: Final = "-"
"""SYNC is about the device; the header's key_id has at least one byte (section 1.5, field 8)."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a heartbeat found out."""

    case: SyncCase
    last_accepted: bytes
    """Under B the request whose answer was lost, 16 bytes; zeros under A."""
    attempts_left: int
    """Of the device, 0 to 9."""


def sync(engine: Engine) -> SyncCase:
    """Sends one SYNC; raises as `settle_open`."""
    return settle_open(engine).case


def settle_open(engine: Engine) -> Settled:
    """Sends one SYNC and settles the open list: empty under A, `last_req` alone under B.

    Raises:
        TooManyHeartbeats: Eight are unanswered.
        Refused, Rejected, Unreachable, NotEnrolled.
    """
    with engine.queue:
        frame, (case, last_accepted) = engine.perform(
            Operation(Op.SYNC, "Sync", _NO_KEY_ID, Purpose.SIGN, suite=Suite.P256),
            lambda ticket, device: PhoneSync.begin(ticket.target, device, ticket.header),
            lambda exchange, raw: _split(exchange.finish(raw)),
            before_commit=lambda ticket, outcome: engine.home.state.record.synced(ticket.header.req_id, *outcome),
        )
        return Settled(case, last_accepted, frame.attempts_left)


def make_room(engine: Engine) -> None:
    """Runs a heartbeat if one is due before another operation. Raises as `sync`."""
    state = engine.home.state
    if not state.device_id:
        raise NotEnrolled
    silent = engine.clock.now_ms() - state.last_contact_ms >= SILENCE_MS
    if state.record.is_full or (silent and state.keys):
        sync(engine)


def _split(three: tuple[Answer, str, bytes]) -> tuple[Answer, tuple[SyncCase, bytes]]:
    frame, case, last_req = three
    return frame, (SyncCase(case) if frame.status == Status.OK else SyncCase.A, last_req)
