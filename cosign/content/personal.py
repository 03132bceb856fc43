"""What this area says about a person: the consents, which outlive the account as evidence (R-ACC-15, R-AUD-08)."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from cosign.content.tables import consent
from cosign.personal.model import PersonalData
from cosign.personal.registry import Archive, Erased, PersonalArea


def _consents(connection: Connection, account_id: str) -> list[dict[str, Any]]:
    query = select(consent).where(consent.c.account_id == account_id)
    rows = connection.execute(query.order_by(consent.c.document_id, consent.c.device_id)).mappings()
    return [
        {
            "document_id": row["document_id"],
            "kind": row["kind"],
            "version": row["version"],
            "device_id": row["device_id"],
            "text_hash": row["text_hash"].hex(),
            "accepted_at": row["accepted_at"].isoformat(),
        }
        for row in rows
    ]


def _export(connection: Connection, _personal: PersonalData, account_id: str) -> Mapping[str, object]:
    return {"consents": _consents(connection, account_id)}


def _erase(connection: Connection, _personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    found = _consents(connection, account_id)
    for one in found:
        archive.keep("consent", one)
    erased = connection.execute(delete(consent).where(consent.c.account_id == account_id)).rowcount
    return Erased(erased, archived=len(found))


AREA: Final = PersonalArea(name="content", export=_export, erase=_erase)
