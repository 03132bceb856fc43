"""What this area holds of people: names and secrets of staff, reasons of proposals. Nothing of it is an account's."""

from typing import Final

from cosign.personal import Field
from cosign.personal.registry import PersonalArea, SealedColumn
from cosign.staff.tables import staff_login, staff_member, staff_proposal

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
    ),
)
