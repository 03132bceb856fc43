"""Rows and signed heads as plain JSON values, for archives and other programs."""

import dataclasses
from collections.abc import Iterator

from sqlalchemy import Connection

from cosign.audit import repository
from cosign.audit.head_file import as_json
from cosign.audit.model import AuditEntry


def export(connection: Connection, segment: str = "") -> Iterator[dict[str, object]]:
    """Yields every row of every segment (or of one) in order, then the segment's heads.

    Together with the identity public key this is enough to verify the trail elsewhere: `row_hash` covers the
    fields in the order of `cosign.audit.model.row_hash`.
    """
    for name in [segment] if segment else repository.segments(connection):
        for seq, entry, row_hash in repository.rows(connection, name):
            yield {"kind": "row", "segment": name, "seq": seq} | _values(entry) | {"row_hash": row_hash.hex()}
        for head in repository.heads(connection, name):
            yield {"kind": "head"} | as_json(head)


def _values(entry: AuditEntry) -> dict[str, object]:
    values: dict[str, object] = {}
    for field in dataclasses.fields(entry):
        value = getattr(entry, field.name)
        values[field.name] = value.hex() if isinstance(value, bytes) else value
    return values
