"""What the measurements must reach, and the table that shows it with the peers beside ours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks import published
from benchmarks.results import Result

SIGNS: Final = {"us": "µs", "kb": "KB"}
"""Units for people."""


@dataclass(frozen=True, slots=True)
class Goal:
    """An upper bound for a cost, or a bound for what it is beside another result of the same run."""

    name: str
    """The result it is about."""
    at_most: float | None = None
    """In the unit of the result."""
    peer: str = ""
    """The other result, which one of the following is about."""
    times_faster: float | None = None
    """At least so many times faster than the peer."""
    at_most_times: float | None = None
    """At most so many times the peer's cost."""
    at_most_more: float | None = None
    """At most so much more than the peer's cost, in the unit of both."""


GOALS: Final[tuple[Goal, ...]] = (
    Goal("core.sm2.mul_fixed", at_most=6),
    Goal("core.sm2.mul_var", at_most=32),
    Goal("core.sm2.mul_var", peer="peer.openssl.sm2.mul_var", times_faster=7),
    Goal("core.sm2.mul_fixed.portable", at_most=12),
    Goal("core.sm2.mul_var.portable", at_most=65),
    Goal("core.sm2.mul_fixed.lanes8", at_most=1.1),
    Goal("core.sm2.mul_var.lanes8", at_most=6),
    Goal("core.sm2.sign.server.n1", at_most=125),
    Goal("core.sm2.sign.server.n64", at_most=60),
    Goal("core.sm2.sign.server.lanes8", at_most=30),
    Goal("core.sm2.decrypt.server", at_most=85),
    Goal("core.ecdsa.sign.server", at_most=2500),
    Goal("core.ecdsa.sign.phone", at_most=5000),
    Goal("two_party.ecdsa.keygen", at_most=60_000),
    Goal("two_party.sign.n1.protocol", peer="peer.gmssl.sign", times_faster=20),
    Goal("rpc.sign.unary.sqlite.server_cpu", at_most=700),
    Goal("rpc.sign.unary.postgres.server_cpu", at_most=400),
    Goal("rpc.sign.batch64.postgres.server_cpu", at_most=60),
    Goal("rpc.decrypt.unary.postgres.server_cpu", at_most=380),
    Goal("rpc.sign.ecdsa.postgres.server_cpu", at_most=3200),
    Goal("rpc.sign.unary.softhsm2.server_cpu", peer="rpc.sign.unary.software_token.server_cpu", at_most_more=60),
    Goal("rpc.sign.unary.postgres.p99_half_load", at_most=15_000),
    Goal("rpc.sign.scaling.workers2", peer="rpc.sign.scaling.workers1", times_faster=1.8),
    Goal("rpc.sign.population.keys1000000", peer="rpc.sign.population.keys1000", at_most_times=1.15),
    Goal("rpc.idle.connection", at_most=60),
    Goal("rpc.login.sms.sqlite.server_cpu", at_most=3_000),
    Goal("rpc.login.sms.postgres.server_cpu", at_most=3_000),
    Goal("rpc.login.password.sqlite.server_cpu", at_most=3_000),
    Goal("rpc.login.password.postgres.server_cpu", at_most=3_000),
    Goal("rpc.token.check", at_most=30),
    *(Goal(f"lists.{name}", at_most=10_000) for name in ("inbox", "operations", "logins", "phones", "reviews")),
)


BESIDE: Final[tuple[tuple[str, str], ...]] = (("two_party.sign.n1.enveloped", "peer.gmssl.sign"),)
"""Results to show beside a peer without a goal: ours contain more than the peer's."""


def verdict(goal: Goal, results: Mapping[str, Result]) -> str | None:
    """Returns `reached` or `MISSED` with the numbers, or None when something needed was not measured."""
    ours, peer = results.get(goal.name), results.get(goal.peer)
    if ours is None or (goal.peer and peer is None):
        return None
    unit = SIGNS[ours.unit]
    if peer is None:
        reached = ours.median <= (goal.at_most or 0)
        text = f"{ours.median:.2f} {unit}, at most {goal.at_most:g} {unit}"
    elif goal.times_faster is not None:
        ratio = peer.median / ours.median
        reached, text = ratio >= goal.times_faster, f"{ratio:.1f} times faster than {peer.name}"
        text += f", at least {goal.times_faster:g}"
    elif goal.at_most_times is not None:
        ratio = ours.median / peer.median
        reached, text = ratio <= goal.at_most_times, f"{ratio:.2f} times {peer.name}, at most {goal.at_most_times:g}"
    else:
        more, bound = ours.median - peer.median, goal.at_most_more or 0
        reached, text = more <= bound, f"{more:+.1f} {unit} against {peer.name}, at most {bound:g} {unit}"
    return f"{'reached' if reached else 'MISSED '}  {goal.name}: {text}"


def table(results: Iterable[Result]) -> str:
    """Formats all results, then one line per goal, then what others publish about two-party ECDSA."""
    rows = {result.name: result for result in results}
    width = max([len(name) for name in rows] + [10])
    lines = [f"{'name':<{width}}  {'median':>12}  {'min':>12}  {'max':>12}     {'runs':>5}"]
    lines += [
        f"{row.name:<{width}}  {row.median:>12.3f}  {row.least:>12.3f}  {row.greatest:>12.3f} {SIGNS[row.unit]} "
        f"{row.runs:>5}"
        for row in rows.values()
    ]
    for goal in GOALS:
        lines.append(verdict(goal, rows) or f"not run  {goal.name}")
    for name, peer in BESIDE:
        if name in rows and peer in rows:
            lines.append(f"beside   {name}: {rows[peer].median / rows[name].median:.1f} times faster than {peer}")
    if "core.ecdsa.sign.server" in rows:
        lines += published.lines()
    return "\n".join(lines)
