"""What must hold after a run with kills, checked against the journals of the phones and the rows of the database.

::

    no acknowledged signature is missing   each has one audit row with its key, its digests and the hash of its r
    no counter is lost                     right PINs = `ctr`; wrong PINs = lifetime used; decryptions = quota used
    nothing is given twice                 no request (ctx), no body and no r appears a second time
    no honest device is frozen             device and keys are ACTIVE with all nine attempts, and both keys were used
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from cosign.audit import repository
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.signing.tables import dev_state, joint_key, public_key_usage
from keyshare.counters import LIFETIME_ATTEMPTS, MAX_ATTEMPTS
from protocol import _core, sm2
from protocol.codes import Op
from tests.end_to_end.kill_load import Journal


@dataclass(slots=True)
class Evaluated:
    """What the audit trail says about evaluated requests."""

    right: Counter[str] = field(default_factory=Counter)
    """Right PINs by device."""
    wrong: Counter[str] = field(default_factory=Counter)
    decrypted: Counter[str] = field(default_factory=Counter)
    """Ciphertexts by key."""
    signed: dict[bytes, list[AuditEntry]] = field(default_factory=dict)
    """SIGN with the right PIN, by the digests: more than one where the phone made a request anew."""
    twice: list[str] = field(default_factory=list)
    """What appeared a second time."""


def evaluated(connection: Connection) -> Evaluated:
    """Reads the whole trail."""
    found = Evaluated()
    seen: set[bytes] = set()
    for segment in repository.segments(connection):
        for seq, entry, _ in repository.rows(connection, segment):
            if entry.event is not AuditEvent.KEY_OPERATION or entry.outcome not in ("right", "wrong"):
                continue
            for name, value in (("request", entry.ctx), ("body", entry.body_hash)):
                if value in seen:
                    found.twice.append(f"{name} of {segment} {seq}")
                seen.add(value)
            _count(found, entry)
    return found


def _count(found: Evaluated, entry: AuditEntry) -> None:
    if entry.outcome == "wrong":
        found.wrong[entry.device_id] += 1
        return
    found.right[entry.device_id] += 1
    if entry.op == Op.DECRYPT:
        found.decrypted[entry.key_id] += entry.count
    elif entry.op == Op.SIGN:
        found.signed.setdefault(entry.digests, []).append(entry)


def violations(connection: Connection, journals: Sequence[Journal]) -> list[str]:
    """Everything that does not hold; empty when all is well. The phones have settled and the service is stopped."""
    found = evaluated(connection)
    result = [f"twice: {one}" for one in found.twice]
    points = Counter(one[:32] for journal in journals for done in journal.signed for one in done.signatures)
    result += [f"nonce twice: r {r.hex()}" for r, count in points.items() if count > 1]
    for journal in journals:
        result += _signatures(journal, found)
        result += _rows(connection, journal, found)
    return result


def _signatures(journal: Journal, found: Evaluated) -> Iterator[str]:
    for one in journal.signed:
        for digest, signature in zip(one.digests, one.signatures, strict=True):
            sm2.verify(journal.sign_pk, digest, signature)
        entries = found.signed.get(b"".join(one.digests), [])
        if not entries:
            yield f"{journal.device_id}: an acknowledged signature is not in the audit trail"
            continue
        points = [signature[:32] for signature in one.signatures]
        if not any(
            (entry.key_id, entry.audit_hash) == (journal.sign_key, _core.h("SM2", "AUDIT", [entry.ctx, *points]))
            for entry in entries
        ):
            yield f"{journal.device_id}: the audit row of a signature is that of another answer"


def _rows(connection: Connection, journal: Journal, found: Evaluated) -> Iterator[str]:
    """Counters and states of one device."""
    device = journal.device_id
    row = connection.execute(select(dev_state).where(dev_state.c.device_id == device)).mappings().one()
    keys = connection.execute(select(joint_key).where(joint_key.c.device_id == device)).mappings().all()
    usage = select(public_key_usage.c.decryptions).where(public_key_usage.c.pk == journal.decrypt_pk)
    used = connection.execute(usage).scalar_one()
    told, wrong = journal.wrong_told, found.wrong[device]
    expected = {
        "state": (row["state"], "active"),
        "keys": ([key["state"] for key in keys], ["active"] * len(keys)),
        "attempts": (row["attempts_left"], MAX_ATTEMPTS),
        "lifetime": (row["lifetime_left"], LIFETIME_ATTEMPTS - wrong),
        "counter": (row["ctr"], found.right[device]),
        "decryptions": (used, found.decrypted[journal.decrypt_key]),
        "wrong PINs": (told <= wrong <= told + journal.wrong_unknown, True),
        "acknowledged decryptions": (len(journal.decrypted) <= used, True),
    }
    for name, (have, want) in expected.items():
        if have != want:
            yield f"{device}: {name} {have}, expected {want}"
