"""What this area itself holds: the sealed archive."""

from typing import Final

from cosign.personal.model import Field
from cosign.personal.registry import PersonalArea, SealedColumn
from cosign.personal.tables import personal_archive

AREA: Final = PersonalArea(
    name="archive",
    columns=(
        SealedColumn(
            sealed=personal_archive.c.document_sealed, row_id=personal_archive.c.archive_id, field=Field.ARCHIVE
        ),
    ),
)
