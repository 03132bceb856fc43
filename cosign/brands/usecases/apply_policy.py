"""Puts a policy into force as the next version of its brand."""

import hashlib
import json

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.brands.document import PolicyDocument, as_table
from cosign.brands.faults import EtagMismatch
from cosign.brands.ports import BrandUnit, PolicyVersion
from cosign.clock import Clock, to_ms


def apply_policy(unit: BrandUnit, *, document: PolicyDocument, actor: str, clock: Clock) -> PolicyVersion | None:
    """Stores and records a new version; None when the policy in force is the same already.

    Args:
        unit: A write transaction.
        document: A checked document.
        actor: Who applies it, for example `operator`.
        clock: Present time.

    Raises:
        EtagMismatch: The document was made from another version, or another one was applied meanwhile.
    """
    present = unit.policy(document.brand)
    check_etag(document, present)
    if present is not None and (present.policy, present.preset) == (document.policy, document.preset):
        return None
    version = PolicyVersion(
        brand=document.brand,
        version=present.version + 1 if present is not None else 1,
        preset=document.preset,
        policy=document.policy,
        applied_at=clock.now(),
        actor=actor,
    )
    unit.add_policy(version)
    unit.record(
        AuditEntry(
            time_ms=to_ms(version.applied_at),
            event=AuditEvent.BRAND_APPLIED,
            outcome=f"{version.brand} {version.version}",
            body_hash=policy_hash(version),
            actor=actor,
        )
    )
    return version


def check_etag(document: PolicyDocument, present: PolicyVersion | None) -> None:
    """Raises EtagMismatch unless the document names no version or the one in force."""
    in_force = present.etag if present is not None else "0"
    if document.etag and document.etag != in_force:
        raise EtagMismatch(f"the document was made from version {document.etag}, {in_force} is in force")


def policy_hash(version: PolicyVersion) -> bytes:
    """SHA-256 over brand, version and policy, 32 bytes; the audit row binds it."""
    content = {"brand": version.brand, "version": version.version, "policy": as_table(version.policy)}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).digest()
