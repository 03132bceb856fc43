"""Accounts: registration, login, sessions, devices of accounts, identities, number, end (R-ACC).

    model, codes, closing, tokens    values and rules
    ports, repository, *_rows        one transaction
    usecases                         one capability per file
    passwords                        slow hashes in a bounded pool
    servicer                         the gRPC services

Other areas take from here what they need inside their own unit: `Principal` (who calls; `Callers.principal`),
`acting_identity` (what he may do), `give_identity` and `end_identity` (the area of enterprises),
`mark_verified` (real-name checks), `Blockers` (what stands in the way of a cancellation), `take_ticket` (a number
proved by an SMS code of a `CodePurpose`), `send_code` and `verify_code` (for numbers without an account),
`drop_device` (another device takes its place).
"""

from cosign.accounts.codes import CodePurpose
from cosign.accounts.model import AccountState, Identity, IdentityKind, Principal
from cosign.accounts.ports import AccountUnit, Blockers
from cosign.accounts.usecases.codes import CodeWish, send_code, take_ticket, verify_code
from cosign.accounts.usecases.devices import drop_device
from cosign.accounts.usecases.identities import acting_identity, end_identity, give_identity, mark_verified

__all__ = [
    "AccountState",
    "AccountUnit",
    "Blockers",
    "CodePurpose",
    "CodeWish",
    "Identity",
    "IdentityKind",
    "Principal",
    "acting_identity",
    "drop_device",
    "end_identity",
    "give_identity",
    "mark_verified",
    "send_code",
    "take_ticket",
    "verify_code",
]
