"""One exposition out of several."""

from cosign.server.merged_metrics import MergedMetrics, Source
from cosign.server.metrics import Metrics
from hsm.ports import PoolState
from protocol.codes import Op, Status

A, B, C = Source(0, 11), Source(1, 12), Source(0, 13)


def exposition(signatures: int) -> str:
    metrics = Metrics()
    metrics.build("1.0", "portable")
    for _ in range(signatures):
        metrics.answer(Op.SIGN, Status.OK)
        metrics.batch(4, 2, 0.003)
        metrics.rpc("/a/Sign", "OK", 0.002)
    return metrics.exposition()


def values(text: str, start: str) -> list[float]:
    return [float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(start)]


def test_counters_histograms_and_gauges_are_added_up() -> None:
    text = MergedMetrics().merge({A: exposition(3), B: exposition(5)})
    assert values(text, 'cosign_answers_total{op="sign",status="ok"}') == [8]
    assert values(text, "cosign_batch_size_count") == [8]
    assert values(text, 'cosign_batch_size_bucket{le="4.0"}') == [8]
    assert values(text, 'cosign_rpc_duration_seconds_count{code="OK",method="/a/Sign"}') == [8]
    assert values(text, "cosign_queue_depth") == [4]


def test_of_states_that_workers_share_the_worst_is_told() -> None:
    def stated(generation: int, ready: bool, days: float) -> str:
        metrics = Metrics()
        metrics.token_pool(lambda: PoolState(generation, ready, inside=2, lost=1, why=""))
        metrics.certificate_days("phones", days)
        return metrics.exposition()

    for one, other, ready in ((True, True, 1), (True, False, 0), (False, False, 0)):
        text = MergedMetrics().merge({A: stated(1, one, 30.0), B: stated(3, other, 29.5)})
        assert values(text, "cosign_token_ready") == [ready]
        assert values(text, "cosign_token_generation") == [3]
        assert values(text, 'cosign_certificate_days_left{listener="phones"}') == [29.5]
        assert values(text, "cosign_token_calls_inside") == [4]
        assert values(text, "cosign_token_hanging_calls") == [2]


def test_what_runs_is_said_once_and_processes_are_kept_apart() -> None:
    text = MergedMetrics().merge({A: exposition(0), B: exposition(0)}, own=[("cosign_workers", "gauge", "Workers.", 2)])
    assert values(text, "cosign_build_info{") == [1]
    assert len(values(text, "process_resident_memory_bytes{")) == 2
    assert values(text, "cosign_workers") == [2]


def test_a_worker_that_does_not_answer_is_left_out() -> None:
    assert values(MergedMetrics().merge({A: exposition(1), B: ""}), "cosign_batch_size_count") == [1]


def test_sums_keep_what_a_worker_had_counted_that_does_not_answer_or_was_replaced() -> None:
    merged = MergedMetrics()
    merged.merge({A: exposition(3), B: exposition(5)})
    for texts, count, living in (
        ({A: "", B: exposition(5)}, 8, 1),
        ({A: exposition(4), B: exposition(5)}, 9, 2),
        ({B: exposition(5)}, 9, 1),
        ({C: exposition(1), B: exposition(5)}, 10, 2),
        ({C: exposition(2)}, 11, 1),
        ({}, 11, 0),
    ):
        text = merged.merge(texts)
        assert values(text, 'cosign_answers_total{op="sign",status="ok"}') == [count]
        assert values(text, "cosign_batch_size_count") == [count]
        assert values(text, 'cosign_batch_size_bucket{le="4.0"}') == [count]
        assert sum(values(text, "cosign_queue_depth")) == 2 * living
        assert len(values(text, "process_resident_memory_bytes{")) == living


def test_sums_never_fall_by_a_rounding() -> None:
    def counted(value: float) -> str:
        return f"# TYPE cosign_seconds histogram\ncosign_seconds_sum {value}\n"

    a, b, c = 0.1, 0.1, 0.4
    assert c + a + b < a + b + c
    merged = MergedMetrics()
    merged.merge({A: counted(a), B: counted(b), C: counted(c)})
    assert values(merged.merge({A: counted(a), B: counted(b)}), "cosign_seconds_sum") == [a + b + c]
