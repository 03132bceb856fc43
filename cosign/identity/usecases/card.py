"""Identity card: pictures, what was read, confirmation (R-IDV-06)."""

from dataclasses import replace

from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.identity.documents import check_allowed, checked
from cosign.identity.faults import IdentityStateRefused
from cosign.identity.model import Attempt, IdentityState, PersonData
from cosign.identity.ports import IdentityUnit
from cosign.identity.providers import Providers
from cosign.identity.usecases.start import keep_pictures
from cosign.identity.usecases.status import own_attempt


def take_pictures(
    unit: IdentityUnit, *, account_id: str, attempt_id: str, front: str, back: str, clock: Clock
) -> Attempt:
    """Ties both pictures to an attempt that reads a card; they are read once this is committed.

    Raises:
        ResourceNotFound, IdentityStateRefused: See SubmitCard in the proto.
    """
    attempt = _open(unit, account_id, attempt_id, clock)
    policy = unit.accounts.policy(attempt.brand)
    unit.claim_uploads(account_id, (front, back), until=clock.now() + keep_pictures(policy))
    changed = replace(attempt, upload_ids=(front, back), changed_at=clock.now())
    unit.attempts.save(changed, attempt.state)
    return changed


def keep_read(
    unit: IdentityUnit, *, account_id: str, attempt_id: str, read: PersonData, pictures: tuple[str, ...], clock: Clock
) -> PersonData:
    """Stores what was read, unless other pictures were taken meanwhile.

    Raises:
        ResourceNotFound, IdentityStateRefused: See SubmitCard in the proto.
    """
    attempt = _open(unit, account_id, attempt_id, clock)
    if attempt.upload_ids != pictures:
        raise IdentityStateRefused("other pictures were sent meanwhile")
    unit.attempts.set_read_card(attempt_id, read)
    return read


def confirm_card(
    unit: IdentityUnit,
    *,
    account_id: str,
    attempt_id: str,
    confirmed: PersonData,
    providers: Providers,
    clock: Clock,
) -> Attempt:
    """Takes what the user confirmed; a number that differs from the one that was read is flagged for a reviewer.

    Raises:
        ResourceNotFound, IdentityStateRefused, FieldInvalid, DocumentExpired: See ConfirmCard in the proto.
    """
    attempt = _open(unit, account_id, attempt_id, clock)
    read = unit.attempts.read_card(attempt_id)
    if read is None:
        raise IdentityStateRefused("no card was read")
    policy = unit.accounts.policy(attempt.brand).identity
    check_allowed(policy, confirmed.document_type, attempt.method)
    claimed = checked(confirmed, policy=policy, clock=clock, field="confirmed")
    attempt.check_becomes(IdentityState.FACE_PENDING)
    waiting = replace(
        attempt,
        state=IdentityState.FACE_PENDING,
        provider=providers.name_of(attempt.method),
        provider_ref=attempt.attempt_id,
        flagged=claimed.document_number != read.document_number,
        changed_at=clock.now(),
    )
    unit.attempts.set_claimed(attempt_id, claimed)
    unit.attempts.save(waiting, attempt.state)
    return waiting


def _open(unit: IdentityUnit, account_id: str, attempt_id: str, clock: Clock) -> Attempt:
    own_attempt(unit, account_id=account_id, attempt_id=attempt_id)
    attempt = unit.attempts.locked(attempt_id)
    if attempt is None:
        raise ResourceNotFound("no such attempt")
    if attempt.state is not IdentityState.IN_PROGRESS or attempt.expires_at <= clock.now():
        raise IdentityStateRefused("the attempt takes no card now")
    return attempt
