"""Verification of a person without an account through a link: number by SMS, then face (R-IDV-14).

An area that needs somebody's proof calls `issue_link`, brings the token to him, and reads `link_proof`.
"""

import base64
import binascii
import dataclasses
import datetime as dt
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cosign import ids
from cosign.accounts import CodePurpose, CodeWish, send_code, take_ticket, verify_code
from cosign.audit.model import AuditEvent
from cosign.brands import IdentityMethod
from cosign.brands.model import IdentityPolicy
from cosign.clock import Clock
from cosign.errors import CosignFault, FieldInvalid, ResourceNotFound
from cosign.identity.change_model import (
    LINK_LIFETIME,
    LINK_LONGEST,
    LINK_OPEN,
    Link,
    LinkProof,
    LinkState,
    secret_hash,
)
from cosign.identity.documents import checked
from cosign.identity.faults import IdentityStateRefused, LinkInvalid, LinkUsed, MethodOff
from cosign.identity.model import AWAITED, Attempt, AttemptPurpose, IdentityState, Masked, PersonData
from cosign.identity.ports import IdentityUnit
from cosign.identity.providers import Providers
from cosign.personal import mask_document_number, mask_name, mask_phone_number

CHECK_LIFETIME: Final = dt.timedelta(minutes=30)
SWEEP: Final = 200
_FACES: Final = (IdentityMethod.CPCN_FACE, IdentityMethod.ALIPAY_FACE, IdentityMethod.MOTION_FACE)
_SECRET_BYTES: Final = 24
_TAG_BYTES: Final = 16


