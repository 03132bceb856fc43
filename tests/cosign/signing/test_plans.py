"""PostgreSQL: no statement of the hot path reads a whole table, whatever its size."""

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.population import populate
from cosign.devices.repository import active_public_keys
from cosign.store.wire import wire_of
from protocol.codes import Op, Status
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.world import World

FILL = 20_000


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes_of(inner)


def test_no_hot_statement_scans_a_table(world: World, backing: SqlBacking) -> None:
    phones = [world.add_phone(f"dev_{number}", purpose=2) for number in range(3)]
    populate(backing.engine, FILL)
    for op in (Op.SIGN, Op.DECRYPT, Op.REFRESH):
        requests = [world.request(phone, op) for phone in phones]
        for phone, request, released in zip(phones, requests, world.serve(*requests), strict=True):
            assert world.receive(phone, request, released.answer).status is Status.OK

    explained = 0
    for kept in (backing._writer, backing._reader):
        with kept.use() as connection:
            active_public_keys(connection, [phone.device_id for phone in phones])
            raw = wire_of(connection).raw
            prepared = raw.execute("SELECT name, statement, parameter_types FROM pg_prepared_statements").fetchall()
            for name, statement, types in prepared:
                if not name.startswith("cosign_"):
                    continue
                nothing = ", ".join("NULL" for _ in types)
                explain = f'EXPLAIN (FORMAT JSON) EXECUTE "{name}" ({nothing})'
                ((plan,),) = raw.execute(explain.encode()).fetchall()
                scans = [node for node in nodes_of(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan"]
                assert scans == [], statement
                explained += 1
            raw.rollback()
    assert explained >= 9
