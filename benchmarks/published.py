"""What others publish about their two-party ECDSA, to stand beside our measurements.

Nothing here was measured by us: other machines, other curves, some with a network. The sources say which.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Published:
    """One figure of one implementation."""

    implementation: str
    what: str
    """What the time covers, and where it was taken."""
    milliseconds: float
    source: str


SIGN_ECDSA: Final[tuple[Published, ...]] = (
    Published(
        "coinbase cb-mpc (ECDSA-2PC, Paillier)",
        "second party's last round of one signature with global abort; CI machine, 2.87 GHz, one thread",
        14.50,
        "coinbase.github.io/cb-mpc, docs/index.html at 0145be0, of 2026-07-21",
    ),
    Published(
        "coinbase cb-mpc (ECDSA-2PC, Paillier)",
        "both parties, a sixteenth of 16 signatures with global abort; same machine",
        13.63,
        "same page: (9.12 ms + 208.91 ms) / 16",
    ),
    Published(
        "ZenGo gotham-city (Lindell17, Paillier)",
        "whole signature, client and server on one host, MacBook Air M2",
        151.0,
        "github.com/ZenGo-X/gotham-city README, at e40e95c",
    ),
    Published(
        "silence-laboratories dkls23",
        "whole 2-of-2 signature, EPYC Milan 2.4 GHz, 8 cores",
        9.84,
        "project benchmark page at a787f88, of 2025-05-02",
    ),
    Published(
        "DKLs18, code of the paper's authors",
        "whole signature, both parties: 'just over three milliseconds'",
        3.0,
        "Doerner, Kondi, Lee, shelat, 'A Multiparty Computation Approach to Threshold ECDSA', abstract",
    ),
)
"""Two-party ECDSA, one signature."""


def lines() -> list[str]:
    """Formats the figures, one per line, in milliseconds."""
    width = max(len(figure.implementation) for figure in SIGN_ECDSA)
    return [
        f"published  {figure.implementation:<{width}}  {figure.milliseconds:>7.2f} ms  {figure.what} [{figure.source}]"
        for figure in SIGN_ECDSA
    ]
