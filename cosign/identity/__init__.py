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
    release_to_ca      the same for an application to the CA, with his consent and on record
    require_key_holder lets only the device pass on which the person was checked
    apply_outcome      decides an attempt
    manual_submission, decide_manual    what reviewers see, and what they decide
    issue_link, withdraw_link, link_proof    proof of identity by somebody without an account
    same_person, PersonChanged    what an area is told when a verified person gets new data
"""

from cosign.identity.change_model import LinkProof, ManualSubmission, PersonChanged, same_person
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
from cosign.identity.usecases.change import require_key_holder
from cosign.identity.usecases.gate import person_data, release_to_ca, require_verified, verified_person
from cosign.identity.usecases.links import LinkTokens, issue_link, link_proof, withdraw_link
from cosign.identity.usecases.manual import decide_manual, manual_submission
from cosign.identity.usecases.outcome import Applied, apply_outcome

__all__ = [
    "Applied",
    "AssuranceLevel",
    "Attempt",
    "AttemptPurpose",
    "FailureReason",
    "IdentityState",
    "IdentityUnit",
    "LinkProof",
    "LinkTokens",
    "ManualSubmission",
    "Outcome",
    "Person",
    "PersonChanged",
    "PersonData",
    "apply_outcome",
    "decide_manual",
    "issue_link",
    "link_proof",
    "manual_submission",
    "person_data",
    "release_to_ca",
    "require_key_holder",
    "require_verified",
    "same_person",
    "verified_person",
    "withdraw_link",
]
