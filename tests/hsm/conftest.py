"""A SoftHSM2 token of its own for every test that asks for one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hsm.pkcs11 import Mode, Pkcs11Token
from hsm.pkcs11.pool import Limits
from hsm.pkcs11.state import Algorithm
from protocol.phone import DeviceKey
from protocol.seal import SecretRecord
from tests.hsm.softhsm import NATIVE, SoftHsm

OpenToken = Callable[..., Pkcs11Token[SecretRecord]]


@pytest.fixture
def soft(tmp_path: Path) -> SoftHsm:
    """A store without a token."""
    return SoftHsm(tmp_path / "softhsm")


@pytest.fixture(params=[Algorithm.GCM, Algorithm.DERIVED], ids=["alg1", "alg2"])
def ready(soft: SoftHsm, request: pytest.FixtureRequest) -> SoftHsm:
    """A store whose token went through the ceremony, once per algorithm."""
    soft.make_ready(request.param)
    return soft


@pytest.fixture
def open_token(soft: SoftHsm) -> Iterator[OpenToken]:
    """Opens the token of `soft` and closes it at the end."""
    opened: list[Pkcs11Token[SecretRecord]] = []

    def opening(
        *, mode: Mode = Mode.AUTO, limits: Limits | None = None, settle: float = 60.0, **changed: str
    ) -> Pkcs11Token[SecretRecord]:
        token = Pkcs11Token.open(soft.uri(**changed), native=NATIVE, mode=mode, limits=limits, settle=settle)
        opened.append(token)
        return token

    yield opening
    for token in opened:
        token.close()


@pytest.fixture
def token(ready: SoftHsm, open_token: OpenToken) -> Pkcs11Token[SecretRecord]:
    """The token of `ready`, open."""
    return open_token()


@pytest.fixture
def record() -> SecretRecord:
    return DeviceKey.generate().export()


def same(one: SecretRecord, other: SecretRecord) -> bool:
    """Whether two device-key records hold the same key."""
    return DeviceKey.restore(one).public_key == DeviceKey.restore(other).public_key
