"""Profile and login number (R-ACC-20, R-ACC-33)."""

import unicodedata
from dataclasses import dataclass

from cosign.accounts.codes import CodePurpose
from cosign.accounts.faults import FieldLocked, TicketInvalid
from cosign.accounts.model import Account
from cosign.accounts.ports import AccountUnit
from cosign.accounts.usecases.codes import take_ticket
from cosign.accounts.usecases.passwords import end_sessions, own_account
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.messages import MessageKind
from cosign.personal import mask_name, mask_phone_number
from cosign.validation import identifier

MAX_NAME = 64
UPLOAD = "upl"


@dataclass(frozen=True, slots=True)
class Profile:
    """What the user sees of his account."""

    account: Account
    phone_number_masked: str
    name_masked: str


def get_profile(unit: AccountUnit, *, account_id: str) -> Profile:
    """The profile; number and name masked. Raises ResourceNotFound."""
    account = own_account(unit, account_id)
    number = unit.accounts.phone_number(account_id).removeprefix("+86")
    name = unit.accounts.name(account_id)
    return Profile(account, mask_phone_number(number) if number else "", mask_name(name) if name else "")


def update_profile(unit: AccountUnit, *, account_id: str, name: str | None, avatar_upload_id: str | None) -> Profile:
    """Changes what the user may change; None leaves a field as it is.

    Raises:
        FieldLocked: The name was verified.
        FieldInvalid: A field has a wrong length or form.
        ResourceNotFound: The picture is not the account's, or was not uploaded as an avatar.
    """
    account = own_account(unit, account_id)
    if name is not None:
        if account.person_id:
            raise FieldLocked("the name was verified")
        if not 1 <= len(name) <= MAX_NAME or any(unicodedata.category(letter)[0] == "C" for letter in name):
            raise FieldInvalid("name", "must be 1 to 64 characters without control characters")
    if avatar_upload_id is not None:
        if avatar_upload_id:
            identifier("avatar_upload_id", avatar_upload_id, UPLOAD)
        unit.swap_avatar(account, avatar_upload_id)
    unit.accounts.set_profile(account_id, name=name, avatar_upload_id=avatar_upload_id)
    return get_profile(unit, account_id=account_id)


def change_phone_number(unit: AccountUnit, *, account_id: str, old_ticket: str, new_ticket: str, clock: Clock) -> None:
    """Replaces the login number; all sessions end. Keys, person and identities stay.

    Raises:
        TicketInvalid: A ticket is no good, or the first one is not of the present number.
        PhoneTaken: The new number has an account of this brand.
    """
    account = own_account(unit, account_id)
    old = take_ticket(unit, old_ticket, CodePurpose.CHANGE_NUMBER, clock=clock)
    new = take_ticket(unit, new_ticket, CodePurpose.CHANGE_NUMBER, clock=clock)
    if old.phone_number != unit.accounts.phone_number(account_id) or {old.brand, new.brand} != {account.brand}:
        raise TicketInvalid("not the number of the account")
    # Told before the change: the notice is for whoever holds the old number too.
    number = mask_phone_number(new.phone_number.removeprefix("+86"))
    unit.tell(account_id, MessageKind.PHONE_NUMBER_CHANGED, number=number)
    unit.accounts.set_phone_number(account_id, account.brand, new.phone_number)
    end_sessions(unit, account_id, "number")
    unit.audit(AuditEvent.PHONE_NUMBER_CHANGED, account_id=account_id)
