"""What the caches of the devices area may hold, and for how long."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Connection, delete, event, update

from cosign import ids
from cosign.blocking import BlockingPool
from cosign.devices import repository
from cosign.devices.directory import CACHE_SECONDS, DeviceDirectory, SessionDirectory
from cosign.devices.tables import device, device_session
from cosign.errors import SessionEnded
from cosign.store.waker import LocalWaker
from tests.cosign.devices.fakes import Area


class Seconds:
    """A monotonic clock that is set by hand."""

    value = 0.0

    def __call__(self) -> float:
        return self.value


@pytest.fixture
def blocking() -> Iterator[BlockingPool]:
    pool = BlockingPool(1)
    yield pool
    pool.close()


async def test_use_does_not_prolong_a_cached_session(area: Area, blocking: BlockingPool) -> None:
    """`cosignctl device unbind` runs in another process: only reading again notices it."""
    seconds = Seconds()
    sessions = SessionDirectory(
        area.engine,
        clock=area.clock,
        unit=area.unit,
        blocking=blocking,
        waker=LocalWaker(area.engine),
        monotonic=seconds,
    )
    token = await area.session(*await area.enrolled())
    await sessions.caller(token)
    with area.engine.begin() as connection:
        connection.execute(delete(device_session))
    seconds.value = CACHE_SECONDS - 1
    await sessions.caller(token)
    seconds.value = CACHE_SECONDS
    with pytest.raises(SessionEnded):
        await sessions.caller(token)


async def test_a_device_key_is_read_without_compiling_a_statement(area: Area) -> None:
    key, device_id = await area.enrolled()
    compiled: list[ClauseElement] = []

    def note(_connection: object, clause: ClauseElement, *_others: Any) -> None:
        compiled.append(clause)

    event.listen(area.engine, "before_execute", note)
    assert DeviceDirectory(area.engine, waker=LocalWaker(area.engine)).public_keys([device_id]) == {
        device_id: key.public_key
    }
    assert DeviceDirectory(area.engine, waker=LocalWaker(area.engine)).public_keys([ids.new_id(ids.DEVICE, 1)]) == {}
    assert compiled == []


async def test_an_unbound_device_has_no_key(area: Area) -> None:
    _, device_id = await area.enrolled()
    with area.engine.begin() as connection:
        connection.execute(update(device).values(state="unbound"))
    assert DeviceDirectory(area.engine, waker=LocalWaker(area.engine)).public_keys([device_id]) == {}


async def test_devices_that_work_together_are_read_together(area: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that has seen half of its life is read again with whatever has to be read anyway."""
    _, known = await area.enrolled()
    other = ids.new_id(ids.DEVICE, 1)
    seconds, asked = Seconds(), []
    directory = DeviceDirectory(area.engine, waker=LocalWaker(area.engine), monotonic=seconds)
    read = repository.active_public_keys

    def noted(connection: Connection, device_ids: Sequence[str]) -> dict[str, bytes]:
        asked.append(sorted(device_ids))
        return read(connection, device_ids)

    monkeypatch.setattr(repository, "active_public_keys", noted)
    directory.public_keys([known])
    directory.public_keys([known, other])
    seconds.value = CACHE_SECONDS / 2
    assert set(directory.public_keys([known, other])) == {known}
    seconds.value = CACHE_SECONDS  # the entry was renewed
    assert set(directory.public_keys([known])) == {known}
    with area.engine.begin() as connection:
        connection.execute(update(device).values(state="unbound"))
    assert directory.public_keys([known, other]) == {}
    assert asked == [[known], [other], sorted([known, other]), sorted([known, other])]
