"""The page of metrics lists what a server exposes."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from cosign.server.linked_logins_metrics import ProviderMetrics
from cosign.server.merged_metrics import OWN
from cosign.server.metrics import Metrics
from cosign.server.outbox_metrics import OutboxMetrics
from hsm.ports import PoolState
from tools import metric_catalogue
from tools.tree import ROOT


def _pool() -> PoolState:
    return PoolState(ready=True, generation=1, inside=0, lost=0, why="")


def test_every_metric_of_ours_is_on_the_page_once() -> None:
    metrics = Metrics()
    metrics.token_pool(_pool)
    OutboxMetrics(metrics.registry)
    ProviderMetrics(metrics.registry)
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    exposed = {family.name for family in families if family.name.startswith("cosign_")}
    exposed = {name for name in exposed if not name.endswith("_created")}
    exposed |= {name for name, _, _ in OWN}
    listed = [name.removesuffix("_total").removesuffix("_info") for name, *_ in metric_catalogue.rows()]
    assert sorted(listed) == sorted({name.removesuffix("_total").removesuffix("_info") for name in exposed})


def test_labels_are_named() -> None:
    labels = {name: labels for name, _, labels, _ in metric_catalogue.rows()}
    assert labels["cosign_database_wait_seconds"] == ("path", "kind")


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "metrics.md").read_text("utf-8") == metric_catalogue.markdown()
