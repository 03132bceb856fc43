"""Opening personal data for a reader: needs a permission and a purpose, and leaves a record (R-IDV-16, R-AUD-09).

Use cases open what they need to do their work with `PersonalData.open`; whatever a person other than its subject gets
to see unmasked passes here. The audit row says who read what of whom and why, never what it said.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.errors import NotAuthorised
from cosign.personal.model import Field, PersonalData
from cosign.personal.readers import UNMASK, Purpose, Reader


@dataclass(frozen=True, slots=True)
class SealedDatum:
    """What is to be read."""

    account_id: str
    """Whose it is."""
    field: Field
    row_id: str
    sealed: bytes


class AuditedAccess:
    """The one door to unmasked data."""

    def __init__(self, personal: PersonalData, audit: AuditTrail, clock: Clock) -> None:
        self._personal = personal
        self._audit = audit
        self._clock = clock

    def read(self, connection: Connection, reader: Reader, purpose: Purpose, datum: SealedDatum) -> str:
        """Opens one datum and records it in the caller's transaction: commit before showing the text to anybody.

        Raises:
            NotAuthorised: The reader may not see unmasked data. Recorded by the access log only.
            PersonalDataUnreadable: See `PersonalData.open`; nothing is recorded.
        """
        self.authorise(reader)
        text = self._personal.open(datum.field, datum.row_id, datum.sealed)
        self.record(connection, reader, purpose, account_id=datum.account_id, what=datum.field.value)
        return text

    def authorise(self, reader: Reader) -> None:
        """Raises NotAuthorised if the reader may not see unmasked data."""
        if UNMASK not in reader.permissions:
            raise NotAuthorised("reading unmasked personal data needs a permission")

    def record(self, connection: Connection, reader: Reader, purpose: Purpose, *, account_id: str, what: str) -> None:
        """Records the reading of something larger than one datum, for example `export` or `upload`."""
        entry = AuditEntry(
            time_ms=self._clock.now_ms(),
            event=AuditEvent.PERSONAL_DATA_READ,
            outcome=purpose.value,
            device_id=account_id,
            key_id=what,
            actor=reader.actor,
        )
        self._audit.append(connection, [entry])
