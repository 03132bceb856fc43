"""Versions of policies: installed once, applied with an etag, recorded, known everywhere."""

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Engine, func, select, text

from cosign.audit.tables import audit_row
from cosign.brands.directory import CACHE_SECONDS, BrandDirectory
from cosign.brands.document import PolicyDocument, read_document
from cosign.brands.faults import EtagMismatch
from cosign.brands.ports import PolicyVersion
from cosign.brands.presets import NEUTRAL, PRESETS
from cosign.brands.repository import SqlBrandUnit
from cosign.brands.usecases.apply_policy import apply_policy, policy_hash
from cosign.brands.usecases.install_presets import install_presets
from cosign.errors import BrandUnknown, ConcurrentOperation, ConfigInvalid, DatabaseUnavailable
from cosign.store.engine import make_engine
from cosign.store.node import NodeConnection
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import LocalWaker
from tests.cosign.brands.conftest import Change, make_unit
from tests.cosign.devices.fakes import MovableClock


def document(brand: str = "net", *, etag: str = "", **codes: int) -> PolicyDocument:
    lines = [f"{key} = {value}" for key, value in codes.items()]
    head = [f'brand = "{brand}"', f'etag = "{etag}"', "[policy.codes]"]
    return read_document("\n".join(head + lines).encode())


def install(change: Change, clock: MovableClock, *brands: str) -> list[str]:
    with change() as unit:
        return install_presets(unit, brands=brands, clock=clock)


def apply(change: Change, clock: MovableClock, wanted: PolicyDocument) -> PolicyVersion | None:
    with change() as unit:
        return apply_policy(unit, document=wanted, actor="operator", clock=clock)


def test_presets_are_installed_once(change: Change, clock: MovableClock) -> None:
    assert install(change, clock, "net", "zb") == ["net", "zb"]
    assert install(change, clock, "net", "zb", "bxq") == ["bxq"]
    with change() as unit:
        assert unit.brands() == ["bxq", "net", "zb"]
        found = unit.policy("net")
    assert found is not None
    assert (found.version, found.preset, found.actor, found.policy) == (1, "net", "preset", PRESETS["net"])
    assert found.applied_at == clock.now()


def test_a_brand_without_a_preset_must_be_applied_first(change: Change, clock: MovableClock) -> None:
    with pytest.raises(ConfigInvalid, match="brand apply"):
        install(change, clock, "mine")
    made = apply(change, clock, document("mine"))
    assert made is not None
    assert (made.version, made.preset) == (1, NEUTRAL)
    assert install(change, clock, "mine") == []


def test_versions_follow_each_other_and_are_recorded(change: Change, clock: MovableClock, engine: Engine) -> None:
    install(change, clock, "net")
    made = apply(change, clock, document(etag="1", resend_seconds=90))
    assert made is not None
    assert (made.version, made.policy.codes.resend_seconds) == (2, 90)
    with change() as unit:
        assert [one.version for one in unit.history("net", below=0, limit=9)] == [2, 1]
        assert [one.version for one in unit.history("net", below=2, limit=9)] == [1]
    with reading(engine) as connection:
        query = select(audit_row.c.outcome, audit_row.c.actor, audit_row.c.body_hash).order_by(audit_row.c.seq)
        rows = [tuple(row) for row in connection.execute(query)]
    assert [row[:2] for row in rows] == [("net 1", "preset"), ("net 2", "operator")]
    assert rows[1][2] == policy_hash(made)


def test_the_same_policy_again_makes_no_version(change: Change, clock: MovableClock) -> None:
    install(change, clock, "net")
    assert apply(change, clock, document()) is None
    with change() as unit:
        found = unit.policy("net")
    assert found is not None
    assert found.version == 1


@pytest.mark.parametrize("etag", ["0", "2", "x"])
def test_another_etag_is_refused_and_nothing_is_written(
    change: Change, clock: MovableClock, engine: Engine, etag: str
) -> None:
    install(change, clock, "net")
    with pytest.raises(EtagMismatch):
        apply(change, clock, document(etag=etag, resend_seconds=90))
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(audit_row)).scalar_one() == 1


def test_of_two_who_apply_at_once_one_is_told(change: Change, clock: MovableClock) -> None:
    """Both read version 1; the unique key of the table decides."""
    install(change, clock, "net")
    with change() as unit:
        present = unit.policy("net")
    assert present is not None
    second = dataclasses.replace(present, version=2)
    with change() as unit:
        unit.add_policy(second)
    with pytest.raises(EtagMismatch), change() as unit:
        unit.add_policy(second)


