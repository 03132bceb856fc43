"""The files of `deploy/` are well formed, agree with each other and with the programs they start."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import promql_parser
import pytest
import yaml
from prometheus_client import generate_latest

from cosign.server import config, merged_metrics, supervisor
from cosign.server.metrics import Metrics
from cosign.server.outbox_metrics import OutboxMetrics

DEPLOY: Final = Path(__file__).resolve().parents[2] / "deploy"
KUBERNETES: Final = "1.31"
UNITS: Final = sorted((DEPLOY / "systemd").iterdir())


def documents(file: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document]


def exposed() -> set[str]:
    """Names of every sample a server may expose, without the suffixes of histograms."""
    metrics = Metrics()
    OutboxMetrics(metrics.registry)
    text = generate_latest(metrics.registry).decode()
    names = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    source = Path(str(merged_metrics.__file__)).read_text("utf-8") + Path(str(supervisor.__file__)).read_text("utf-8")
    return names | set(re.findall(r"\"(cosign_[a-z_]+)\"", source)) | {"up"}


def metrics_of(expression: str) -> set[str]:
    """Names of the metrics a PromQL expression reads; raises if it does not parse."""
    plain = expression.replace("$__rate_interval", "5m")
    promql_parser.parse(plain)
    words = re.findall(r"\b((?:cosign|process)_[a-z_]+|up)\b", re.sub(r"\{[^}]*\}", "", plain))
    return {re.sub(r"_(bucket|count|sum)$", "", word) for word in words}


def expressions() -> Iterator[tuple[str, str]]:
    for group in documents(DEPLOY / "prometheus" / "alerts.yaml")[0]["groups"]:
        yield from ((rule["alert"], rule["expr"]) for rule in group["rules"])
    for panel in json.loads((DEPLOY / "grafana" / "cosign.json").read_text("utf-8"))["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


@pytest.mark.parametrize(("name", "expression"), list(expressions()))
def test_rules_and_panels_read_metrics_that_exist(name: str, expression: str) -> None:
    read = metrics_of(expression)
    assert read, name
    assert read <= exposed(), name


@pytest.mark.parametrize("file", sorted((DEPLOY / "prometheus").glob("alerts.yaml")), ids=str)
def test_every_alert_says_what_to_do(file: Path) -> None:
    operations = (DEPLOY.parent / "docs" / "operations.md").read_text("utf-8")
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).strip().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", operations, re.MULTILINE)
    }
    for rule in documents(file)[0]["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (DEPLOY.parent / page).is_file()
        assert not anchor or anchor in anchors, rule["alert"]


def test_every_alert_is_in_the_runbook() -> None:
    operations = (DEPLOY.parent / "docs" / "operations.md").read_text("utf-8")
    (table,) = re.findall(r"^### Alerts$(.*?)^## ", operations, re.MULTILINE | re.DOTALL)
    told = set(re.findall(r"Cosign\w+", table))
    raised = {rule["alert"] for rule in documents(DEPLOY / "prometheus" / "alerts.yaml")[0]["groups"][0]["rules"]}
    assert told == raised


@pytest.mark.parametrize("file", sorted((DEPLOY / "kubernetes").glob("*.yaml")), ids=lambda file: file.name)
def test_kubernetes_manifests_fit_the_schema(file: Path) -> None:
    for document in documents(file):
        if document["kind"] == "Kustomization":
            assert all((file.parent / name).is_file() for name in document["resources"])
        else:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_the_configuration_of_the_examples_is_valid(tmp_path: Path) -> None:
    example = config.load(DEPLOY / "cosign.toml", {})
    assert example.production
    (in_cluster,) = documents(DEPLOY / "kubernetes" / "config.yaml")
    file = tmp_path / "cosign.toml"
    file.write_text(in_cluster["data"]["cosign.toml"])
    assert config.load(file, {"COSIGN_SERVER__NODE_ID": example.server.node_id}) == example


def test_the_compose_file_starts_what_it_builds() -> None:
    (compose,) = documents(DEPLOY / "compose" / "compose.yaml")
    services, folder = compose["services"], DEPLOY / "compose"
    settings = {name: value for name, value in services["server"]["environment"].items() if name.startswith("COSIGN_")}
    assert config.load(environ=settings).server.listen == "0.0.0.0:7443"
    build = services["server"]["build"]
    assert (folder / build["context"] / build["dockerfile"]).is_file()
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (folder / source).is_file(), volume
        assert set(service.get("secrets", [])) <= set(compose["secrets"])


def test_the_container_runs_as_nobody_special() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text("utf-8")
    steps = dict(re.findall(r"^(USER|ENTRYPOINT|CMD|STOPSIGNAL) (.+)$", text, re.MULTILINE))
    assert steps == {
        "USER": "10001:10001",
        "ENTRYPOINT": '["cosignd"]',
        "CMD": '["serve"]',
        "STOPSIGNAL": "SIGTERM",
    }


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_units(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text("utf-8")
    programs = set(re.findall(r"/opt/cosign/bin/(\S+)", text))
    assert all((Path(sys.executable).parent / program).exists() for program in programs)
    if unit.suffix == ".service":
        assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077"} <= set(text.splitlines())
    analyse = shutil.which("systemd-analyze")
    if analyse is not None:
        for each in UNITS:
            here = each.read_text("utf-8").replace("/opt/cosign/bin", str(Path(sys.executable).parent))
            (tmp_path / each.name).write_text(here)
        done = subprocess.run(
            [analyse, "verify", "--man=no", str(tmp_path / unit.name)], capture_output=True, text=True
        )
        complaints = [line for line in done.stderr.splitlines() if unit.name in line]
        assert complaints == []


def test_systemd_does_not_repeat_a_refused_pin() -> None:
    unit = (DEPLOY / "systemd" / "cosignd.service").read_text("utf-8")
    assert f"RestartPreventExitStatus={supervisor.REFUSED}" in unit.splitlines()