class LinkTokens:
    """Makes and checks tokens: 192 random bits and a tag, so that a forged one costs no look at the database.

    `mac` is a keyed function of the core: bytes to 32 bytes.
    """

    def __init__(self, mac: Callable[[bytes], bytes]) -> None:
        self._mac = mac

    def make(self) -> str:
        """A new token, 54 characters of URL-safe base64."""
        secret = secrets.token_bytes(_SECRET_BYTES)
        return base64.urlsafe_b64encode(secret + self._tag(secret)).decode().rstrip("=")

    def check(self, token: str) -> bytes:
        """The hash that is stored of a genuine token. Raises LinkInvalid."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raise LinkInvalid("no such link") from None
        secret, tag = raw[:_SECRET_BYTES], raw[_SECRET_BYTES:]
        if not hmac.compare_digest(tag, self._tag(secret)):
            raise LinkInvalid("no such link")
        return secret_hash(token)

    def _tag(self, secret: bytes) -> bytes:
        return self._mac(b"IDENTITY/link" + secret)[:_TAG_BYTES]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """What the person sees."""

    link: Link
    expected: Masked
    attempt: Attempt | None = None
    session: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """For the provider, while a check is pending."""


def issue_link(
    unit: IdentityUnit,
    *,
    brand: str,
    claim_ref: str,
    issued_by: str,
    expected: PersonData,
    tokens: LinkTokens,
    clock: Clock,
    lifetime: dt.timedelta = LINK_LIFETIME,
) -> tuple[Link, str]:
    """Makes a link for one person and one purpose; an open link for the same purpose ends.

    Args:
        unit: The caller's transaction.
        brand: Whose policy and providers count.
        claim_ref: What the proof is for, 1 to 64 characters.
        issued_by: Account, or `operator`.
        expected: Who must prove himself: name, document and phone number.
        tokens: Makes the token.
        clock: Present time.
        lifetime: At most 30 days.

    Returns:
        The link, and its token, which is stored nowhere.

    Raises:
        BrandUnknown, FieldInvalid, DocumentExpired.
    """
    policy = unit.accounts.policy(brand).identity
    if not 1 <= len(claim_ref) <= 64 or not claim_ref.isprintable():
        raise FieldInvalid("claim_ref", "must be 1 to 64 printable characters")
    if not dt.timedelta(0) < lifetime <= LINK_LONGEST:
        raise FieldInvalid("lifetime", f"must be at most {LINK_LONGEST.days} days")
    if not expected.phone_number:
        raise FieldInvalid("person.phone_number", "is needed for a link")
    person = checked(expected, policy=policy, clock=clock, field="person")
    now, token = clock.now(), tokens.make()
    for earlier in unit.links.of_claim(claim_ref):
        if earlier.state in LINK_OPEN:
            _finish(unit, earlier, LinkState.WITHDRAWN, clock)
    link = Link(
        link_id=ids.new_id(ids.LINK, clock.now_ms()),
        brand=brand,
        claim_ref=claim_ref,
        issued_by=issued_by,
        state=LinkState.ISSUED,
        created_at=now,
        expires_at=now + lifetime,
    )
    unit.links.add(link, token_hash=secret_hash(token), expected=person)
    unit.accounts.audit(AuditEvent.IDENTITY_LINK, outcome=link.state.value, device_id=link.link_id)
    return link, token


def withdraw_link(unit: IdentityUnit, link_id: str, *, clock: Clock) -> None:
    """Ends an open link. Raises ResourceNotFound, IdentityStateRefused."""
    link = unit.links.get(link_id)
    if link is None:
        raise ResourceNotFound("no such link")
    _finish(unit, link, LinkState.WITHDRAWN, clock)


def link_proof(unit: IdentityUnit, claim_ref: str) -> LinkProof | None:
    """The proof for a purpose; None while nobody has proved himself."""
    for link in unit.links.of_claim(claim_ref):
        attempt = unit.attempts.get(link.attempt_id) if link.state is LinkState.PROVED else None
        if attempt is not None and attempt.level is not None and link.finished_at is not None:
            return LinkProof(
                link_id=link.link_id,
                claim_ref=claim_ref,
                attempt_id=attempt.attempt_id,
                level=attempt.level,
                evidence=attempt.evidence,
                proved_at=link.finished_at,
            )
    return None


def open_link(unit: IdentityUnit, *, token_hash: bytes, clock: Clock) -> LinkView:
    """What a link is for, masked. Raises LinkInvalid, LinkUsed."""
    return _view(unit, _usable(unit.links.by_token(token_hash), clock))


def send_link_code(
    unit: IdentityUnit,
    *,
    token_hash: bytes,
    captcha_id: str,
    captcha_answer: str,
    address: str,
    language: str,
    clock: Clock,
) -> tuple[dt.datetime, dt.datetime] | CosignFault:
    """Sends a code to the number of the expected person, as `cosign.accounts.send_code` does.

    Raises:
        LinkInvalid, LinkUsed.
    """
    link = _usable(unit.links.by_token(token_hash), clock)
    wish = CodeWish(
        brand=link.brand,
        phone_number=unit.links.expected(link.link_id).phone_number,
        purpose=CodePurpose.LEGAL_REPRESENTATIVE,
        captcha_id=captcha_id,
        captcha_answer=captcha_answer,
        installation_id="",
        address=address,
        language=language,
    )
    return send_code(unit.accounts, wish=wish, clock=clock)


def prove_link_number(
    unit: IdentityUnit, *, token_hash: bytes, code: str, clock: Clock
) -> tuple[LinkView, str] | CosignFault:
    """Checks the code; returns the link and the continuation, which is needed from here on instead of the token.

    Only one continuation is good at a time: whoever proves the number again takes the link over.

    Returns:
        CodeTries or CodeWrong when it is refused.

    Raises:
        LinkInvalid, LinkUsed.
        IdentityStateRefused: A check is pending.
    """
    link = _usable(unit.links.by_token(token_hash), clock)
    link.check_becomes(LinkState.PHONE_PROVED)
    if link.state is LinkState.CHECKING:
        raise IdentityStateRefused("a check is pending")
    number = unit.links.expected(link.link_id).phone_number
    purpose = CodePurpose.LEGAL_REPRESENTATIVE
    proved = verify_code(unit.accounts, brand=link.brand, phone_number=number, purpose=purpose, code=code, clock=clock)
    if isinstance(proved, CosignFault):
        return proved
    take_ticket(unit.accounts, proved[0], purpose, clock=clock)
    continuation = secrets.token_urlsafe(_SECRET_BYTES)
    moved = dataclasses.replace(link, state=LinkState.PHONE_PROVED)
    unit.links.save(moved, link.state, continuation_hash=secret_hash(continuation))
    unit.accounts.audit(AuditEvent.IDENTITY_LINK, outcome=moved.state.value, device_id=link.link_id)
    return _view(unit, moved), continuation


def begin_link_check(
    unit: IdentityUnit, *, continuation: str, method: IdentityMethod, providers: Providers, clock: Clock
) -> LinkView:
    """Stores a face check of the expected person; the caller asks the provider once this is committed.

    While a check is pending its own view is returned: a repeat begins nothing.

    Raises:
        LinkInvalid: No such continuation, or another one took its place.
        LinkUsed: The checks are used up.
        MethodOff: Not a face check that the brand and the deployment offer.
    """
    link = _continued(unit, continuation, clock)
    if link.state is LinkState.CHECKING:
        return _view(unit, link)
    offered = link_methods(providers, unit.accounts.policy(link.brand).identity)
    if method not in offered:
        raise MethodOff(one.value for one in offered)
    now, attempt_id = clock.now(), ids.new_id(ids.ATTEMPT, clock.now_ms())
    attempt = Attempt(
        attempt_id=attempt_id,
        account_id="",
        brand=link.brand,
        device_id="",
        purpose=AttemptPurpose.LINK,
        method=method,
        state=IdentityState.PROVIDER_PENDING,
        created_at=now,
        changed_at=now,
        expires_at=min(now + CHECK_LIFETIME, link.expires_at),
        provider=providers.name_of(method),
        provider_ref=attempt_id,
    )
    link.check_becomes(LinkState.CHECKING)
    if link.attempt_id:
        unit.links.drop_check(link.attempt_id)
    unit.attempts.add(attempt, unit.links.expected(link.link_id))
    moved = dataclasses.replace(link, state=LinkState.CHECKING, attempt_id=attempt_id, checks=link.checks + 1)
    unit.links.save(moved, link.state)
    unit.accounts.audit(AuditEvent.IDENTITY_LINK, outcome=moved.state.value, device_id=link.link_id)
    return _view(unit, moved)


def link_methods(providers: Providers, policy: IdentityPolicy) -> list[IdentityMethod]:
    """Face checks that a link of the brand offers."""
    return [one for one in providers.offered(policy) if one in _FACES]


def link_standing(unit: IdentityUnit, *, continuation: str, clock: Clock) -> LinkView:
    """How a link stands, also once it was used. Raises LinkInvalid."""
    return _view(unit, _continued(unit, continuation, clock, used=True))


def sweep_links(unit: IdentityUnit, *, clock: Clock) -> int:
    """Ends links whose time is over, and removes those that were kept long enough; returns how many."""
    over = unit.links.expired(clock.now(), SWEEP)
    for link in over:
        _finish(unit, link, LinkState.EXPIRED, clock)
    return len(over) + unit.links.erase(clock.now(), SWEEP)


def _usable(link: Link | None, clock: Clock) -> Link:
    if link is None or link.expires_at <= clock.now() or link.state in (LinkState.EXPIRED, LinkState.WITHDRAWN):
        raise LinkInvalid("no such link")
    if link.state not in LINK_OPEN:
        raise LinkUsed(f"the link is {link.state.value}")
    return link


def _continued(unit: IdentityUnit, continuation: str, clock: Clock, *, used: bool = False) -> Link:
    link = unit.links.by_continuation(secret_hash(continuation)) if continuation else None
    if used and link is not None and link.state in (LinkState.PROVED, LinkState.FAILED):
        return link
    return _usable(link, clock)


def _finish(unit: IdentityUnit, link: Link, target: LinkState, clock: Clock) -> None:
    years = unit.accounts.policy(link.brand).retention.evidence_years
    finished = link.finish(target, clock.now(), evidence_years=years)
    unit.links.save(finished, link.state, continuation_hash=b"")
    unit.accounts.audit(AuditEvent.IDENTITY_LINK, outcome=target.value, device_id=link.link_id)


def _view(unit: IdentityUnit, link: Link) -> LinkView:
    expected = unit.links.expected(link.link_id)
    attempt = unit.attempts.get(link.attempt_id) if link.attempt_id else None
    pending = attempt is not None and attempt.state in AWAITED
    return LinkView(
        link=link,
        expected=Masked(
            name=mask_name(expected.name),
            document_number=mask_document_number(expected.document_number),
            phone_number=mask_phone_number(expected.phone_number),
        ),
        attempt=attempt,
        session=unit.attempts.session(link.attempt_id) if pending else {},
    )
