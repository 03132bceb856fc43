"""PostgreSQL: every query of the area finds its rows by an index."""

import pytest
from sqlalchemy import Engine

from cosign.brands.document import read_document
from cosign.brands.usecases.apply_policy import apply_policy
from cosign.brands.usecases.environments import create_environment, disable_environment
from cosign.brands.usecases.install_presets import install_presets
from tests.cosign.brands.conftest import Change
from tests.cosign.brands.test_environments import DAY
from tests.cosign.devices.fakes import MovableClock
from tests.support.plans import explained


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


def test_no_query_reads_a_table_from_end_to_end(engine: Engine, change: Change, clock: MovableClock) -> None:
    with explained(engine) as plans:
        with change() as unit:
            install_presets(unit, brands=["net", "xss"], clock=clock)
            document = read_document(b'brand = "net"\n[policy.codes]\ndaily = 20')
            apply_policy(unit, document=document, actor="operator", clock=clock)
            unit.history("net", below=9, limit=5)
            assert unit.brands() == ["net", "xss"]
        with change() as unit:
            made = create_environment(unit, brand="xss", name="x", endpoint="h:1", lifetime=DAY, clock=clock)
            unit.environments(brand="xss", before="", limit=5)
            unit.environments(brand="xss", before=made.environment_id, limit=5)
            disable_environment(unit, environment_id=made.environment_id, clock=clock)
            unit.environment(made.environment_id)
    plans.check({"brand_policy", "environment"})
