"""What this area holds of people: names and secrets of staff, reasons why they did something to accounts."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select, update

from cosign.personal import Field, PersonalData
from cosign.personal.registry import Archive, Erased, PersonalArea, SealedColumn
from cosign.staff.tables import staff_login, staff_member, staff_proposal, staff_unmasking

EXPORT_ROWS: Final = 10_000


def export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    """When staff saw data of an account in clear text, and why; not who."""
    query = select(staff_unmasking).where(staff_unmasking.c.account_id == account_id)
    rows = connection.execute(query.order_by(staff_unmasking.c.unmasking_id.desc()).limit(EXPORT_ROWS)).mappings()
    return {
        "unmaskings": [
            {"time": row["time"].isoformat(), "field": row["field"], "purpose": row["purpose"]} for row in rows
        ]
    }


def erase(connection: Connection, personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    """Strips the reasons; who saw what and when stays as evidence (R-AUD-09)."""
    mine = staff_unmasking.c.account_id == account_id
    return Erased(connection.execute(update(staff_unmasking).where(mine).values(reason_sealed=None)).rowcount)


AREA: Final = PersonalArea(
    name="staff",
    columns=(
        SealedColumn(sealed=staff_member.c.name_sealed, row_id=staff_member.c.staff_id, field=Field.NAME),
        SealedColumn(
            sealed=staff_member.c.totp_secret_sealed, row_id=staff_member.c.staff_id, field=Field.STAFF_SECRET
        ),
        SealedColumn(sealed=staff_login.c.network_sealed, row_id=staff_login.c.login_id, field=Field.ADDRESS_OF_CALLER),
        SealedColumn(sealed=staff_proposal.c.payload_sealed, row_id=staff_proposal.c.proposal_id, field=Field.PROPOSAL),
        SealedColumn(sealed=staff_proposal.c.reason_sealed, row_id=staff_proposal.c.proposal_id, field=Field.NOTE),
        SealedColumn(sealed=staff_unmasking.c.reason_sealed, row_id=staff_unmasking.c.unmasking_id, field=Field.NOTE),
    ),
    export=export,
    erase=erase,
)
