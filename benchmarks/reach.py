"""What the measurements must reach, and the table that shows it with the peers beside ours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks import published
from benchmarks.results import Result


@dataclass(frozen=True, slots=True)
class Goal:
    """An upper bound for a cost, or a lower bound for a ratio to a peer."""

    name: str
    """The result it is about."""
    at_most_us: float | None = None
    peer: str | None = None
    times_faster: float | None = None


GOALS: Final[tuple[Goal, ...]] = (
    Goal("core.sm2.mul_fixed", at_most_us=6),
    Goal("core.sm2.mul_var", at_most_us=32),
    Goal("core.sm2.mul_var", peer="peer.openssl.sm2.mul_var", times_faster=7),
    Goal("core.sm2.mul_fixed.portable", at_most_us=12),
    Goal("core.sm2.mul_var.portable", at_most_us=65),
    Goal("core.sm2.mul_fixed.lanes8", at_most_us=1.1),
    Goal("core.sm2.mul_var.lanes8", at_most_us=6),
    Goal("core.sm2.sign.server.n1", at_most_us=125),
    Goal("core.sm2.sign.server.n64", at_most_us=60),
    Goal("core.sm2.sign.server.lanes8", at_most_us=30),
    Goal("core.sm2.decrypt.server", at_most_us=85),
    Goal("core.ecdsa.sign.server", at_most_us=2500),
    Goal("core.ecdsa.sign.phone", at_most_us=5000),
    Goal("two_party.ecdsa.keygen", at_most_us=60_000),
    Goal("two_party.sign.n1.protocol", peer="peer.gmssl.sign", times_faster=20),
    Goal("rpc.sign.unary.sqlite.server_cpu", at_most_us=700),
    Goal("rpc.sign.unary.postgres.server_cpu", at_most_us=400),
    Goal("rpc.sign.batch64.postgres.server_cpu", at_most_us=60),
    Goal("rpc.decrypt.unary.postgres.server_cpu", at_most_us=380),
    Goal("rpc.sign.ecdsa.postgres.server_cpu", at_most_us=3200),
)


BESIDE: Final[tuple[tuple[str, str], ...]] = (("two_party.sign.n1.enveloped", "peer.gmssl.sign"),)
"""Results to show beside a peer without a goal: ours contain more than the peer's."""


def verdict(goal: Goal, results: Mapping[str, Result]) -> str | None:
    """Returns `reached` or `MISSED` with the numbers, or None when something needed was not measured."""
    ours = results.get(goal.name)
    if ours is None:
        return None
    if goal.at_most_us is not None:
        word = "reached" if ours.median_us <= goal.at_most_us else "MISSED "
        return f"{word}  {goal.name}: {ours.median_us:.2f} µs, at most {goal.at_most_us:g} µs"
    peer = results.get(goal.peer or "")
    if peer is None or goal.times_faster is None:
        return None
    ratio = peer.median_us / ours.median_us
    word = "reached" if ratio >= goal.times_faster else "MISSED "
    return f"{word}  {goal.name}: {ratio:.1f} times faster than {peer.name}, at least {goal.times_faster:g}"


def table(results: Iterable[Result]) -> str:
    """Formats all results, then one line per goal, then what others publish about two-party ECDSA."""
    rows = {result.name: result for result in results}
    width = max([len(name) for name in rows] + [10])
    lines = [f"{'name':<{width}}  {'median µs':>12}  {'min µs':>12}  {'max µs':>12}  {'runs':>5}"]
    lines += [
        f"{row.name:<{width}}  {row.median_us:>12.3f}  {row.min_us:>12.3f}  {row.max_us:>12.3f}  {row.runs:>5}"
        for row in rows.values()
    ]
    for goal in GOALS:
        lines.append(verdict(goal, rows) or f"not run  {goal.name}")
    for name, peer in BESIDE:
        if name in rows and peer in rows:
            lines.append(f"beside   {name}: {rows[peer].median_us / rows[name].median_us:.1f} times faster than {peer}")
    if "core.ecdsa.sign.server" in rows:
        lines += published.lines()
    return "\n".join(lines)
