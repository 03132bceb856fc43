"""`PersonalData` under the data keys of a database."""

from collections.abc import Sequence

from cosign.errors import PersonalDataUnreadable
from cosign.personal.data_keys import DataKeys
from cosign.personal.model import Field
from protocol._core import data_key_version
from protocol.errors import MalformedMessage, SealBroken


class TokenPersonalData:
    """Implements `PersonalData`; keys are wrapped by the token and used in the core."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    def seal(self, field: Field, row_id: str, text: str) -> bytes:
        """See the port."""
        try:
            return self._keys.writing_key().seal(field.value, row_id, text.encode())
        except MalformedMessage:
            raise ValueError(f"{field} of a row: text or row id has a wrong length") from None

    def open(self, field: Field, row_id: str, sealed: bytes) -> str:
        """See the port."""
        try:
            key = self._keys.reading_key(data_key_version(sealed))
            return key.open(field.value, row_id, sealed).decode()
        except MalformedMessage:
            raise PersonalDataUnreadable(f"{field} of {row_id} is not a sealed datum") from None
        except SealBroken:
            raise PersonalDataUnreadable(
                f"{field} of {row_id} does not open: it was altered or belongs to another row or field"
            ) from None

    def index(self, field: Field, scope: str, text: str) -> bytes:
        """See the port."""
        return self.indexes(field, scope, text)[0]

    def indexes(self, field: Field, scope: str, text: str) -> Sequence[bytes]:
        """See the port."""
        try:
            return [key.index(field.value, scope, text.encode()) for key in self._keys.index_keys()]
        except MalformedMessage:
            raise ValueError(f"{field}: text or scope has a wrong length") from None
