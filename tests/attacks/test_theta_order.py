"""Attack: the check of the multiplication is void when θ does not depend on every correction (EC-9, row 77).

A server that knows θ before it sends fits the check columns to wrong rows. The phone's product is then off by a sum
over its choice bits, and whether the signature verifies tells the server about them.
"""

from collections.abc import Sequence

import pytest

from protocol.errors import BadAnswer
from protocol.reference import vole
from protocol.reference.ot_extension import number
from protocol.reference.ot_setup import xor
from protocol.reference.vole import XI, Multiplication, N, Row, Session, Theta
from tests.protocol.ec_world import scalar
from tests.protocol.world import ENTROPY

KNOWN = (scalar(), scalar())


def known_first(_session: Session, _at: Sequence[Row]) -> tuple[int, int]:
    """Weakened: θ is fixed before the corrections."""
    return KNOWN


def first_rows_only(session: Session, at: Sequence[Row]) -> tuple[int, int]:
    """Weakened: θ hashes rows 0 to 255, as published code did."""
    return vole.theta(session, at[:256])


class Instance:
    """One multiplication over rows from a trusted dealer."""

    def __init__(self) -> None:
        self.session = Session(ENTROPY.fresh(32), ENTROPY.fresh(32), 0)
        choice, self.delta = number(ENTROPY.fresh(64)), ENTROPY.fresh(16)
        self.beta = [choice >> j & 1 for j in range(XI)]
        self.z = [ENTROPY.fresh(16) for _ in range(XI)]
        self.t = [xor(z, self.delta) if b else z for z, b in zip(self.z, self.beta, strict=True)]
        self.a = scalar()

    def wrong(self, rows: Sequence[int], weigh: Theta) -> Multiplication:
        """The server's message with an error in `rows`, fitted to the θ that it foresees."""
        foreseen = weigh(self.session, vole.send(self.session, self.a, KNOWN, self.z, self.delta, weigh).message.at)

        def shifted(session: Session, at: Sequence[Row]) -> tuple[int, int]:
            self.at = tuple(spoilt(row, foreseen) if j in rows else row for j, row in enumerate(at))
            return weigh(session, self.at)

        sent = vole.send(self.session, self.a, KNOWN, self.z, self.delta, shifted).message
        return sent._replace(at=self.at)

    def receive(self, message: Multiplication, weigh: Theta = vole.theta) -> int:
        return vole.receive(self.session, self.beta, self.t, message, weigh)

    def product(self) -> int:
        """q of an honest run."""
        return self.receive(vole.send(self.session, self.a, KNOWN, self.z, self.delta).message)


def spoilt(row: Row, weights: tuple[int, int]) -> Row:
    """Column 0 off by 1, the check columns off by what hides it under `weights`."""
    return (row[0] + 1) % N, (row[1] - weights[0]) % N, (row[2] - weights[1]) % N


def test_the_attack_spoils_every_row_when_theta_is_known_first() -> None:
    run = Instance()
    q = run.receive(run.wrong(range(XI), known_first), known_first)
    assert q == (run.product() + vole.inner(run.beta)) % N


def test_row_77_the_attack_spoils_rows_beyond_256_when_theta_hashes_the_first_ones() -> None:
    run = Instance()
    rows = range(256, XI)
    q = run.receive(run.wrong(rows, first_rows_only), first_rows_only)
    assert q == (run.product() + vole.inner([bit if j in rows else 0 for j, bit in enumerate(run.beta)])) % N


@pytest.mark.parametrize("rows", [range(XI), range(256, XI)], ids=["all rows", "rows beyond 256"])
@pytest.mark.parametrize("foreseen", [known_first, first_rows_only, vole.theta])
def test_rows_76_77_theta_over_all_corrections_stops_it(rows: Sequence[int], foreseen: Theta) -> None:
    run = Instance()
    with pytest.raises(BadAnswer):
        run.receive(run.wrong(rows, foreseen))


@pytest.mark.parametrize("row", [0, 255, 256, 511])
def test_rows_76_77_one_wrong_row_passes_only_where_it_has_no_effect(row: int) -> None:
    """The server fits mu to its wrong row; it then passes if the choice bit is 0, and the product is the honest one."""
    run = Instance()
    message = run.wrong([row], vole.theta)
    if run.beta[row]:
        with pytest.raises(BadAnswer):
            run.receive(message)
    else:
        assert run.receive(message) == run.product()
