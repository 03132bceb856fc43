"""Which provider serves which method in this deployment, and which of them failed a moment ago."""

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from cosign.brands import IdentityMethod
from cosign.brands.model import IdentityPolicy
from cosign.clock import Clock
from cosign.identity.faults import MethodOff, ProviderDown
from cosign.identity.ports import CardReader, CredentialProvider, ElementsProvider, FaceProvider

P = TypeVar("P")
T = TypeVar("T")

DOWN: Final = "down"
"""A call that got no result; any other one is `answered`."""
IMPAIRED_FOR: Final = dt.timedelta(seconds=60)
"""How long a failure of a provider is shown."""


@dataclass(frozen=True, slots=True)
class Named(Generic[P]):
    """A provider and the word it is stored under, at most 16 characters."""

    name: str
    provider: P


@dataclass(slots=True)
class Health:
    """Failures of providers, by method. For several threads."""

    clock: Clock
    count: Callable[[str, str], None]
    """Counts one call by provider and result."""
    _failed: dict[IdentityMethod, dt.datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, method: IdentityMethod, name: str, work: Callable[[], T]) -> T:
        """Calls a provider and notes how it went. Raises what `work` raises."""
        try:
            result = work()
        except ProviderDown:
            self.count(name, DOWN)
            with self._lock:
                self._failed[method] = self.clock.now()
            raise
        self.count(name, "answered")
        with self._lock:
            self._failed.pop(method, None)
        return result

    def impaired(self, method: IdentityMethod) -> bool:
        """Whether its last call failed within the last minute."""
        with self._lock:
            failed = self._failed.get(method)
        return failed is not None and failed + IMPAIRED_FOR > self.clock.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """The providers of this deployment."""

    faces: Mapping[IdentityMethod, Named[FaceProvider]]
    elements: Mapping[IdentityMethod, Named[ElementsProvider]]
    health: Health
    reader: Named[CardReader] | None = None
    credentials: Named[CredentialProvider] | None = None

    def serves(self, method: IdentityMethod) -> bool:
        """Whether the deployment has what the method needs; manual review needs nothing."""
        match method:
            case IdentityMethod.MANUAL:
                return True
            case IdentityMethod.NETWORK_ID:
                return self.credentials is not None
            case IdentityMethod.BANK_FOUR | IdentityMethod.CARRIER_THREE:
                return method in self.elements
            case IdentityMethod.SMS_DOCUMENT:
                return method in self.elements and self.reader is not None
            case IdentityMethod.OCR_FACE:
                return method in self.faces and self.reader is not None
            case _:
                return method in self.faces

    def offered(self, policy: IdentityPolicy) -> list[IdentityMethod]:
        """Methods of a brand that work here, in the order of its policy."""
        return [method for method in policy.methods if self.serves(method)]

    def check_offered(self, policy: IdentityPolicy, method: IdentityMethod) -> None:
        """Raises MethodOff unless the brand has the method and it works here; manual review has calls of its own."""
        offered = self.offered(policy)
        if method not in offered or method is IdentityMethod.MANUAL:
            raise MethodOff(one.value for one in offered)

    def name_of(self, method: IdentityMethod) -> str:
        """The word under which an attempt of this method is known to its provider."""
        if method in self.faces:
            return self.faces[method].name
        if method in self.elements:
            return self.elements[method].name
        return self.credentials.name if self.credentials is not None else ""

    def by_name(self, name: str) -> FaceProvider | None:
        """The provider that sends callbacks under this word."""
        for named in self.faces.values():
            if named.name == name:
                return named.provider
        return None
