"""Personal data under real data keys and a software token, for tests of every area."""

import datetime as dt
from pathlib import Path

from sqlalchemy import Engine

from cosign.clock import Clock
from cosign.personal.cipher import TokenPersonalData
from cosign.personal.data_keys import DataKeys
from hsm.software import SoftwareToken
from protocol.seal import Kek, SecretRecord

SERVER: str = "test"


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = dt.datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.moment

    def now_ms(self) -> int:
        return round(self.moment.timestamp() * 1000)

    def forward(self, **parts: float) -> None:
        """`parts` as for `datetime.timedelta`."""
        self.moment += dt.timedelta(**parts)


def make_token(folder: Path) -> SoftwareToken[SecretRecord]:
    """A new software token in a folder that does not exist yet."""
    return SoftwareToken.create(folder, kek=Kek, environment="test", warn=lambda _: None)


def make_keys(engine: Engine, token: SoftwareToken[SecretRecord], clock: Clock) -> DataKeys:
    """The data keys of a migrated database, made if there are none."""
    keys = DataKeys(engine, token, server_id=SERVER, clock=clock)
    keys.load()
    return keys


def make_personal(engine: Engine, folder: Path, clock: Clock) -> TokenPersonalData:
    """`PersonalData` on a migrated database, with a new token in `folder`."""
    return TokenPersonalData(make_keys(engine, make_token(folder), clock))
