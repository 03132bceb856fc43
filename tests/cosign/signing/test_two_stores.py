"""Two nodes on one PostgreSQL, as two stores in one process: budget, tokens and quota hold across them."""

import threading
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import text

from keyshare.counters import MAX_ATTEMPTS
from keyshare.device_row import DeviceState
from keyshare.records import DECRYPTION_QUOTA
from protocol.codes import Op, Status
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.fakes import FakeRequest
from tests.keyshare.world import World

GUESSES = 60


@pytest.fixture
def nodes(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, World]]:
    """Both have the same time and the same token; each has its own audit segment."""
    monkeypatch.setattr("keyshare.counters.DELAY_MS", {})  # the delays would end the race after three guesses
    stores = [SqlBacking(postgres_url) for _ in range(2)]
    one, two = (World(store) for store in stores)
    stores[1]._trail.segment = "other"
    yield one, two
    for store in stores:
        store.end()


def serve_all(world: World, requests: Sequence[FakeRequest], statuses: list[Status]) -> None:
    """One after the other; a busy one again."""
    for request in requests:
        while (released := world.serve(request)[0]).requeue:
            continue
        statuses.append(released.status)


def race(nodes: tuple[World, World], requests: Sequence[Sequence[FakeRequest]]) -> list[Status]:
    statuses: list[Status] = []
    threads = [
        threading.Thread(target=serve_all, args=(node, own, statuses))
        for node, own in zip(nodes, requests, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [node.failures for node in nodes] == [[], []]
    return statuses


def test_39_parallel_guesses_on_two_nodes_get_the_budget_and_no_more(nodes: tuple[World, World]) -> None:
    phone = nodes[0].add_phone()
    share_id, _ = phone.key.blobs[0]
    now_ms = nodes[0].clock.ms
    guesses = [
        [
            FakeRequest(
                op=Op.SIGN,
                device_id=phone.device_id,
                user_id=phone.user_id,
                key_id=phone.key.key_id,
                share_id=share_id,
                proof=b"wrong",
                tau=phone.record.tau,
                ctr=phone.record.ctr,
                issued_at_ms=now_ms,
                expires_at_ms=now_ms + 120_000,
                pk=phone.key.pk,
            )
            for _ in range(GUESSES)
        ]
        for _ in nodes
    ]

    statuses = race(nodes, guesses)

    assert statuses.count(Status.PIN_WRONG) == MAX_ATTEMPTS
    assert statuses.count(Status.LOCKED) == 2 * GUESSES - MAX_ATTEMPTS
    assert sum(len(node.evaluator.evaluated) for node in nodes) == MAX_ATTEMPTS
    assert nodes[0].row(phone).state is DeviceState.LOCKED


def test_one_request_on_two_nodes_counts_once(nodes: tuple[World, World]) -> None:
    phone = nodes[0].add_phone()
    request = nodes[0].request(phone)

    statuses = race(nodes, [[request], [request]])

    assert sorted(statuses) == sorted([Status.OK, Status.STALE])


def test_71_the_quota_of_a_key_holds_over_two_nodes(nodes: tuple[World, World], postgres_url: str) -> None:
    pk = b"\2" + bytes(32)
    phones = [nodes[0].add_phone(name, purpose=2, pk=pk) for name in ("dev_a", "dev_b")]
    store = nodes[0].store
    assert isinstance(store, SqlBacking)
    with store.engine.begin() as connection:
        values = {"pk": pk, "used": DECRYPTION_QUOTA - 10}
        connection.execute(text("INSERT INTO public_key_usage VALUES (:pk, :used)"), values)

    statuses = race(nodes, [[nodes[0].request(phone, Op.DECRYPT, count=6)] for phone in phones])

    assert sorted(statuses) == sorted([Status.OK, Status.QUOTA])
    assert store.dump("public_key_usage") == [(pk, DECRYPTION_QUOTA - 4)]
