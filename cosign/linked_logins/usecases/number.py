"""A first number for an account that has none (R-ACC-13, R-ACC-23)."""

from cosign.accounts.codes import CodePurpose
from cosign.accounts.faults import FieldLocked, TicketInvalid
from cosign.accounts.model import Principal
from cosign.accounts.usecases.codes import take_ticket
from cosign.accounts.usecases.devices import check_device_key
from cosign.accounts.usecases.passwords import own_account
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.devices.model import DeviceProof
from cosign.linked_logins.ports import LinkedUnit
from cosign.messages import MessageKind
from cosign.personal import mask_phone_number


def add_phone_number(unit: LinkedUnit, *, principal: Principal, ticket: str, proof: DeviceProof, clock: Clock) -> str:
    """Gives a proved number to an account without one; returns it masked. The user is told.

    The number will confirm what is dangerous, so an access token alone must not be able to choose it.

    Raises:
        DeviceProofInvalid, ClockSkew, ProofReplayed: Not the device key of the calling phone.
        TicketInvalid: Of another purpose or brand, used or too old.
        FieldLocked: The account has a number.
        PhoneTaken: The number has an account of this brand.
    """
    accounts = unit.accounts
    check_device_key(accounts, principal=principal, proof=proof, clock=clock)
    account = own_account(accounts, principal.account_id)
    if accounts.accounts.phone_number(account.account_id):
        raise FieldLocked("the account has a number")
    proved = take_ticket(accounts, ticket, CodePurpose.BIND, clock=clock)
    if proved.brand != account.brand:
        raise TicketInvalid("the number was proved to another brand")
    accounts.accounts.set_phone_number(account.account_id, account.brand, proved.phone_number)
    masked = mask_phone_number(proved.phone_number.removeprefix("+86"))
    accounts.tell(account.account_id, MessageKind.PHONE_NUMBER_CHANGED, number=masked)
    accounts.audit(AuditEvent.PHONE_NUMBER_CHANGED, account_id=account.account_id)
    return masked
