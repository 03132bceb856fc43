"""Recomputes the audit trail offline: needs the database and the identity public key, no secret."""

from dataclasses import dataclass

from sqlalchemy import Connection

from cosign.audit import repository
from cosign.audit.model import Head, first_hash, row_hash
from protocol.errors import BadSignature


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with a segment."""

    segment: str
    seq: int
    problem: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Result of a verification."""

    rows: int
    segments: int
    heads: int
    findings: tuple[Finding, ...]
    """Empty when everything verifies; at most one per segment, the first bad row."""


def verify(connection: Connection, identity_public_key: bytes, outside: list[Head]) -> AuditReport:
    """Recomputes every chain, checks every signed head and the heads kept outside the database.

    Args:
        connection: A snapshot of the database.
        identity_public_key: P-256 point of the core, 33 bytes.
        outside: Heads of the file beside the database; rows they name must exist.
    """
    names = sorted(set(repository.segments(connection)) | {head.segment for head in outside})
    rows = heads = 0
    findings = []
    for segment in names:
        checked = _Segment(connection, segment, identity_public_key, outside)
        finding = checked.first_problem()
        rows += checked.rows
        heads += checked.heads
        if finding is not None:
            findings.append(finding)
    return AuditReport(rows, len(names), heads, tuple(findings))


class _Segment:
    """One chain under verification."""

    def __init__(self, connection: Connection, segment: str, identity_public_key: bytes, outside: list[Head]) -> None:
        self._connection = connection
        self._segment = segment
        self._identity = identity_public_key
        self.rows = 0
        self.heads = 0
        stored = repository.heads(connection, segment)
        self._heads = sorted(
            stored + [head for head in outside if head.segment == segment], key=lambda head: (head.seq, head.time_ms)
        )

    def first_problem(self) -> Finding | None:
        """The finding with the lowest row number."""
        expected: dict[int, bytes] = {}
        findings = []
        for head in self._heads:
            try:
                head.verify(self._identity)
            except BadSignature:
                findings.append(self._finding(head.seq, "signature of the head is wrong"))
                continue
            self.heads += 1
            if expected.setdefault(head.seq, head.row_hash) != head.row_hash:
                findings.append(self._finding(head.seq, "two signed heads name different rows"))
        in_rows = self._walk(expected)
        if in_rows is not None:
            findings.append(in_rows)
        return min(findings, key=lambda finding: finding.seq, default=None)

    def _walk(self, expected: dict[int, bytes]) -> Finding | None:
        previous, seq = first_hash(self._segment), 0
        try:
            for found, entry, stored in repository.rows(self._connection, self._segment):
                seq += 1
                if found != seq:
                    return self._finding(seq, f"row is missing; the next one present is {found}")
                previous = row_hash(previous, self._segment, seq, entry)
                if previous != stored:
                    return self._finding(seq, "content does not match the chain")
                if expected.pop(seq, previous) != previous:
                    return self._finding(seq, "a signed head names another row")
                self.rows += 1
        except (ValueError, TypeError, OverflowError, AttributeError):
            return self._finding(seq + 1, "holds a value that no program of ours writes")
        if expected:
            return self._finding(seq + 1, f"rows up to {max(expected)} were signed but are missing")
        return None

    def _finding(self, seq: int, problem: str) -> Finding:
        return Finding(self._segment, seq, problem)
