"""What stands in for the neighbours of the accounts area in tests."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from cosign.accounts.credentials import LoginCredential
from cosign.accounts.faults import IdentityProofRefused
from cosign.accounts.passwords import Passwords
from cosign.brands import BrandPolicy
from cosign.brands.model import Argon2Cost
from cosign.brands.presets import PRESETS
from cosign.errors import BrandUnknown
from cosign.messages.repository import SqlMessageUnit

CHEAP = Argon2Cost(time=1, memory_kib=8_192, lanes=1)


def cheap(policy: BrandPolicy) -> BrandPolicy:
    return dataclasses.replace(policy, password=dataclasses.replace(policy.password, cost=CHEAP))


class FixedBrands:
    """The presets, with a cheap password hash."""

    def __init__(self) -> None:
        self.policies = {name: cheap(policy) for name, policy in PRESETS.items()}

    def policy(self, brand: str) -> BrandPolicy:
        if brand not in self.policies:
            raise BrandUnknown("no such brand")
        return self.policies[brand]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.policies))

    def change(self, brand: str, part: str, **values: Any) -> None:
        policy = self.policies[brand]
        self.policies[brand] = dataclasses.replace(
            policy, **{part: dataclasses.replace(getattr(policy, part), **values)}
        )


class ReadCodes(SqlMessageUnit):
    """Puts codes into the outbox as ever, and keeps them for the test."""

    seen: list[Mapping[str, Any]]

    def send_code(self, **values: Any) -> None:
        super().send_code(**values)
        self.seen.append(values)


class FakeCredentials:
    """Keys that may log in."""

    def __init__(self) -> None:
        self.known: dict[str, LoginCredential] = {}

    def find(self, key_id: str) -> LoginCredential | None:
        return self.known.get(key_id)


class FakeProofs:
    """Checks that passed: account, phone, id and time of each."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, str, str, dt.datetime]] = []

    def check(self, *, account_id: str, device_id: str, proof_id: str, since: dt.datetime) -> None:
        if not any(one[:3] == (account_id, device_id, proof_id) and one[3] >= since for one in self.passed):
            raise IdentityProofRefused("no such check")


class DeafWaker:
    """A waker that hears nothing."""

    live = False

    def subscribe(self, listener: Callable[[str], None]) -> None:
        """Nothing will come."""


class CountingPasswords(Passwords):
    """Counts comparisons, so that a test sees equal work instead of measuring time."""

    compared = 0

    async def verify(self, stored: str, password: str, cost: Argon2Cost) -> bool:
        self.compared += 1
        return await super().verify(stored, password, cost)
