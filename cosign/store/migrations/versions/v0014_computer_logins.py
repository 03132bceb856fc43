"""Computer logins, certificate logins, change of a lost number, days of grace of a cancellation.

Revision 0014.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from cosign.store.metadata import UtcTime

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Adds the tables, and to an account when it ends."""
    grace = "end of the days in which a cancellation can be taken back"
    op.add_column("account", sa.Column("cancel_at", UtcTime(), nullable=True, comment=grace))
    _partial_index("ix_account_cancel_at", "account", "cancel_at", "cancel_at IS NOT NULL")
    _certificate_challenges()
    _number_changes()
    _computer_logins()
    _computer_sessions()


def _certificate_challenges() -> None:
    op.create_table(
        "certificate_challenge",
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes"),
        sa.Column("account_id", sa.String(length=64), nullable=False, comment="empty: good for nothing"),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_certificate_challenge")),
    )
    op.create_index(op.f("ix_certificate_challenge_expires_at"), "certificate_challenge", ["expires_at"])


def _number_changes() -> None:
    op.create_table(
        "number_change",
        sa.Column("change_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=True, comment="the new one; null once it is over"),
        sa.Column(
            "proof_id", sa.String(length=64), nullable=False, comment="the identity check; empty: reviewers decide"
        ),
        sa.Column("device_id", sa.String(length=64), nullable=False, comment="of the phone that asked"),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_number_change")),
    )
    op.create_index(op.f("ix_number_change_account_id_change_id"), "number_change", ["account_id", "change_id"])
    still_open = "state IN ('in_review', 'waiting')"
    _partial_index("uq_number_change_open", "number_change", "account_id", still_open, unique=True)
    _partial_index("ix_number_change_due_at", "number_change", "due_at", "state = 'waiting'")


def _computer_logins() -> None:
    op.create_table(
        "computer_login",
        sa.Column("login_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes; of the QR code"),
        sa.Column(
            "secret_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes; of what the computer holds"
        ),
        sa.Column(
            "number_index", sa.LargeBinary(), nullable=False, comment="keyed hash of the number it shows, 32 bytes"
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="wrong numbers"),
        sa.Column("label", sa.String(length=64), nullable=False, comment="browser and system, as the page told"),
        sa.Column("network_sealed", sa.LargeBinary(), nullable=False, comment="of the computer, without the last part"),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False, comment="empty until scanned; so the next three"),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False, comment="the phone's login"),
        sa.Column("acting", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_computer_login")),
    )
    op.create_index(op.f("ix_computer_login_expires_at"), "computer_login", ["expires_at"])
    op.create_index(op.f("ix_computer_login_ticket_hash"), "computer_login", ["ticket_hash"], unique=True)


def _computer_sessions() -> None:
    op.create_table(
        "computer_session",
        sa.Column("computer_id", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes"),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False, comment="the phone that approved it"),
        sa.Column(
            "session_id",
            sa.String(length=64),
            nullable=False,
            comment="the login of that phone, with which this one ends",
        ),
        sa.Column("acting", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("network_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("ended_reason", sa.String(length=16), nullable=False, comment="empty while it lives"),
        sa.PrimaryKeyConstraint("computer_id", name=op.f("pk_computer_session")),
    )
    op.create_index(
        op.f("ix_computer_session_account_id_computer_id"), "computer_session", ["account_id", "computer_id"]
    )
    op.create_index(op.f("ix_computer_session_expires_at"), "computer_session", ["expires_at"])
    op.create_index(op.f("ix_computer_session_token_hash"), "computer_session", ["token_hash"], unique=True)


def _partial_index(name: str, table: str, column: str, where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], unique=unique, sqlite_where=condition, postgresql_where=condition)
