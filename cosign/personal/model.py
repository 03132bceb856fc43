"""Kinds of personal data, and the port through which areas seal, open and find it."""

import enum
from collections.abc import Sequence
from typing import Final, Protocol

MAX_TEXT_BYTES: Final = 4096
"""Longest text that may be sealed, UTF-8."""
INDEX_BYTES: Final = 32
"""Length of an index."""


class Field(enum.StrEnum):
    """What a datum is. Part of the key it is sealed under: a value never changes and is never used again."""

    PHONE_NUMBER = "phone_number"
    NAME = "name"
    DOCUMENT_NUMBER = "document_number"
    EMAIL = "email"
    ADDRESS = "address"
    BIRTH = "birth"
    EXTERNAL_ID = "external_id"
    """Id of the person at a provider: WeChat, Alipay, network identity."""
    CODE = "code"
    """A short-lived code; only its index is stored, because a plain hash of six digits can be searched."""
    NOTE = "note"
    """Free text of the person or about the person."""
    MESSAGE = "message"
    """Payload of a message on its way: SMS, e-mail, push."""
    ADDRESS_OF_CALLER = "address_of_caller"
    """Network address in login history."""
    CONTENT = "content"
    """SHA-256 of an upload; only its index is stored."""
    IDENTITY = "identity"
    """Data of a person for a real-name check, as JSON."""
    CARD = "card"
    """What was read from an identity card, as JSON."""
    ARCHIVE = "archive"
    """Record that must outlive the account (R-AUD-08)."""
    STAFF_SECRET = "staff_secret"  # noqa: S105 - a word
    """Secret of the authenticator of a member of staff."""
    PROPOSAL = "proposal"
    """What a member of staff proposes to a second one."""


class PersonalData(Protocol):
    """Seals, opens and indexes texts under data keys that live in the native core. Safe to call from several threads.

    Cost: a few microseconds each; the token is not asked.
    """

    def seal(self, field: Field, row_id: str, text: str) -> bytes:
        """Seals `text` under a key of its field and row; the bytes differ every time.

        Args:
            field: What it is.
            row_id: Id of the row it will stand in, 1 to 64 characters; it opens nowhere else.
            text: At most 4096 bytes of UTF-8.

        Returns:
            33 bytes more than the text (docs/personal-data.md, "Formats").

        Raises:
            ValueError: `text` or `row_id` has a wrong length.
        """
        ...

    def open(self, field: Field, row_id: str, sealed: bytes) -> str:
        """Opens what `seal` made with the same field and row.

        Raises:
            PersonalDataUnreadable: Another field or row, altered bytes, or a data key that is gone.
            TokenUnavailable, DatabaseUnavailable: A data key made by another node cannot be fetched now.
        """
        ...

    def index(self, field: Field, scope: str, text: str) -> bytes:
        """Keyed hash to store beside the sealed text, 32 bytes, equal for equal arguments.

        Compare what people write in one form only: the caller normalises `text` before.

        Args:
            field: What it is.
            scope: Where equal texts mean the same, in general the brand; 1 to 64 characters.
            text: At most 4096 bytes of UTF-8.
        """
        ...

    def indexes(self, field: Field, scope: str, text: str) -> Sequence[bytes]:
        """What to look for: `index(…)` first, then the same under every other index key still in use, 1 or 2."""
        ...
