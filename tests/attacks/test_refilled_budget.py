"""Attack: refill the PIN budget of a stolen phone with a key of one's own (section 5.2).

KEYGEN needs no PIN, so whoever holds the device key can make a key whose PIN he chooses, and prove that PIN whenever
he likes. He alternates guesses on the victim's key with right operations on his own.
"""

from dataclasses import replace

import pytest

from keyshare.device_row import DeviceState
from protocol.codes import Op, Status
from protocol.reference.phone import Phone, Sign
from protocol.reference.transcript import SUITE_SM2
from tests.attacks.service import ATTEMPTS, LIFETIME, Service
from tests.protocol.malice import header_for
from tests.protocol.sides import new_reference_phone
from tests.protocol.world import DEVICE_ID, ENTROPY, KnownKey, known_key

DIGEST = bytes(31) + b"\6"


class Thief:
    """Has the device key, the token and a key of his own; does not know the victim's PIN."""

    def __init__(self, service: Service, victim: KnownKey) -> None:
        self.service, self.victim, self.own = service, victim, known_key(key_id="key-thief")
        self.phone: Phone = new_reference_phone(service.server.target)
        service.enrol(DEVICE_ID, self.phone.device_public)
        service.add_key(victim, DEVICE_ID)
        service.add_key(self.own, DEVICE_ID)
        self.guessed = 0
        """Guesses on the victim's key that were evaluated."""

    def send(self, key: KnownKey, *, right: bool) -> Status:
        """One SIGN request with the share, or with the share that some wrong PIN gives."""
        row = self.service.row(DEVICE_ID)
        now_ms = self.service.clock.ms
        header = header_for(
            key, Op.SIGN, tau=row.tau_next, open_reqs=[], ctr=row.ctr, restore_epoch=0, issued_at_ms=now_ms
        )
        share = key.phone if right else replace(key.phone, share=ENTROPY.scalar(SUITE_SM2))
        return self.service.submit(Sign(self.phone, header, share, [DIGEST]).envelope).status

    def guess(self) -> Status:
        """One guess on the victim's key, after every delay has passed."""
        self.service.clock.ms += 25 * 3_600_000
        status = self.send(self.victim, right=False)
        self.guessed += status is Status.PIN_WRONG
        return status

    def refill(self, *, mistakes: int = 0) -> Status:
        """A right operation with his own key, after some wrong ones to look like its owner."""
        for _ in range(mistakes):
            self.send(self.own, right=False)
        return self.send(self.own, right=True)


@pytest.fixture
def thief(service: Service, signing_key: KnownKey) -> Thief:
    return Thief(service, signing_key)


@pytest.mark.parametrize("mistakes", [0, 1])
def test_a_key_of_the_thief_does_not_refill_the_budget(service: Service, thief: Thief, mistakes: int) -> None:
    for _ in range(2 * ATTEMPTS):
        thief.guess()
        thief.refill(mistakes=mistakes)

    assert thief.guessed <= ATTEMPTS
    assert service.row(DEVICE_ID).state is DeviceState.LOCKED
    assert thief.guess() is Status.LOCKED
    assert thief.refill() is Status.LOCKED


def test_mistakes_with_his_own_key_come_back(service: Service, thief: Thief) -> None:
    """What a right PIN gives back is what its own key cost: the owner of two keys is not punished twice."""
    thief.guess()

    assert thief.refill(mistakes=1) is Status.OK

    row = service.row(DEVICE_ID)
    assert (row.attempts_left, row.lifetime_left) == (ATTEMPTS - 1, LIFETIME - 2)


def test_the_victims_own_pin_gives_everything_back(service: Service, thief: Thief) -> None:
    for _ in range(5):
        thief.guess()
        thief.refill()
    service.clock.ms += 25 * 3_600_000

    assert thief.send(thief.victim, right=True) is Status.OK

    assert service.row(DEVICE_ID).attempts_left == ATTEMPTS
