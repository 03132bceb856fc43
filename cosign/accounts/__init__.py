"""Accounts: registration, login, sessions, devices of accounts, identities, number, end (R-ACC).

    model, codes, closing, tokens    values and rules
    ports, repository, *_rows        one transaction
    usecases                         one capability per file
    passwords                        slow hashes in a bounded pool
    servicer                         the gRPC services

Other areas take from here what they need inside their own unit: `Principal` (who calls; `Callers.principal`),
`acting_identity` and `require_verified` (what he may do), `give_identity` and `end_identity` (the area of enterprises),
`mark_verified` (real-name checks), `Blockers` (what stands in the way of a cancellation), `take_ticket` (a number
proved by an SMS code of a `CodePurpose`).
"""

from cosign.accounts.codes import CodePurpose
from cosign.accounts.model import AccountState, Identity, IdentityKind, Principal
from cosign.accounts.ports import AccountUnit, Blockers
from cosign.accounts.usecases.identities import (
    acting_identity,
    end_identity,
    give_identity,
    mark_verified,
    require_verified,
)
from cosign.accounts.usecases.codes import take_ticket

__all__ = [
    "AccountState",
    "AccountUnit",
    "Blockers",
    "CodePurpose",
    "Identity",
    "IdentityKind",
    "Principal",
    "acting_identity",
    "end_identity",
    "give_identity",
    "mark_verified",
    "require_verified",
    "take_ticket",
]
