"""Personal data: stored sealed, found by a keyed index, shown masked (R-IDV-16).

    model        what every area may use: `Field`, `PersonalData`, masks
    cipher       seals and opens under data keys (`TokenPersonalData`)
    data_keys    the keys, wrapped by the token
    registry     which columns hold sealed data, and how to export and erase them
    resealing    rotation
    locking      what must be unique, while an index key is replaced
    access       opening for a reader, with a purpose and a record (R-AUD-09)

An area stores a datum in two columns: `<name>_sealed` and, when it must be found, `<name>_index` (32 bytes). It stores
`index(…)` and looks for any of `indexes(…)`, because two index keys are in use while one is being replaced; a text that
must be unique it locks first (`lock_text`).
"""

from cosign.personal.masks import mask_document_number, mask_email, mask_name, mask_phone_number
from cosign.personal.model import INDEX_BYTES, MAX_TEXT_BYTES, Field, PersonalData

__all__ = [
    "INDEX_BYTES",
    "MAX_TEXT_BYTES",
    "Field",
    "PersonalData",
    "mask_document_number",
    "mask_email",
    "mask_name",
    "mask_phone_number",
]
