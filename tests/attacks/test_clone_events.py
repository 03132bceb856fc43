"""Attack and model: ordinary network events against the clone automaton (section 5.5, rows 29 to 37).

A naive token automaton freezes honest phones in seven everyday events. The real rules (`keyshare.admission`,
`keyshare.clone`) never freeze an honest run under loss, duplication and reordering, and freeze the second copy of a
cloned state at its first contact.
"""

import copy
import random
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from keyshare.admission import admit
from keyshare.clone import Ending, TokenFields, move_token, seen_entries
from keyshare.device_row import DeviceRow, DeviceState, new_device
from protocol.codes import Op, Status
from tests.attacks.model_phone import TokenState

LIFE_MS = 120_000
RUNS_PER_SEED = 300


class NaiveServer:
    """Token automaton without seen ids, open requests limited, a second lost answer counted as a clone."""

    def __init__(self) -> None:
        self.current, self.next, self.last, self.frozen, self.lost = b"", b"t0", b"", False, 0
        self._made = 0

    def request(self, tau: bytes, open_reqs: list[bytes], req_id: bytes) -> bytes | None:
        """The next token, or None when frozen."""
        case_a = tau == self.next
        case_b = tau == self.current and self.last in open_reqs
        self.lost = self.lost + 1 if case_b and not case_a else 0
        if self.frozen or not (case_a or case_b) or self.lost >= 2:
            self.frozen = True
            return None
        if case_a:
            self.current = self.next
        self._made += 1
        self.next, self.last = b"t%d" % self._made, req_id
        return self.next


def naive_duplicate(server: NaiveServer) -> None:
    server.request(b"t0", [], b"a")
    server.request(b"t0", [], b"a")


def naive_late_arrival(server: NaiveServer) -> None:
    server.request(b"t0", [b"a"], b"b")
    server.request(b"t0", [], b"a")


def naive_two_lost_answers(server: NaiveServer) -> None:
    for open_reqs, req_id in (([], b"a"), ([b"a"], b"b"), ([b"a", b"b"], b"c")):
        server.request(b"t0", open_reqs, req_id)


def naive_evicted_list(server: NaiveServer) -> None:
    server.request(b"t0", [], b"a")
    server.request(b"t0", [bytes([n]) for n in b"bcdefghi"], b"j")


def naive_late_answer_used(server: NaiveServer) -> None:
    first = server.request(b"t0", [], b"a")
    server.request(b"t0", [b"a"], b"b")
    server.request(first or b"", [], b"c")


def naive_restored_backup(server: NaiveServer) -> None:
    first = server.request(b"t0", [], b"a")
    before = copy.copy(server)
    second = server.request(first or b"", [], b"b")
    before.request(second or b"", [], b"c")
    server.frozen = before.frozen


def naive_replay(server: NaiveServer) -> None:
    first = server.request(b"t0", [], b"a")
    server.request(first or b"", [], b"b")
    server.request(b"t0", [], b"a")


