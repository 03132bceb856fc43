"""Rows of linked logins. Ids and names of users at providers stand sealed, ids indexed as well."""

from typing import Final

from sqlalchemy import Column, Index, Table

from cosign.store.metadata import Blob, Identifier, UtcTime, Word, metadata

linked_account: Final = Table(
    "linked_account",
    metadata,
    Column("binding_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False),
    Column("brand", Word, nullable=False),
    Column("provider", Word, nullable=False),
    Column("subject_sealed", Blob, nullable=False, comment="provider and id of the user there; see ExternalUser"),
    Column("subject_index", Blob, nullable=False, comment="32 bytes"),
    Column("name_sealed", Blob, nullable=True, comment="how he is called there"),
    Column("level", Word, nullable=False, comment="of network identity, else empty"),
    Column("bound_at", UtcTime, nullable=False),
    Index(None, "brand", "subject_index", unique=True),
    Index(None, "account_id", "provider", unique=True),
)
"""An account and the user of a provider that is bound to it: one of each (绑定)."""

linked_authorisation: Final = Table(
    "linked_authorisation",
    metadata,
    Column("state_hash", Identifier, primary_key=True, comment="SHA-256, hexadecimal"),
    Column("brand", Word, nullable=False),
    Column("provider", Word, nullable=False),
    Column("holder", Identifier, nullable=False, comment="hash of a device key, or a device id"),
    Column("account_id", Identifier, nullable=False, comment="that wants to be bound; empty for a login"),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""A way to a provider that was begun; the row goes when the app comes back."""

linked_code: Final = Table(
    "linked_code",
    metadata,
    Column("code_hash", Identifier, primary_key=True, comment="SHA-256, hexadecimal"),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""A code, token or result of a provider that was used."""

linked_pending: Final = Table(
    "linked_pending",
    metadata,
    Column("ticket_hash", Identifier, primary_key=True, comment="SHA-256, hexadecimal"),
    Column("brand", Word, nullable=False),
    Column("provider", Word, nullable=False),
    Column("holder", Identifier, nullable=False, comment="hash of a device key"),
    Column("subjects_sealed", Blob, nullable=False, comment="JSON list"),
    Column("name_sealed", Blob, nullable=True, comment="how he is called there"),
    Column("level", Word, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""A user of a provider who has no account yet; the row goes when a number is proved."""
