"""Fixtures: the four pairings of phone and server, and one known key."""

import pytest
from hypothesis import HealthCheck, settings

from protocol.codes import Purpose
from tests.protocol.phones import NativePhone, ReferencePhone
from tests.protocol.sides import NativeServer, PhoneSide, ReferenceServer, ServerSide
from tests.protocol.world import Custody, KnownKey, known_key

settings.register_profile("protocol", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("protocol")  # plain-Python curve arithmetic on a busy machine has no useful deadline

PAIRS = {
    "reference-reference": (ReferencePhone, ReferenceServer),
    "reference-native": (ReferencePhone, NativeServer),
    "native-reference": (NativePhone, ReferenceServer),
    "native-native": (NativePhone, NativeServer),
}
"""Phone and server of each pairing."""


@pytest.fixture(params=list(PAIRS.values()), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> tuple[PhoneSide, ServerSide]:
    """A phone and the server it talks to."""
    phone, server = request.param
    made = server()
    return phone(made.target), made


@pytest.fixture
def custody() -> Custody:
    return Custody()


@pytest.fixture(scope="session")
def signing_key() -> KnownKey:
    return known_key(Purpose.SIGN)


@pytest.fixture(scope="session")
def decryption_key() -> KnownKey:
    return known_key(Purpose.DECRYPT)