EVENTS = [
    naive_duplicate,
    naive_late_arrival,
    naive_two_lost_answers,
    naive_evicted_list,
    naive_late_answer_used,
    naive_restored_backup,
    naive_replay,
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_the_naive_automaton_freezes_honest_phones(event: Callable[[NaiveServer], None]) -> None:
    server = NaiveServer()
    event(server)
    assert server.frozen


class Message(NamedTuple):
    """A request as the server sees it."""

    op: Op
    req_id: bytes
    fields: TokenFields
    right: bool


class Answer(NamedTuple):
    """What the phone learns."""

    message: Message
    status: Status
    tau: bytes
    case: str
    last_req: bytes


class Server:
    """The real rules around one row and one table of seen ids."""

    def __init__(self) -> None:
        self.row: DeviceRow = new_device(
            device_id="d", user_id="u", tau_next=b"0" * 16, restore_epoch=0, attempts=9, lifetime=1_000_000
        )
        self.seen: dict[bytes, int] = {}
        self.accepted = 0

    def frozen(self) -> bool:
        return self.row.state is DeviceState.FROZEN

    def request(self, message: Message, now_ms: int) -> Answer:
        seen = self.seen.get(message.req_id, -1) >= now_ms
        admission = admit(self.row, message.fields, seen=seen, now_ms=now_ms, restore_epoch=0)
        if admission.freezes:
            self.row = replace(self.row, state=DeviceState.FROZEN)
        if admission.status is not None or admission.case is None:
            return Answer(message, admission.status or Status.FROZEN, b"", "", b"")
        fields = message.fields
        for req_id, end in seen_entries(
            req_id=message.req_id, expires_at_ms=fields.expires_at_ms, open_reqs=fields.open_reqs, now_ms=now_ms
        ):
            self.seen[req_id] = max(end, self.seen.get(req_id, 0))
        if message.op is Op.SYNC:
            return Answer(message, Status.OK, b"", admission.case.value, self.row.last_req)
        if not message.right:
            return Answer(message, Status.PIN_WRONG, b"", "", b"")
        fresh = secrets.token_bytes(16)
        moved = move_token(self.row, admission.case, Ending.RIGHT, req_id=message.req_id, fresh=fresh)
        self.row = replace(self.row, **moved, ctr=self.row.ctr + 1)
        self.accepted += 1
        return Answer(message, Status.OK, fresh, "", b"")


class Network:
    """A phone, what it has under way, and the clock."""

    def __init__(self, state: TokenState, choice: random.Random) -> None:
        self.state, self.choice = state, choice
        self.requests: list[Message] = []
        self.answers: list[Answer] = []

    def make(self, now_ms: int, *, sync: bool) -> Message | None:
        sync = sync or self.state.must_sync()
        if sync and not self.state.may_sync(now_ms):
            return None
        op = Op.SYNC if sync else Op.SIGN
        fields = TokenFields(op, self.state.tau, self.state.live(now_ms), now_ms, now_ms + LIFE_MS, 0)
        message = Message(op, self.choice.randbytes(16), fields, self.choice.random() > 0.25)
        self.state.sent(message.req_id, sync_at_ms=now_ms if sync else None)
        return message

    def take(self, answer: Answer) -> None:
        message = answer.message
        if message.op is Op.SYNC and answer.status is Status.OK:
            self.state.got_sync(message.req_id, answer.case, answer.last_req)
        elif answer.status is Status.OK:
            self.state.got_right(message.req_id, answer.tau)
        elif answer.status is Status.PIN_WRONG:
            self.state.got_wrong(message.req_id)

    def step(self, server: Server, now_ms: int) -> None:
        """Sends, delivers, duplicates, loses or reorders something."""
        kind, choice = self.choice.random(), self.choice
        if kind < 0.35:
            message = self.make(now_ms, sync=choice.random() < 0.25)
            if message:
                self.requests.append(message)
        elif kind < 0.7 and self.requests:
            index = choice.randrange(len(self.requests))
            message = self.requests[index] if choice.random() < 0.25 else self.requests.pop(index)
            if choice.random() > 0.2:
                answer = server.request(message, now_ms)
                if choice.random() > 0.3:
                    self.answers.append(answer)
        elif self.answers:
            self.take(self.answers.pop(choice.randrange(len(self.answers))))


def advance(choice: random.Random, now_ms: int) -> int:
    return now_ms + choice.choice((0, 1, 5, 30)) * 1000


@pytest.mark.parametrize("seed", range(5))
def test_rows_31_37_honest_runs_never_freeze_and_clones_freeze_at_first_contact(seed: int) -> None:
    judged = 0
    for run in range(RUNS_PER_SEED):
        choice = random.Random(seed * 1000 + run)
        server, now = Server(), 1_000_000
        phone = Network(TokenState(b"0" * 16), choice)
        for _ in range(80):
            now = advance(choice, now)
            phone.step(server, now)
        assert not server.frozen()

        clone = Network(copy.deepcopy(phone.state), choice)
        first, second = (clone, phone) if choice.random() < 0.5 else (phone, clone)
        in_flight, phone.requests, phone.answers, before = phone.requests, [], [], server.accepted
        for _ in range(400):
            now = advance(choice, now)
            first.step(server, now)
            if server.accepted > before or server.frozen():
                break
        if server.frozen() or server.accepted == before:
            continue  # the copy was never used with a right PIN: there is no clone to detect yet
        for late in in_flight:  # the common past arrives late
            server.request(late, now)
        for _ in range(4):
            if server.frozen():
                break
            message = second.make(now, sync=choice.random() < 0.5)
            if message:
                assert server.request(message, now).status is Status.FROZEN
        assert server.frozen()
        judged += 1
    assert judged > RUNS_PER_SEED // 2
