"""Each import contract of `pyproject.toml` is shown to bite, on a small tree with the same module names."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools.tree import ROOT

AREAS = (
    *(
        "signing",
        "devices",
        "audit",
        "brands",
        "computer_logins",
        "content",
        "accounts",
        "messages",
        "personal",
        "uploads",
    ),
    *("identity", "linked_logins", "reviews", "staff"),
)

MODULES = [
    "protocol.sm2",
    "protocol.reference.sign",
    "hsm.ports",
    "hsm.software",
    "hsm.pkcs11.token",
    "keyshare.transaction",
    *(f"cosign.{area}.{room}" for area in AREAS for room in ("model", "ports", "tables")),
    *(f"cosign.{area}.{room}" for area in AREAS for room in ("repository", "servicer")),
    "cosign.identity.attempt_rows",
    "cosign.identity.change_rows",
    "cosign.identity.change_tables",
    "cosign.identity.person_rows",
    "cosign.signing.usecases.freeze_key",
    "cosign.server.wiring",
    "cosign.server.application",
    "cosign.server.staff_services",
    "cosign.server.identity_wiring",
    "cosign.server.linked_logins_wiring",
    "cosign.server.reviews_wiring",
    "cosign.server.staff_wiring",
    "cosign.server.accounts_wiring",
    "cosign.server.brands_wiring",
    "cosign.server.computer_logins_wiring",
    "cosign.server.messages_wiring",
    "cosign.server.operator_wiring",
    "cosign.server.token_wiring",
    "cosign.server.ceremony_wiring",
    "cosign.server.main",
    "cosign.server.services",
    "cosign.server.stream",
    "cosign.signing.envelope_methods",
    "cosign.server.servicer",
    "cosign.server.status",
    "cosign.server.health",
    "cosign.store.migrations.env",
    "cosign.client.phone",
    "cosign.cli.cosign_phone",
    "cosign.cli.cosignctl",
    "cosign.cli.cosign_staff",
    "cosign.api.v1.key_pb2",
]

VIOLATIONS = {
    "layers": [
        ("keyshare.transaction", "cosign.server.main"),
        ("hsm.ports", "protocol.sm2"),
        ("protocol.sm2", "hsm.ports"),
    ],
    "token-port": [("cosign.server.main", "hsm.software"), ("cosign.cli.cosignctl", "hsm.pkcs11.token")],
    "keyshare-knows-ports": [("keyshare.transaction", "hsm.software"), ("keyshare.transaction", "hsm.pkcs11.token")],
    "no-frameworks": [
        ("protocol.sm2", "structlog"),
        ("keyshare.transaction", "sqlalchemy"),
        ("cosign.devices.model", "grpc"),
        ("cosign.signing.usecases.freeze_key", "sqlalchemy"),
    ],
    "generated-api": [("cosign.signing.model", "cosign.api.v1.key_pb2")],
    "client": [("cosign.client.phone", "cosign.server.status")],
    "area-signing": [("cosign.devices.repository", "cosign.signing.tables")],
    "area-devices": [("cosign.signing.repository", "cosign.devices.repository")],
    "area-audit": [("cosign.signing.repository", "cosign.audit.tables")],
    "area-brands": [("cosign.content.repository", "cosign.brands.tables")],
    "area-content": [("cosign.brands.repository", "cosign.content.repository")],
    "area-accounts": [("cosign.messages.repository", "cosign.accounts.tables")],
    "area-messages": [("cosign.accounts.repository", "cosign.messages.repository")],
    "area-personal": [("cosign.uploads.repository", "cosign.personal.tables")],
    "area-uploads": [("cosign.accounts.repository", "cosign.uploads.tables")],
    "area-computer_logins": [("cosign.accounts.repository", "cosign.computer_logins.tables")],
    "area-identity": [("cosign.accounts.repository", "cosign.identity.tables")],
    "area-linked_logins": [("cosign.accounts.repository", "cosign.linked_logins.tables")],
    "area-reviews": [("cosign.accounts.repository", "cosign.reviews.tables")],
    "area-staff": [("cosign.accounts.repository", "cosign.staff.tables")],
    "reference": [("protocol.sm2", "protocol.reference.sign"), ("cosign.signing.model", "protocol.reference.sign")],
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Empty modules under the real contracts."""
    for name in MODULES:
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        for folder in path.relative_to(tmp_path).parents:
            if folder.name:
                (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo", *options]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)


def test_a_clean_tree_passes(tree: Path) -> None:
    result = lint(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [(contract, *pair) for contract, pairs in VIOLATIONS.items() for pair in pairs],
)
def test_each_contract_bites(tree: Path, contract: str, importer: str, imported: str) -> None:
    tree.joinpath(*importer.split(".")).with_suffix(".py").write_text(f"import {imported}\n")
    result = lint(tree, "--contract", contract)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout


def test_every_contract_has_a_violation_here() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert {contract["id"] for contract in contracts} == VIOLATIONS.keys()


def test_every_area_protects_its_tables() -> None:
    areas = {path.parent.name for path in (ROOT / "cosign").glob("*/tables.py")} - {"store"}
    assert {f"area-{area}" for area in areas} <= VIOLATIONS.keys()
