"""The one way a key operation leaves the phone.

::

    ticket   draw local_seq and header, add req_id to the open list, make both durable     HEDGE-1, SIGN-5
    send     carry the envelope; a lost answer leaves the id in the list                   CLONE-7
    settle   take over token and counter of an OK answer, durable before success is shown  CLONE-7

One queue per device record: a lock keeps two threads from interleaving their tickets. A request that the server could
not open, that missed its time window or that found the device row locked is built anew, with new nonces; what becomes
of lost answers stands in `lost`.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from cosign.client.phone.channel import Connection
from cosign.client.phone.errors import (
    DecryptionRefused,
    NotEnrolled,
    PhoneFault,
    Rejected,
    ServerNotTrusted,
    Unreachable,
)
from cosign.client.phone.home import Home
from cosign.client.phone.refusals import MALFORMED_REASONS, REFUSALS, RequestExpired, ServerBusy
from cosign.client.phone.trust import TrustedServer, verify_server_info
from cosign.clock import Clock
from protocol import errors as core
from protocol.codes import Op, Purpose, Status, Suite
from protocol.phone import Answer, DeviceKey, Header, OtReply, Target

T = TypeVar("T")
E = TypeVar("E", bound="Exchange")

_NO_SHARE: Final = bytes(16)
_NO_KEY: Final = bytes(33)

BUSY_PAUSE_SECONDS: Final = 0.2

_REPEATS: Final = {"ENVELOPE_INVALID": 1, RequestExpired.reason: 1, ServerBusy.reason: 3}
"""How often an operation is built anew by itself: only for reasons that exclude that anything was evaluated."""


class Exchange(Protocol):
    """The part all `protocol.phone` state machines have in common."""

    @property
    def envelope(self) -> bytes:
        """What is sent."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request is about: the fields of its header that the caller decides."""

    op: Op
    method: str
    """RPC that carries it."""
    key_id: str
    purpose: Purpose
    share_id: bytes = _NO_SHARE
    public_key: bytes = _NO_KEY
    suite: Suite = Suite.SM2
    """That of the key; P256 for SYNC, which is signed by the device key alone (HDR-3)."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that is entered in the durable device record; it may be built and sent once."""

    operation: Operation
    header: Header
    local_seq: int
    target: Target


