"""Rows of the signing area. `dev_state`, `share` and `seen_request` are touched by every key operation."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, text

from cosign.store.metadata import Blob, Count, Identifier, Milliseconds, UtcTime, Word, metadata

dev_state: Final = Table(
    "dev_state",
    metadata,
    Column("device_id", Identifier, primary_key=True),
    Column("user_id", Identifier, nullable=False),
    Column("row_ver", Count, nullable=False, comment="raised by every write; part of the MAC"),
    Column("state", Word, nullable=False),
    Column("attempts_left", Integer, nullable=False),
    Column("lifetime_left", Integer, nullable=False),
    Column("lock_until_ms", Milliseconds, nullable=False),
    Column("ctr", Count, nullable=False),
    Column("tau_cur", Blob, nullable=False, comment="16 bytes, zeros before the first right PIN"),
    Column("tau_next", Blob, nullable=False, comment="16 bytes"),
    Column("last_req", Blob, nullable=False, comment="16 bytes, zeros before the first right PIN"),
    Column("uncommitted_evals", Integer, nullable=False),
    Column("uncommitted_since_ms", Milliseconds, nullable=False),
    Column("charge_first_until_ms", Milliseconds, nullable=False),
    Column("adopted_epoch", Integer, nullable=False),
    Column("recovery", Word, nullable=False),
    Column("charged", Blob, nullable=False, comment="16 bytes for each charged attempt: the key it was for"),
    Column("mac", Blob, nullable=False, comment="32 bytes over all other columns (SEAL-7)"),
    CheckConstraint("attempts_left >= 0 AND lifetime_left >= 0", name="counters_not_negative"),
)
"""One row per device: counters, clone token, state (section 5.2)."""

joint_key: Final = Table(
    "joint_key",
    metadata,
    Column("key_id", Identifier, primary_key=True),
    Column("user_id", Identifier, nullable=False),
    Column("device_id", Identifier, ForeignKey("dev_state.device_id"), nullable=False),
    Column("suite", Word, nullable=False),
    Column("purpose", Integer, nullable=False),
    Column("flags", Integer, nullable=False, comment="RecordFlag bits, part of the context of its shares"),
    Column("pk", Blob, nullable=False, comment="33 bytes, SEC 1 compressed"),
    Column("state", Word, nullable=False),
    Column("frozen_by", Word, nullable=False, comment="user, operator or restore; empty unless FROZEN"),
    Column("challenge_hash", Blob, nullable=False, comment="SHA-256 of the activation plaintext, or empty"),
    Column("share_epoch", Integer, nullable=False, comment="completed refreshes"),
    Column("ot_setups", Integer, nullable=False, comment="OT set-ups begun since `ot_since_ms` (section 6.2)"),
    Column("ot_since_ms", Milliseconds, nullable=False),
    Column("row_ver", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=True),
    Index(None, "user_id", "created_at"),
    Index(None, "device_id"),
    Index(
        "ix_joint_key_inactive",
        "created_at",
        sqlite_where=text("state = 'inactive'"),
        postgresql_where=text("state = 'inactive'"),
    ),
)
"""One joint key. Only its public description; the shares are in `share`."""

share: Final = Table(
    "share",
    metadata,
    Column("share_id", Blob, primary_key=True, comment="16 random bytes"),
    Column("key_id", Identifier, ForeignKey("joint_key.key_id"), nullable=False),
    Column("device_id", Identifier, nullable=False),
    Column("state", Word, nullable=False),
    Column("sealed", Blob, nullable=False, comment="record of section 8.1; empty once destroyed"),
    Column("kek_version", Integer, nullable=False, comment="version inside `sealed`, for the re-seal job"),
    Column("ot_state", Word, nullable=False, comment="whether an ECDSA share can sign (SEAL-8)"),
    Column("row_ver", Integer, nullable=False),
    Column("created_ms", Milliseconds, nullable=False),
    Column("expires_ms", Milliseconds, nullable=False, comment="end of PENDING; 0 otherwise"),
    Column("changed_ms", Milliseconds, nullable=False, comment="when the present state began"),
    Index(None, "key_id", "state"),
    Index(
        "ix_share_retired",
        "changed_ms",
        sqlite_where=text("state = 'retired'"),
        postgresql_where=text("state = 'retired'"),
    ),
    Index(
        "ix_share_pending",
        "expires_ms",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "uq_share_one_current",
        "key_id",
        "device_id",
        unique=True,
        sqlite_where=text("state = 'current'"),
        postgresql_where=text("state = 'current'"),
    ),
    Index(
        "uq_share_one_pending",
        "key_id",
        "device_id",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)
"""The server's shares. A share is found by `share_id`, never by an epoch number (rule 9)."""

seen_request: Final = Table(
    "seen_request",
    metadata,
    Column("device_id", Identifier, primary_key=True),
    Column("req_id", Blob, primary_key=True, comment="16 bytes"),
    Column("expires_ms", Milliseconds, nullable=False),
    sqlite_with_rowid=False,
)
"""CLONE-2: requests that may not count again, until they could not pass CLONE-1 any more.

No index on `expires_ms`: entries live four minutes, and the sweep reads them all faster than every insert keeps one.
"""

keygen_pending: Final = Table(
    "keygen_pending",
    metadata,
    Column("key_id", Identifier, primary_key=True),
    Column("device_id", Identifier, nullable=False),
    Column("user_id", Identifier, nullable=False),
    Column("suite", Word, nullable=False),
    Column("purpose", Integer, nullable=False),
    Column("k1", Blob, nullable=False, comment="32 bytes, context of the seal"),
    Column("sealed", Blob, nullable=False),
    Column("expires_ms", Milliseconds, nullable=False),
    Index(None, "device_id"),
    Index(None, "expires_ms"),
)
"""KG-2: server side of a key generation between M1 and M3; consumed once, five minutes."""

public_key_usage: Final = Table(
    "public_key_usage",
    metadata,
    Column("pk", Blob, primary_key=True, comment="33 bytes"),
    Column("decryptions", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""DEC-3: answers per public key over all its devices and keys, for life."""

core_key: Final = Table(
    "core_key",
    metadata,
    Column("name", String(80), primary_key=True, comment="`core`, or `envelope:` and the key id in hex"),
    Column("public_key", Blob, nullable=False, comment="33 bytes"),
    Column("sealed", Blob, nullable=False),
    Column("statement", Blob, nullable=False, comment="64-byte r‖s of E2E-4; empty for the identity key"),
    Column("not_before_ms", Milliseconds, nullable=False),
    Column("not_after_ms", Milliseconds, nullable=False, comment="readable until then; 0 without end"),
)
"""Keys of the core itself, sealed by the token."""
