"""Real-name verification: attempts, providers, and the persons behind accounts (R-IDV).

    model, faults          values, rules, the one state machine
    ports, repository      one transaction; `…_rows` hold the SQL
    usecases               one capability per file
    adapters               providers: real ones and the sandbox
    servicer               the gRPC services

Other areas hold an `IdentityUnit` for the connection of their own transaction and call

    require_verified   the gate before every business operation
    verified_person    who is behind an account
    person_data        his unmasked data, to do what he asked for
    apply_outcome      decides an attempt; for the reviewers
"""

from cosign.identity.model import (
    AssuranceLevel,
    Attempt,
    AttemptPurpose,
    FailureReason,
    IdentityState,
    Outcome,
    Person,
    PersonData,
)
from cosign.identity.ports import IdentityUnit
from cosign.identity.usecases.gate import person_data, require_verified, verified_person
from cosign.identity.usecases.outcome import Applied, apply_outcome

__all__ = [
    "Applied",
    "AssuranceLevel",
    "Attempt",
    "AttemptPurpose",
    "FailureReason",
    "IdentityState",
    "IdentityUnit",
    "Outcome",
    "Person",
    "PersonData",
    "apply_outcome",
    "person_data",
    "require_verified",
    "verified_person",
]
