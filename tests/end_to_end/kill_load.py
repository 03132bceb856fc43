"""Honest phones that use a service without pause, and a journal of what was acknowledged to them.

Every phone draws what it does next from a generator of its own. After a fault it waits until the port takes
connections again, as long as that may be. A wrong PIN is followed by right ones of the same key until one is
acknowledged: then all attempts must be there again, so that the next wrong PIN must leave eight.
"""

import hashlib
import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cosign.client.phone import Phone, UnlockedKey
from cosign.client.phone.errors import Rejected, Unreachable
from cosign.client.phone.refusals import OutcomeUnknown, PinIncorrect, ServerBusy
from demo.programs import PhoneProgram
from protocol import sm2
from protocol.codes import Purpose
from tests.end_to_end.conftest import PIN, WRONG_PIN, add_key, open_sdk

MOST_WRONG_PINS: Final = 15
"""Of one phone altogether; its lifetime ends with the fiftieth."""
LEFT_AFTER_ONE: Final = 8
PATIENCE_SECONDS: Final = 180.0
"""How long a service may be away before a run gives up; replacing a worker that keeps ending takes up to 30 s."""
_OUTAGES: Final = frozenset({"SHUTTING_DOWN", "DB_UNAVAILABLE", "UNAVAILABLE", "SERVER_BUSY"})
_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One acknowledged request of SIGN."""

    digests: tuple[bytes, ...]
    signatures: tuple[bytes, ...]
    """r‖s, 64 bytes each."""


@dataclass(slots=True)
class Journal:
    """What one phone knows for certain."""

    device_id: str
    sign_key: str
    sign_pk: bytes
    decrypt_key: str
    decrypt_pk: bytes
    signed: list[SignedRequest] = field(default_factory=list)
    decrypted: list[tuple[bytes, ...]] = field(default_factory=list)
    """Ciphertexts C1 ‖ C3 ‖ C2 of each acknowledged request of DECRYPT."""
    wrong_told: int = 0
    """Wrong PINs that were answered as such."""
    wrong_unknown: int = 0
    """Wrong PINs whose answer was lost."""
    outages: int = 0
    """Calls that ended in a fault that an outage explains."""

    @property
    def acknowledged(self) -> int:
        """Requests that ended as they should."""
        return len(self.signed) + len(self.decrypted) + self.wrong_told


class Progress:
    """How much was acknowledged to all phones together; wakes whoever waits for more, also when a phone has failed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self.faults: list[BaseException] = []
        self.stopping = threading.Event()

    def step(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def failed(self, fault: BaseException) -> None:
        with self._changed:
            self.faults.append(fault)
            self._changed.notify_all()

    @property
    def count(self) -> int:
        return self._count

    def wait_until(self, count: int, seconds: float) -> bool:
        """Whether so much is acknowledged, or a phone has failed, before the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count or bool(self.faults), seconds)


class LoadPhone:
    """One phone with a signing key and a decryption key, in a thread of its own."""

    def __init__(self, program: PhoneProgram, progress: Progress, *, seed: str) -> None:
        """Makes the keys; `program` is enrolled."""
        self._program = program
        self._progress = progress
        self._random = random.Random(seed)
        self._seed = seed
        self._number = 0
        sign = add_key(program)
        decrypt = add_key(program, Purpose.DECRYPT)
        with open_sdk(program) as phone:
            device_id = phone.status().device_id
        self.journal = Journal(device_id, sign.key_id, sign.public_key, decrypt.key_id, decrypt.public_key)
        self._tend: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._run, name=f"phone {seed}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def settle(self, tend: Callable[[], object]) -> None:
        """At the end: every open request is settled, and both keys work with the right PIN (no honest freeze).

        `tend` starts the service again if the last kill ended it.
        """
        self._tend = tend
        with open_sdk(self._program) as phone:
            self._until_reached(phone.sync)
            self._until_reached(lambda: self._sign(phone, PIN, 1))
            self._until_reached(lambda: self._decrypt(phone, PIN))
            self._until_reached(phone.sync)

    def _run(self) -> None:
        try:
            with (
                open_sdk(self._program) as phone,
                phone.unlock(self.journal.sign_key, PIN) as signing,
                phone.unlock(self.journal.decrypt_key, PIN) as decrypting,
            ):
                while not self._progress.stopping.is_set():
                    self._turn(phone, signing, decrypting)
        except BaseException as fault:
            self._progress.failed(fault)

    def _turn(self, phone: Phone, signing: UnlockedKey, decrypting: UnlockedKey) -> None:
        choice = self._random.random()
        if choice < 0.75:
            self._reached(lambda: self._sign(phone, signing, 1 if choice < 0.6 else self._random.randint(2, 5)))
        elif choice < 0.97 or self.journal.wrong_told + self.journal.wrong_unknown >= MOST_WRONG_PINS:
            self._reached(lambda: self._decrypt(phone, decrypting))
        else:
            self._enter_wrong_pin(phone)
            while not self._progress.stopping.is_set():
                if self._reached(lambda: self._sign(phone, signing, 1)):
                    return

    def _sign(self, phone: Phone, secret: str | UnlockedKey, count: int) -> None:
        digests = [self._fresh() for _ in range(count)]
        signatures = phone.sign_digests(self.journal.sign_key, digests, secret)
        self.journal.signed.append(SignedRequest(tuple(digests), tuple(signatures)))

    def _decrypt(self, phone: Phone, secret: str | UnlockedKey) -> None:
        plaintext = self._fresh()
        ciphertext = sm2.encrypt(self.journal.decrypt_pk, plaintext)
        if phone.decrypt(self.journal.decrypt_key, [ciphertext], secret) != [plaintext]:
            raise AssertionError("another plaintext came back")
        self.journal.decrypted.append((ciphertext,))

    def _enter_wrong_pin(self, phone: Phone) -> None:
        """Raises AssertionError when an attempt was given back or taken twice."""
        try:
            phone.sign_digests(self.journal.sign_key, [self._fresh()], WRONG_PIN)
        except PinIncorrect as told:
            self.journal.wrong_told += 1
            if told.attempts_left != LEFT_AFTER_ONE:
                raise AssertionError(f"{told.attempts_left} attempts are left after one wrong PIN") from told
            self._progress.step()
        except (Unreachable, OutcomeUnknown, ServerBusy, Rejected) as fault:
            self.journal.wrong_unknown += 1
            self._outage(fault)
        else:
            raise AssertionError("a wrong PIN signed")

    def _until_reached(self, operation: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._reached(operation):
            if time.monotonic() > end:
                raise AssertionError("the service did not come back")

    def _reached(self, operation: Callable[[], object]) -> bool:
        """Whether it was acknowledged; any fault that an outage does not explain is raised."""
        try:
            operation()
        except (Unreachable, OutcomeUnknown, ServerBusy, Rejected) as fault:
            self._outage(fault)
            return False
        self._progress.step()
        return True

    def _outage(self, fault: Exception) -> None:
        if isinstance(fault, Rejected) and fault.server_reason not in _OUTAGES:
            raise fault
        self.journal.outages += 1
        time.sleep(_LOOK_SECONDS)  # the channel may not have noticed yet that the service is back
        end = time.monotonic() + PATIENCE_SECONDS
        while not listens(self._program.server.address) and time.monotonic() < end:
            self._tend()
            time.sleep(_LOOK_SECONDS)

    def _fresh(self) -> bytes:
        """32 bytes that no other request has."""
        self._number += 1
        return hashlib.sha256(f"{self._seed} {self._number}".encode()).digest()


def listens(address: str) -> bool:
    """Whether somebody takes connections at `host:port`."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, int(port))) == 0
