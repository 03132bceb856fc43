"""Repeats of mutating calls that are not key operations."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from cosign.errors import RequestIdReused
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.idempotency import KEEP_MS, RequestKey, run_once, sweep
from cosign.store.unit_of_work import writing

NOW = 1_800_000_000_000
KEY = RequestKey("dev_a", "/cosign.api.v1.KeyService/FreezeKey", "3f2b8c1e-0000-4000-8000-000000000001")
BODY = b"h" * 32


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """On every database."""
    made = make_engine(database_url)
    migrations.upgrade(made)
    yield made
    made.dispose()


class Effect:
    """Counts how often it ran."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.runs = 0
        self.fault = fault

    def __call__(self, _: Connection) -> bytes:
        self.runs += 1
        if self.fault:
            raise self.fault
        return b"answer %d" % self.runs


def test_a_repeat_gets_the_stored_answer(engine: Engine) -> None:
    effect = Effect()

    answers = [run_once(engine, KEY, body_hash=BODY, now_ms=NOW, effect=effect) for _ in range(3)]

    assert answers == [b"answer 1"] * 3
    assert effect.runs == 1


def test_the_same_id_with_other_fields_is_refused(engine: Engine) -> None:
    effect = Effect()
    run_once(engine, KEY, body_hash=BODY, now_ms=NOW, effect=effect)

    with pytest.raises(RequestIdReused):
        run_once(engine, KEY, body_hash=b"x" * 32, now_ms=NOW, effect=effect)
    assert effect.runs == 1


@pytest.mark.parametrize(
    "other",
    [
        RequestKey("dev_b", KEY.method, KEY.request_id),
        RequestKey(KEY.scope, "/other", KEY.request_id),
        RequestKey(KEY.scope, KEY.method, KEY.request_id[:-1] + "2"),
    ],
)
def test_scope_is_caller_method_and_id(engine: Engine, other: RequestKey) -> None:
    effect = Effect()
    run_once(engine, KEY, body_hash=BODY, now_ms=NOW, effect=effect)

    assert run_once(engine, other, body_hash=b"x" * 32, now_ms=NOW, effect=effect) == b"answer 2"


def test_a_failed_effect_is_not_remembered(engine: Engine) -> None:
    with pytest.raises(ValueError, match="no"):
        run_once(engine, KEY, body_hash=BODY, now_ms=NOW, effect=Effect(ValueError("no")))

    assert run_once(engine, KEY, body_hash=BODY, now_ms=NOW, effect=Effect()) == b"answer 1"


def test_answers_are_kept_for_a_day(engine: Engine) -> None:
    effect = Effect()
    run_once(engine, KEY, body_hash=BODY, now_ms=NOW, effect=effect)
    with writing(engine) as connection:
        assert sweep(connection, NOW + KEEP_MS - 1) == 0

    assert run_once(engine, KEY, body_hash=b"x" * 32, now_ms=NOW + KEEP_MS, effect=effect) == b"answer 2"
    with writing(engine) as connection:
        assert sweep(connection, NOW + 2 * KEEP_MS) == 1


def test_the_same_call_on_two_nodes_at_once_has_one_effect(engine: Engine) -> None:
    effect, answers = Effect(), []

    def call() -> None:
        answers.append(run_once(engine, KEY, body_hash=BODY, now_ms=NOW, effect=effect))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [b"answer 1"] * 4
    assert effect.runs == 1