class Engine:
    """Runs key operations of one device."""

    def __init__(self, home: Home, connection: Connection, clock: Clock) -> None:
        self.home = home
        self.connection = connection
        self.clock = clock
        self.queue = threading.RLock()
        self.ot_replies: dict[bytes, OtReply] = {}
        """By share_id: part 2 of OT set-ups that wait for CONFIRM. In memory only (section 10.2)."""
        self._unsure = True
        """Whether the server may be away: then it is asked for its description before a request is entered, so
        that attempts without a server do not fill the list of open requests."""

    # --- the server ---

    def server(self, *, refetch: bool = False) -> TrustedServer:
        """The verified server, fetched again when what is known is too old. Raises ServerNotTrusted."""
        state = self.home.state
        if state.server is None or refetch or self._unsure or state.server.needs_fetch(self.clock.now_ms()):
            info = self.connection.server_info()
            self._unsure = False
            pinned = state.server if state.device_id else None
            state.server = verify_server_info(info, pinned=pinned, now_ms=self.clock.now_ms())
            if not state.keys:
                # Nothing to adopt yet: a phone without a key takes the epoch over (RS-2).
                state.record.restore_epoch = info.restore_epoch
        return state.server

    def server_time_ms(self) -> int:
        """The phone's clock, corrected by the server's last word (field 12 of the header)."""
        offset = self.server().clock_offset_ms
        return self.clock.now_ms() + offset

    # --- one operation ---

    def perform(
        self,
        operation: Operation,
        begin: Callable[[Ticket, DeviceKey], E],
        finish: Callable[[E, bytes], tuple[Answer, T]],
        *,
        before_commit: Callable[[Ticket, T], None] | None = None,
    ) -> tuple[Answer, T]:
        """Runs one operation of one exchange.

        Args:
            operation: Header fields.
            begin: Builds the state machine for a ticket.
            finish: Reads the answer.
            before_commit: Changes that become durable together with the new token.

        Raises:
            ServerNotTrusted: The answer fails a check of the phone; nothing is released (SIGN-18).
            Refused, Rejected, Unreachable, NotEnrolled, DecryptionRefused.
        """
        repeats = dict(_REPEATS)
        with self.queue:
            while True:
                try:
                    return self._attempt(operation, begin, finish, before_commit)
                except (RequestExpired, ServerBusy, Rejected) as fault:
                    reason = fault.server_reason if isinstance(fault, Rejected) else fault.reason
                    if not repeats.get(reason):
                        raise
                    repeats[reason] -= 1
                    self._prepare_repeat(fault)

    def _prepare_repeat(self, fault: PhoneFault) -> None:
        """What makes the next attempt better than the last one."""
        if isinstance(fault, Rejected):
            self.server(refetch=True)
        elif isinstance(fault, ServerBusy):
            time.sleep(BUSY_PAUSE_SECONDS)
        # RequestExpired carried the server's clock, which the next header uses (CLONE-1).

    def _attempt(
        self,
        operation: Operation,
        begin: Callable[[Ticket, DeviceKey], E],
        finish: Callable[[E, bytes], tuple[Answer, T]],
        before_commit: Callable[[Ticket, T], None] | None,
    ) -> tuple[Answer, T]:
        ticket = self.ticket(operation)
        exchange = begin(ticket, self.home.device_key())
        raw = self.send(ticket, exchange.envelope)
        with checked_answer():
            frame, result = finish(exchange, raw)
        self.settle(ticket, frame, None if before_commit is None else lambda: before_commit(ticket, result))
        return frame, result

    # --- the three steps ---

    def ticket(self, operation: Operation) -> Ticket:
        """Enters a new request in the device record. Durable when it returns.

        Raises:
            NotEnrolled: There is no device.
            TooManyHeartbeats: A SYNC, and eight of them are open.
        """
        state = self.home.state
        if not state.device_id:
            raise NotEnrolled
        target = self.server().target()
        issued_at = self.server_time_ms()
        fields = state.record.next_fields(operation.op, issued_at)
        header = Header(
            suite=operation.suite,
            op=operation.op,
            purpose=operation.purpose,
            server_id=self.server().server_id,
            user_id=state.user_id,
            device_id=state.device_id,
            key_id=operation.key_id,
            share_id=operation.share_id,
            pk=operation.public_key,
            issued_at_ms=issued_at,
            ctr=fields.ctr,
            tau=fields.tau,
            open_reqs=fields.open_reqs,
            restore_epoch=fields.restore_epoch,
        )
        state.record.enter(header.req_id, operation.op, issued_at)
        self.home.commit()
        return Ticket(operation, header, fields.local_seq, target)

    def send(self, ticket: Ticket, envelope: bytes) -> bytes:
        """Carries the envelope and returns the sealed answer. Raises Unreachable, Rejected."""
        try:
            return self.connection.exchange(ticket.operation.method, envelope)
        except Unreachable:
            self._unsure = True
            raise

    def settle(
        self,
        ticket: Ticket,
        frame: Answer,
        before_commit: Callable[[], None] | None = None,
        *,
        first_token: tuple[bytes, int] | None = None,
    ) -> None:
        """Takes over what an answer says. Durable when it returns.

        Raises:
            Refused: The class that belongs to a status other than OK.
        """
        state = self.home.state
        self._note_time(frame)
        status = Status(frame.status)
        if status is Status.OK:
            tau, ctr = first_token or (frame.tau, frame.ctr)
            if ticket.operation.op is not Op.SYNC:
                state.record.accepted(ticket.header.req_id, tau=tau, ctr=ctr)
            if ticket.operation.op is Op.ADOPT:
                state.record.restore_epoch = frame.restore_epoch
            if before_commit is not None:
                before_commit()
        elif status is Status.PIN_WRONG:
            state.record.pin_wrong(ticket.header.req_id)
        elif status is Status.OT_DESTROYED and any(frame.tau):
            # The PIN was right and the token has moved; only the result is missing (EC-6).
            state.record.accepted(ticket.header.req_id, tau=frame.tau, ctr=frame.ctr)
        self.home.commit()
        self.check(frame)

    def check(self, frame: Answer) -> None:
        """Raises the exception of a status other than OK."""
        if frame.status != Status.OK:
            refused = MALFORMED_REASONS.get(frame.reason or "", REFUSALS[frame.status])
            raise refused(
                attempts_left=frame.attempts_left, retry_after_s=frame.retry_after_s, detail=frame.reason or ""
            )

    def _note_time(self, frame: Answer) -> None:
        state, now = self.home.state, self.clock.now_ms()
        state.last_contact_ms = now
        if state.server is not None:
            state.server = state.server.with_server_time(frame.server_time_ms, now)


@contextlib.contextmanager
def checked_answer() -> Iterator[None]:
    """Turns what the core finds wrong in an answer into the phone's exceptions (SIGN-18, KG-8, DEC-5)."""
    try:
        yield
    except core.DecryptionFailed:
        raise DecryptionRefused from None
    except (core.BadAnswer, core.BadProof, core.BadSignature, core.EnvelopeInvalid, core.DegenerateKey) as error:
        raise ServerNotTrusted(type(error).__name__) from None
    except (core.MalformedMessage, core.MalformedPoint, core.MalformedScalar) as error:
        raise ServerNotTrusted(type(error).__name__) from None
