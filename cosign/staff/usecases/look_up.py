"""What support sees and does of accounts: masked, and every look is recorded (R-ADM-24, R-AUD-09, R-IDV-16)."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cosign import ids
from cosign.accounts import AccountState, AccountUnit
from cosign.accounts.faults import AccountStateRefused
from cosign.accounts.model import Account, normal_number
from cosign.accounts.usecases.staff import unlock_account
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.errors import FieldInvalid, ResourceNotFound
from cosign.personal import Field, mask_name, mask_phone_number
from cosign.personal.readers import Purpose, Reader
from cosign.staff.model import StaffPrincipal, Unmasking, checked_reason
from cosign.staff.ports import StaffUnit
from cosign.staff.roles import Permission

MOST_FOUND: Final = 10
MAX_DOCUMENT: Final = 32
_MOST_COUNTED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account as support sees it."""

    account: Account
    phone_number_masked: str
    name_masked: str
    devices: int
    """At most 100 are counted."""
    sessions: int
    unread_messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """One transaction of a look: the account's areas and our own, and who looks."""

    accounts: AccountUnit
    staff: StaffUnit
    unread: Callable[[str], int]
    """Unread messages of an account."""
    unmasked: Callable[[Reader, Purpose, str, str], None]
    """The one door to clear text: checks the reader, and records what he reads of which account."""
    principal: StaffPrincipal
    clock: Clock

    def looked(self, account_id: str, what: str) -> None:
        """Records that the member read `what` of an account."""
        self.staff.audit(
            AuditEvent.ACCOUNT_LOOKED_UP, subject_id=account_id, object_id=what, actor=self.principal.staff_id
        )


def find_by_number(look: Looking, *, brand: str, phone_number: str) -> Sequence[AccountView]:
    """The account of a number, or nothing. Raises BrandUnknown, BrandHidden, FieldInvalid."""
    _check_brand(look, brand)
    found = look.accounts.accounts.by_number(brand, normal_number("phone_number", phone_number))
    return _views(look, [found] if found is not None else [])


def find_by_document(look: Looking, *, brand: str, document_number: str) -> Sequence[AccountView]:
    """At most 10 accounts whose users were verified with a document. Raises as `find_by_number`."""
    _check_brand(look, brand)
    number = document_number.strip()
    if not 1 <= len(number) <= MAX_DOCUMENT or not number.isprintable():
        raise FieldInvalid("document_number", f"must be 1 to {MAX_DOCUMENT} printable characters")
    return _views(look, look.accounts.accounts.by_document(brand, number, limit=MOST_FOUND))


def view_account(look: Looking, account_id: str) -> AccountView:
    """One account. Raises ResourceNotFound, BrandHidden."""
    return _views(look, [known_account(look, account_id)])[0]


def known_account(look: Looking, account_id: str) -> Account:
    """The account. Raises ResourceNotFound; BrandHidden: of a brand that the member does not work for."""
    account = look.accounts.accounts.get(account_id)
    if account is None:
        raise ResourceNotFound("no such account")
    look.principal.check_brand(account.brand, account_id)
    return account


def unmask(look: Looking, *, account_id: str, field: Field, purpose: Purpose, reason: str) -> str:
    """Opens one datum, and records who saw it and why: commit before anybody sees the text.

    Args:
        look: A write transaction.
        account_id: Whose.
        field: PHONE_NUMBER or NAME.
        purpose: Why.
        reason: Why exactly, 1 to 200 characters.

    Raises:
        PermissionMissing.
        ResourceNotFound: No such account, or it has no such datum.
        FieldInvalid: No reason.
    """
    look.principal.require(Permission.UNMASK)
    stored = known_account(look, account_id)
    store, why = look.accounts.accounts, checked_reason(reason)
    text = store.phone_number(account_id) if field is Field.PHONE_NUMBER else store.name(account_id)
    if not text:
        raise ResourceNotFound("the account has no such datum")
    look.staff.unmaskings.add(
        Unmasking(
            unmasking_id=ids.new_id(ids.UNMASKING, look.clock.now_ms()),
            staff_id=look.principal.staff_id,
            account_id=stored.account_id,
            datum=field.value,
            purpose=purpose.value,
            reason=why,
            time=look.clock.now(),
        )
    )
    look.unmasked(look.principal.reader, purpose, account_id, field.value)
    return text


def unlock(look: Looking, *, account_id: str) -> None:
    """Ends a lock after failed logins.

    Raises:
        ResourceNotFound.
        AccountStateRefused: It is not locked; what two persons froze, one does not release.
    """
    account = known_account(look, account_id)
    if account.state is not AccountState.LOCKED:
        raise AccountStateRefused(f"the account is {account.state.value}, not locked")
    unlock_account(look.accounts, account_id=account_id)
    look.looked(account_id, "unlock")


def _check_brand(look: Looking, brand: str) -> None:
    look.accounts.policy(brand)
    look.principal.check_brand(brand, brand)


def _views(look: Looking, found: Sequence[Account]) -> list[AccountView]:
    now: dt.datetime = look.clock.now()
    views = []
    for account in found:
        account_id, accounts = account.account_id, look.accounts.accounts
        number, name = accounts.phone_number(account_id).removeprefix("+86"), accounts.name(account_id)
        views.append(
            AccountView(
                account=account,
                phone_number_masked=mask_phone_number(number) if number else "",
                name_masked=mask_name(name) if name else "",
                devices=len(look.accounts.phones.of(account_id, before="", limit=_MOST_COUNTED)),
                sessions=look.accounts.sessions.living(account_id, now),
                unread_messages=look.unread(account_id),
            )
        )
        look.looked(account_id, "account")
    return views
