"""What follows once an attempt is decided: changed persons, new key holders, links (R-IDV-12 to R-IDV-14)."""

import dataclasses
import datetime as dt
from typing import Final

from cosign.accounts import drop_device
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.devices.model import DeviceState
from cosign.identity.change_model import CHECKS_OF_LINK, LinkState, PersonChanged
from cosign.identity.model import Attempt, AttemptPurpose, IdentityState, Person, document_scope
from cosign.identity.ports import IdentityUnit
from cosign.identity.usecases.files import claim_files, files_of
from cosign.messages import MessageKind

KEEP_EVIDENCE: Final = dt.timedelta(days=3650)
"""Pictures of a verified person stay as long as the person; they go when the account is erased."""


def person_kept(unit: IdentityUnit, attempt: Attempt, *, before: Person | None, person: Person, clock: Clock) -> None:
    """An attempt made a version of a person; `before` is the one it replaced."""
    files = files_of(unit, attempt)
    if files:
        claim_files(unit, attempt.account_id, files, until=clock.now() + KEEP_EVIDENCE)
    if before is None:
        return
    if attempt.purpose is AttemptPurpose.REVERIFY:
        _take_over(unit, attempt, before, clock)
    _tell_changed(unit, attempt, before, person)


def link_decided(unit: IdentityUnit, attempt: Attempt, *, clock: Clock) -> None:
    """A check of a person without an account was decided: his link is used, or may be tried again."""
    if attempt.purpose is not AttemptPurpose.LINK:
        return
    link = unit.links.of_attempt(attempt.attempt_id)
    if link is None or link.state is not LinkState.CHECKING:
        return
    if attempt.state is IdentityState.VERIFIED:
        target = LinkState.PROVED
    else:
        target = LinkState.FAILED if link.checks >= CHECKS_OF_LINK else LinkState.PHONE_PROVED
    if target is LinkState.PHONE_PROVED:
        link.check_becomes(target)
        decided = dataclasses.replace(link, state=target)
    else:
        years = unit.accounts.policy(link.brand).retention.evidence_years
        decided = link.finish(target, clock.now(), evidence_years=years)
    unit.links.save(decided, link.state)
    unit.accounts.audit(AuditEvent.IDENTITY_LINK, outcome=target.value, device_id=link.link_id)


def _take_over(unit: IdentityUnit, attempt: Attempt, before: Person, clock: Clock) -> None:
    """The device of the attempt holds the keys from now on; the shares of the former holder are destroyed."""
    if not unit.accounts.policy(attempt.brand).identity.reverify_new_device:
        return
    former = unit.attempts.get(before.attempt_id)
    device = unit.accounts.devices.device(former.device_id) if former is not None and former.device_id else None
    bound = device is not None and device.user_id == attempt.account_id and device.state is not DeviceState.UNBOUND
    if device is not None and bound and device.device_id != attempt.device_id:
        drop_device(unit.accounts, device, clock=clock)
        name = device.display_name
        unit.accounts.tell(attempt.account_id, MessageKind.DEVICE_UNBOUND, target=device.device_id, device=name)
    unit.accounts.audit(AuditEvent.KEY_HOLDER_CHANGED, account_id=attempt.account_id, device_id=attempt.device_id)


def _tell_changed(unit: IdentityUnit, attempt: Attempt, before: Person, person: Person) -> None:
    """Tells other areas what is different; nothing, if only the time of the check is."""
    old, new = unit.people.data(before.record_id), unit.people.data(person.record_id)
    name = old.name != new.name
    document = (document_scope("", old), old.document_number) != (document_scope("", new), new.document_number)
    if name or document:
        change = PersonChanged(
            account_id=person.account_id,
            brand=person.brand,
            before=before,
            person=person,
            name=name,
            document=document,
        )
        unit.person_changed(change)
    if attempt.purpose is AttemptPurpose.CHANGE:
        what = "name" if name else "document" if document else "validity"
        unit.accounts.audit(
            AuditEvent.IDENTITY_CHANGED, outcome=what, account_id=attempt.account_id, device_id=attempt.device_id
        )