def test_racing_nodes_install_each_preset_once(change: Change, clock: MovableClock) -> None:
    start = threading.Barrier(4)

    def node() -> None:
        start.wait()
        with contextlib.suppress(EtagMismatch, ConcurrentOperation):  # the loser of a race, or of the wait for a lock
            install(change, clock, "net")

    threads = [threading.Thread(target=node) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with change() as unit:
        assert [one.version for one in unit.history("net", below=0, limit=9)] == [1]


def test_a_row_of_an_older_program_gets_new_entries_from_its_preset(
    change: Change, clock: MovableClock, engine: Engine
) -> None:
    install(change, clock, "net")
    with engine.begin() as connection:
        connection.execute(text("""UPDATE brand_policy SET document = '{"codes": {"resend_seconds": 77}}'"""))
    with change() as unit:
        found = unit.policy("net")
    assert found is not None
    assert found.policy.codes.resend_seconds == 77
    assert found.policy.registration == PRESETS["net"].registration


# --- the directory of a process ---


class Beats:
    """Monotonic time of a directory."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class SilentWaker:
    """A waker that hears nothing."""

    live = False

    def subscribe(self, listener: Callable[[str], None]) -> None:
        self.listener = listener


@pytest.fixture
def directory(engine: Engine, change: Change, clock: MovableClock) -> BrandDirectory:
    install(change, clock, "net", "zb")
    return BrandDirectory(engine, enabled=["zb", "net"], unit=make_unit, waker=LocalWaker(engine), monotonic=Beats())


def resend(brands: BrandDirectory) -> int:
    return brands.policy("net").codes.resend_seconds


def test_only_configured_brands_are_known(directory: BrandDirectory) -> None:
    assert directory.names() == ("net", "zb")
    assert [one.brand for one in directory.versions()] == ["net", "zb"]
    for brand in ("bxq", "", "NET", "x" * 100):
        with pytest.raises(BrandUnknown):
            directory.policy(brand)


def test_a_configured_brand_without_a_policy_is_unknown(engine: Engine) -> None:
    with pytest.raises(BrandUnknown):
        BrandDirectory(engine, enabled=["net"], unit=make_unit, waker=LocalWaker(engine)).policy("net")


def test_a_policy_is_read_once_and_forgotten_when_another_is_applied(
    engine: Engine, change: Change, clock: MovableClock, directory: BrandDirectory
) -> None:
    assert resend(directory) == 60
    with engine.begin() as connection:
        connection.execute(text("UPDATE brand_policy SET document = '{}'"))  # behind everybody's back: not seen
    assert directory.policy("net") is directory.policy("net")
    apply(change, clock, document(resend_seconds=90))
    if engine.dialect.name == "postgresql":
        directory.forget("net")  # what the message of the other node does; tests/cosign/server has real nodes
    assert resend(directory) == 90


def test_an_entry_lives_for_some_seconds(engine: Engine, change: Change, clock: MovableClock) -> None:
    install(change, clock, "net")
    beats, waker = Beats(), SilentWaker()
    waker.live = True
    brands = BrandDirectory(engine, enabled=["net"], unit=make_unit, waker=waker, monotonic=beats)
    assert resend(brands) == 60
    apply(change, clock, document(resend_seconds=90))
    assert resend(brands) == 60
    beats.seconds = CACHE_SECONDS
    assert resend(brands) == 90


def test_nothing_is_kept_while_nothing_is_heard(engine: Engine, change: Change, clock: MovableClock) -> None:
    install(change, clock, "net")
    brands = BrandDirectory(engine, enabled=["net"], unit=make_unit, waker=SilentWaker(), monotonic=Beats())
    assert resend(brands) == 60
    apply(change, clock, document(resend_seconds=90))
    assert resend(brands) == 90


def test_lost_messages_forget_everything(engine: Engine, change: Change, clock: MovableClock) -> None:
    install(change, clock, "net")
    waker = SilentWaker()
    waker.live = True
    brands = BrandDirectory(engine, enabled=["net"], unit=make_unit, waker=waker, monotonic=Beats())
    assert resend(brands) == 60
    apply(change, clock, document(resend_seconds=90))
    waker.listener("device-unbound:dev_1")
    assert resend(brands) == 60
    waker.listener("")
    assert resend(brands) == 90


def test_what_was_read_before_a_change_is_not_kept(engine: Engine, change: Change, clock: MovableClock) -> None:
    """A change that comes while the old version is being read must not leave the old version in memory."""
    install(change, clock, "net")
    waker = LocalWaker(engine)

    def slow_unit(connection: object) -> SqlBrandUnit:
        found = make_unit(connection)  # type: ignore[arg-type]
        read = found.policy

        def policy(brand: str) -> PolicyVersion | None:
            version = read(brand)
            brands.forget("net")
            return version

        found.policy = policy  # type: ignore[method-assign]
        return found

    brands = BrandDirectory(engine, enabled=["net"], unit=slow_unit, waker=waker, monotonic=Beats())
    assert resend(brands) == 60
    apply(change, clock, document(resend_seconds=90))
    assert resend(brands) == 90


def test_an_outage_shows_what_was_read_last(directory: BrandDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    directory.policy("net")

    def out(_engine: Engine) -> AbstractContextManager[None]:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr("cosign.brands.directory.reading", out)
    directory.forget("")
    assert [one.brand for one in directory.versions()] == ["net"]
    with pytest.raises(DatabaseUnavailable):
        directory.policy("net")


def test_another_node_forgets_at_once(postgres_url: str, clock: MovableClock) -> None:
    """PostgreSQL: what one node applies the other hears; its clock stands still, so that no entry runs out."""
    ours, theirs = make_engine(postgres_url), make_engine(postgres_url)
    faults: list[Exception] = []
    node = NodeConnection(theirs, node_id="node-2", heads_id=b"heads", failed=faults.append)
    try:
        with writing(ours) as connection:
            install_presets(make_unit(connection), brands=["net"], clock=clock)
        brands = BrandDirectory(theirs, enabled=["net"], unit=make_unit, waker=node, monotonic=Beats())
        assert resend(brands) == 60
        with writing(ours) as connection:
            apply_policy(make_unit(connection), document=document(resend_seconds=90), actor="operator", clock=clock)
        end = time.monotonic() + 60
        while resend(brands) != 90:
            assert time.monotonic() < end, faults
            time.sleep(0.02)
    finally:
        node.close()
        ours.dispose()
        theirs.dispose()
