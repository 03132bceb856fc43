"""What one audit row says (§10.1) and how rows are chained.

A row never holds a point, a scalar or a proof of a request, nor anything of an answer: `audit_hash` binds
the r values, `header`, `ctx`, `body_hash`, `enc_hash` and `sig_dev` are the evidence of E2E-7 that the device
asked for exactly these digests.
"""

import enum
from dataclasses import dataclass
from typing import Final

from protocol import _core

ROW_LABEL: Final = "AUDIT/row"
SEGMENT_LABEL: Final = "AUDIT/segment"
HEAD_LABEL: Final = "AUDIT/head"
_SUITE: Final = "P256"


class AuditEvent(enum.StrEnum):
    """What happened. Closed set; the words are stored and never change."""

    KEY_OPERATION = "key_operation"
    """A key operation that was evaluated; outcome right, wrong or fault."""
    RAW_AGREEMENT = "raw_agreement"
    """The same for a key agreement whose result the phone gives away (ECDH-3)."""
    RAW_AGREEMENT_ALLOWED = "raw_agreement_allowed"
    """A server process started with a configuration that allows them."""
    REJECTED = "rejected"
    """A key operation that was refused before evaluation; outcome is the reason."""
    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_UNBOUND = "device_unbound"
    DEVICE_REIDENTIFIED = "device_reidentified"
    """An operator opened the way back for a LOCKED or FROZEN device (RF-9, CLONE-8)."""
    ENROLMENT_ISSUED = "enrolment_issued"
    KEY_GENERATED = "key_generated"
    KEY_ACTIVATED = "key_activated"
    KEY_FROZEN = "key_frozen"
    KEY_UNFROZEN = "key_unfrozen"
    KEY_REVOKED = "key_revoked"
    KEY_SWEPT = "key_swept"
    """An INACTIVE key that was never activated was removed."""
    NICKNAME_CHANGED = "nickname_changed"
    PASSWORD_SET = "password_set"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    PHONE_NUMBER_CHANGED = "phone_number_changed"
    BINDING_ADDED = "binding_added"
    BINDING_REMOVED = "binding_removed"
    IDENTITY_SWITCHED = "identity_switched"
    IDENTITY_SUBMITTED = "identity_submitted"
    CONSENT_GIVEN = "consent_given"
    SESSIONS_ENDED = "sessions_ended"
    ACCOUNT_REGISTERED = "account_registered"
    ACCOUNT_CANCELLED = "account_cancelled"
    NUMBER_CHANGE = "number_change"
    """A change of the number without the old one; outcome is the state that it has now."""
    COMPUTER_LOGIN = "computer_login"
    """The login of a computer; outcome is the state that it has now, or why its session ended."""
    CANCELLATION_REQUESTED = "cancellation_requested"
    """The days of grace began; `postponed` when something stood in the way at their end."""
    CANCELLATION_WITHDRAWN = "cancellation_withdrawn"
    APPEAL_SUBMITTED = "appeal_submitted"
    OUTBOX_RETRIED = "outbox_retried"
    """An operator gave a dead letter another chance."""
    OUTBOX_DROPPED = "outbox_dropped"
    """An operator took a delivery out of the outbox."""
    RESTORED = "restored"
    """An operator declared that the database was restored (RS-2)."""
    HEADS_ACCEPTED = "heads_accepted"
    """An operator accepted the database as it is after the file of heads was lost."""
    KEK_ROTATED = "kek_rotated"
    """An operator makes a new KEK version, under which every record is sealed anew (SEAL-6): `begun`, then `done` or
    `failed`."""
    KEK_DESTROYED = "kek_destroyed"
    """A KEK version that nothing is sealed under is destroyed (SEAL-6): `begun`, then `done`."""
    DATA_KEY_ROTATED = "data_key_rotated"
    """A new data key or index key was made."""
    DATA_KEY_RETIRED = "data_key_retired"
    """A data key or index key that nothing was left under was removed."""
    PERSONAL_DATA_READ = "personal_data_read"
    """Somebody saw unmasked data; outcome is the purpose, `device_id` the account, `key_id` what (R-AUD-09)."""
    ACCOUNT_ERASED = "account_erased"
    """Personal data of an account was erased; outcome is the reason, `device_id` the account (R-AUD-08)."""
    BRAND_APPLIED = "brand_applied"
    """A version of a brand's policy came into force; outcome names brand and version, `body_hash` binds the policy."""
    ENVIRONMENT_CREATED = "environment_created"
    ENVIRONMENT_DISABLED = "environment_disabled"
    CONTENT_DRAFTED = "content_drafted"
    CONTENT_PUBLISHED = "content_published"
    """Outcome names the document or article, `body_hash` binds its texts."""
    CONTENT_WITHDRAWN = "content_withdrawn"
    CONSENT_RECORDED = "consent_recorded"
    """A user accepted a document; outcome names it, `body_hash` binds account, text and time (R-ACC-15)."""
    ACCOUNT_LOCKED = "account_locked"
    """Too many failed logins (section 3.12)."""
    ACCOUNT_UNLOCKED = "account_unlocked"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_VERIFIED = "account_verified"
    IDENTITY_DECIDED = "identity_decided"
    """A real-name attempt ended; outcome is `passed` or the reason."""
    IDENTITY_CHANGED = "identity_changed"
    """A verified person got a new version; outcome is `name`, `document` or `validity`."""
    IDENTITY_LINK = "identity_link"
    """A link for a person without an account; outcome is its state, `device_id` the link."""
    KEY_HOLDER_CHANGED = "key_holder_changed"
    """The same person was checked on another device, which holds the keys from now on."""
    DOCUMENT_EXPIRED = "document_expired"
    """The identity document of a verified person ended."""
    IDENTITY_CALLBACK = "identity_callback"
    """A provider's message that was not applied; outcome says why."""
    APPEAL_DECIDED = "appeal_decided"
    REVIEW = "review"
    """Something happened to a review (`key_id`); outcome says what, `device_id` is the applicant's account."""
    REVIEW_REASON = "review_reason"
    """The dictionary of reasons was changed: outcome is `added`, `changed`, `retired` or `deleted`, `key_id` names
    kind, code and version."""
    CODE_SENT = "code_sent"
    """An SMS code; outcome is its purpose. The code itself is nowhere."""
    LOGIN = "login"
    """Outcome is `done` or the reason of the refusal."""
    SESSION_ENDED = "session_ended"
    """One login; outcome says why."""
    SESSION_REUSED = "session_reused"
    """A refresh token came back: somebody has a copy. The login ended."""
    DEVICE_BLOCKED = "device_blocked"
    DEVICE_RELEASED = "device_released"
    BIOMETRIC_CHANGED = "biometric_changed"
    STAFF_INVITED = "staff_invited"
    """`key_id` is the member, here and in all rows about staff; `actor` who did it."""
    STAFF_ENROLLED = "staff_enrolled"
    STAFF_LOGIN = "staff_login"
    """Outcome is `done` or the reason of the refusal."""
    STAFF_SESSION_ENDED = "staff_session_ended"
    STAFF_PASSWORD_SET = "staff_password_set"  # noqa: S105
    STAFF_PASSWORD_OLD = "staff_password_old"  # noqa: S105
    """A member must change his password."""
    STAFF_CODES_RENEWED = "staff_codes_renewed"
    STAFF_ROLES_CHANGED = "staff_roles_changed"
    STAFF_BRANDS_CHANGED = "staff_brands_changed"
    STAFF_CERTIFICATE_BOUND = "staff_certificate_bound"
    STAFF_LOCKED = "staff_locked"
    STAFF_UNLOCKED = "staff_unlocked"
    STAFF_DISABLED = "staff_disabled"
    STAFF_RESET = "staff_reset"
    STAFF_REFUSED = "staff_refused"
    """A member tried what he may not: outcome is the reason he was told, `key_id` the permission that he lacks, or what
    belongs to a brand that he does not work for."""
    ACCOUNT_LOOKED_UP = "account_looked_up"
    """Staff read an account, masked; `device_id` is the account, `key_id` what was read (R-ADM-24)."""
    MESSAGE_RESENT = "message_resent"
    """Staff had a message sent again; `device_id` is the account, `key_id` the message (R-ADM-24)."""
    PROPOSAL_MADE = "proposal_made"
    """Outcome is the kind, `key_id` the proposal, `device_id` what it is about, in all rows about proposals."""
    PROPOSAL_EXECUTED = "proposal_executed"
    PROPOSAL_REJECTED = "proposal_rejected"
    PROPOSAL_WITHDRAWN = "proposal_withdrawn"
    PROPOSAL_EXPIRED = "proposal_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Content of one row. Fields that do not apply stay empty."""

    time_ms: int
    event: AuditEvent
    outcome: str
    """`right`, `wrong`, `fault`, `done`; `begun` and `failed` of changes outside of the database; `in_token` of a new
    key whose share a token holds; for REJECTED a reason of the error catalogue."""
    device_id: str = ""
    key_id: str = ""
    share_id: bytes = b""
    """16 bytes or empty."""
    op: int = 0
    count: int = 0
    """N of SIGN and DECRYPT."""
    digests: bytes = b""
    """32·N bytes: e_i of SIGN, H("SM2/c1", T1_i) of DECRYPT."""
    policy: bytes = b""
    clone_case: str = ""
    """`A`, `B`, `X` or empty."""
    audit_hash: bytes = b""
    """H("AUDIT", ctx, r_1 … r_N); 32 bytes or empty."""
    header: bytes = b""
    """Encoded header (§1.5)."""
    ctx: bytes = b""
    body_hash: bytes = b""
    enc_hash: bytes = b""
    sig_dev: bytes = b""
    """64 bytes r‖s or empty."""
    actor: str = ""
    """Who acted when no device did: `operator`, `sweeper`."""


