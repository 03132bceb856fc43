"""Export and erasure of one person's data, through every area (R-AUD-08)."""

import calendar
import datetime as dt
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from cosign import ids
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.personal.access import AuditedAccess
from cosign.personal.archive import SealedArchive
from cosign.personal.model import PersonalData
from cosign.personal.readers import Purpose, Reader
from cosign.personal.registry import Erased, PersonalRegistry
from cosign.personal.tables import erasure


class ErasureReason(enum.StrEnum):
    """Why an account is erased; the words are stored."""

    CANCELLED = "cancelled"
    """The account was cancelled and nobody may ask it back any more."""
    REQUESTED = "requested"
    """The person asked for it."""


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What was done, without personal data."""

    erasure_id: str
    account_id: str
    erased_at: dt.datetime
    keep_until: dt.datetime
    """End of the legal term of what was archived."""
    areas: Mapping[str, Erased]

    def as_json(self) -> dict[str, object]:
        """For operators and for the row."""
        return {
            "erasure_id": self.erasure_id,
            "account_id": self.account_id,
            "erased_at": self.erased_at.isoformat(),
            "keep_until": self.keep_until.isoformat(),
            "areas": {name: {"erased": one.erased, "archived": one.archived} for name, one in self.areas.items()},
        }


class PersonalFile:
    """Everything the service holds about one account."""

    def __init__(
        self,
        registry: PersonalRegistry,
        personal: PersonalData,
        access: AuditedAccess,
        *,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._personal = personal
        self._access = access
        self._audit = audit
        self._clock = clock

    def export(self, connection: Connection, reader: Reader, account_id: str) -> dict[str, object]:
        """A copy of all data of an account by area, unmasked; recorded as a reading with purpose `export`.

        Raises:
            NotAuthorised: The reader may not see unmasked data.
            PersonalDataUnreadable: A row does not open.
        """
        self._access.authorise(reader)
        areas = {
            area.name: dict(area.export(connection, self._personal, account_id))
            for area in self._registry.areas
            if area.export is not None
        }
        self._access.record(connection, reader, Purpose.EXPORT, account_id=account_id, what="export")
        return {"account_id": account_id, "exported_at": self._clock.now().isoformat(), "areas": areas}

    def erase(
        self, connection: Connection, account_id: str, *, reason: ErasureReason, actor: str, evidence_years: int
    ) -> ErasureReport:
        """Erases an account in the caller's transaction: all areas, or none.

        Args:
            connection: The transaction; nothing is left of the data once it commits, but for what backups hold.
            account_id: Whose data.
            reason: Recorded.
            actor: Recorded: id of the member of staff, `operator` or `sweeper`.
            evidence_years: Legal term of what the areas archive, from the brand's policy, at least 5.

        Raises:
            ValueError: A shorter legal term.
            PersonalDataUnreadable: Something that must be archived does not open; nothing is erased.
        """
        if evidence_years < 5:
            raise ValueError("the law wants evidence kept for at least five years")
        now = self._clock.now()
        keep_until = _years_later(now, evidence_years)
        archive = SealedArchive(
            connection, self._personal, account_id=account_id, keep_until=keep_until, clock=self._clock
        )
        areas = {
            area.name: area.erase(connection, self._personal, account_id, archive)
            for area in self._registry.areas
            if area.erase is not None
        }
        report = ErasureReport(ids.new_id(ids.ERASURE, self._clock.now_ms()), account_id, now, keep_until, areas)
        connection.execute(
            insert(erasure).values(
                erasure_id=report.erasure_id,
                account_id=account_id,
                actor=actor,
                reason=reason.value,
                erased_at=now,
                report=json.dumps(report.as_json(), sort_keys=True),
            )
        )
        entry = AuditEntry(
            time_ms=self._clock.now_ms(),
            event=AuditEvent.ACCOUNT_ERASED,
            outcome=reason.value,
            device_id=account_id,
            actor=actor,
        )
        self._audit.append(connection, [entry])
        return report


def _years_later(moment: dt.datetime, years: int) -> dt.datetime:
    year = moment.year + years
    day = min(moment.day, calendar.monthrange(year, moment.month)[1])  # 29 February
    return moment.replace(year=year, day=day)
