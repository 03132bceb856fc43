"""Seeded random runs of phones against the transaction rule, with losses, doublings, clones and crashes.

After every step the budget, the token and the audit trail are compared with what the phones know.
"""

from dataclasses import dataclass, field, replace
from random import Random

from keyshare.device_row import DeviceState
from protocol.codes import Op, Status
from tests.keyshare.fakes import FakeRequest
from tests.keyshare.world import FakePhone, World

FAILURES = ("begin", "write", "commit", "after_commit", "lock")


@dataclass
class Run:
    """One random history of one phone."""

    world: World
    random: Random
    phone: FakePhone
    net: list[FakeRequest] = field(default_factory=list)
    back: list[tuple[FakeRequest, bytes]] = field(default_factory=list)
    wrong_pins: int = 0
    """PIN_WRONG answers seen leaving the server."""
    results: int = 0
    """OK answers of PIN operations seen leaving the server."""

    def step(self, *, failures: bool) -> None:
        """Makes, delivers, doubles, loses or answers one message."""
        self.world.clock.advance(s=self.random.choice((0, 1, 5, 30)))
        draw = self.random.random()
        if draw < 0.35:
            self._make()
        elif draw < 0.7 and self.net:
            self._deliver(failures=failures)
        elif self.back:
            request, answer = self.back.pop(self.random.randrange(len(self.back)))
            self.world.receive(self.phone, request, answer)

    def _make(self) -> None:
        op = Op.SYNC if self.random.random() < 0.25 or self.phone.record.is_full else Op.SIGN
        if op is Op.SYNC and len(self.phone.record.syncs) >= 8:
            return
        right = self.random.random() > 0.1
        self.net.append(self.world.request(self.phone, op, right=right))

    def _deliver(self, *, failures: bool) -> None:
        index = self.random.randrange(len(self.net))
        request = self.net[index] if self.random.random() < 0.25 else self.net.pop(index)
        if self.random.random() < 0.2:
            return
        if failures and self.random.random() < 0.1:
            self._fail_once(self.random.choice(FAILURES))
        before = self.world.row(self.phone)
        (released,) = self.world.serve(request)
        after = self.world.row(self.phone)
        self.wrong_pins += released.status is Status.PIN_WRONG
        self.results += released.status is Status.OK and request.op != Op.SYNC
        self._check(before.lifetime_left, after.lifetime_left, released.status)
        if self.random.random() > 0.3:
            self.back.append((request, released.answer))

    def _check(self, before: int, after: int, status: Status) -> None:
        assert after <= before, "the lifetime never rises"
        if status is Status.PIN_WRONG:
            assert after == before - 1, "a wrong PIN is charged before it is told"

    def _fail_once(self, point: str) -> None:
        self.world.store.fail_at = point  # type: ignore[attr-defined]

    def refill(self) -> None:
        """Keeps an honest phone from locking itself, so that long runs go on."""
        row = self.world.row(self.phone)
        if row.state is not DeviceState.FROZEN:
            fresh = {"attempts_left": 9, "charged": b"", "lifetime_left": 50, "lock_until_ms": 0}
            self.world.edit(self.phone, **fresh, state=DeviceState.ACTIVE)

    def copy_phone(self) -> "Run":
        """A2 with the device key: everything the phone has, and its own network."""
        record = replace(
            self.phone.record,
            open_reqs=list(self.phone.record.open_reqs),
            syncs=list(self.phone.record.syncs),
        )
        clone = FakePhone(self.phone.device_id, self.phone.user_id, record, self.phone.keys)
        return Run(self.world, self.random, clone)
