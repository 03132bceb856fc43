"""One exposition out of several."""

from cosign.server.merged_metrics import merge
from cosign.server.metrics import Metrics
from protocol.codes import Op, Status


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
    text = merge({0: exposition(3), 1: exposition(5)})
    assert values(text, 'cosign_answers_total{op="sign",status="ok"}') == [8]
    assert values(text, "cosign_batch_size_count") == [8]
    assert values(text, 'cosign_batch_size_bucket{le="4.0"}') == [8]
    assert values(text, 'cosign_rpc_duration_seconds_count{code="OK",method="/a/Sign"}') == [8]
    assert values(text, "cosign_queue_depth") == [4]


def test_what_runs_is_said_once_and_processes_are_kept_apart() -> None:
    text = merge({0: exposition(0), 1: exposition(0)}, own=[("cosign_workers", "gauge", "Workers.", 2)])
    assert values(text, "cosign_build_info{") == [1]
    assert len(values(text, "process_resident_memory_bytes{")) == 2
    assert values(text, "cosign_workers") == [2]


def test_a_worker_that_does_not_answer_is_left_out() -> None:
    assert values(merge({0: exposition(1), 1: ""}), "cosign_batch_size_count") == [1]
