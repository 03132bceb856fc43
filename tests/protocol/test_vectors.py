"""Every vector file is what the reference twin computes from its inputs."""

import pytest

from tests.protocol.recompute import RECOMPUTE
from tests.protocol.vectors import Vector


@pytest.mark.parametrize("name", RECOMPUTE)
def test_the_reference_recomputes_the_file(name: str) -> None:
    vector = Vector(name)
    intermediate, outputs = RECOMPUTE[name](vector.inputs)
    assert intermediate == vector.document["intermediate"]
    assert outputs == vector.document["outputs"]