def first_hash(segment: str) -> bytes:
    """Predecessor of the first row of a segment, 32 bytes."""
    return _core.h(_SUITE, SEGMENT_LABEL, [segment.encode()])


def row_hash(previous: bytes, segment: str, seq: int, entry: AuditEntry) -> bytes:
    """Hash of a row over the hash of its predecessor and every field, 32 bytes."""
    return _core.h(
        _SUITE,
        ROW_LABEL,
        [
            previous,
            segment.encode(),
            seq.to_bytes(8),
            entry.time_ms.to_bytes(8),
            entry.event.encode(),
            entry.outcome.encode(),
            entry.device_id.encode(),
            entry.key_id.encode(),
            entry.share_id,
            entry.op.to_bytes(2),
            entry.count.to_bytes(2),
            entry.digests,
            entry.policy,
            entry.clone_case.encode(),
            entry.audit_hash,
            entry.header,
            entry.ctx,
            entry.body_hash,
            entry.enc_hash,
            entry.sig_dev,
            entry.actor.encode(),
        ],
    )


@dataclass(frozen=True, slots=True)
class Head:
    """A signed statement about a row: everything up to it existed at `time_ms`."""

    server_id: str
    segment: str
    seq: int
    row_hash: bytes
    time_ms: int
    signature: bytes
    """64-byte r‖s of the identity key over the fields above, label `AUDIT/head`."""

    def verify(self, identity_public_key: bytes) -> None:
        """Raises BadSignature unless the identity key signed this head."""
        fields = head_fields(self.server_id, self.segment, self.seq, self.row_hash, self.time_ms)
        _core.ecdsa_p256_verify(identity_public_key, _core.h(_SUITE, HEAD_LABEL, fields), self.signature)


def head_fields(server_id: str, segment: str, seq: int, digest: bytes, time_ms: int) -> list[bytes]:
    """Fields of the statement `AUDIT/head`."""
    return [server_id.encode(), segment.encode(), seq.to_bytes(8), digest, time_ms.to_bytes(8)]
