"""Issues a one-time enrolment code for a user."""

import datetime as dt

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.clock import Clock, to_ms
from cosign.devices.model import CODE_LIFETIME, check_user_id, code_hash, new_code
from cosign.devices.ports import DeviceUnit
from cosign.errors import FieldInvalid

MAX_LIFETIME = dt.timedelta(days=7)


def issue_code(
    unit: DeviceUnit, *, user_id: str, clock: Clock, lifetime: dt.timedelta = CODE_LIFETIME
) -> tuple[str, dt.datetime]:
    """Returns the code and when it ends. Only its hash is stored: the code is shown this once.

    Raises:
        FieldInvalid: `user_id` or `lifetime` is out of range.
    """
    check_user_id(user_id)
    if not dt.timedelta(0) < lifetime <= MAX_LIFETIME:
        raise FieldInvalid("lifetime", "must be more than 0 and at most 7 days")
    now = clock.now()
    code, expires_at = new_code(), now + lifetime
    unit.add_code(code_hash=code_hash(code), user_id=user_id, expires_at=expires_at)
    unit.record(AuditEntry(time_ms=to_ms(now), event=AuditEvent.ENROLMENT_ISSUED, outcome="done", actor="operator"))
    return code, expires_at
