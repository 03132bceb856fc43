"""Audit rows for tests."""

from cosign.audit.model import AuditEntry, AuditEvent


def entry(number: int) -> AuditEntry:
    """A row in which every field has a value."""
    return AuditEntry(
        time_ms=1_700_000_000_000 + number,
        event=AuditEvent.KEY_OPERATION,
        outcome="right",
        device_id=f"dev_{number}",
        key_id=f"key_{number}",
        share_id=number.to_bytes(16),
        op=2,
        count=1,
        digests=number.to_bytes(32),
        policy=number.to_bytes(32),
        clone_case="A",
        audit_hash=number.to_bytes(32),
        header=b"header" + number.to_bytes(4),
        ctx=number.to_bytes(32),
        body_hash=number.to_bytes(32),
        enc_hash=number.to_bytes(32),
        sig_dev=number.to_bytes(64),
        actor="operator",
    )
