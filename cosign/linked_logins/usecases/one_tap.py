"""Login with the number of the SIM (R-ACC-10)."""

from collections.abc import Sequence

from cosign.accounts.model import LoginMethodUsed
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.login_sms import HalfLogin, account_of_number, login_account
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession
from cosign.brands import LoginMethod
from cosign.clock import Clock
from cosign.errors import CosignFault
from cosign.linked_logins.ports import LinkedUnit
from cosign.linked_logins.usecases.authorise import check_offered, give_back, spend


def begin_one_tap(
    unit: LinkedUnit, *, brand: str, carrier_token: str, address: str, clock: Clock
) -> CosignFault | None:
    """Spends a carrier token before the carrier is asked. Returns a fault when it may not be.

    Raises:
        BrandUnknown, LoginMethodOff.
    """
    check_offered(unit.accounts.policy(brand), LoginMethod.ONE_TAP)
    return spend(unit, brand=brand, method=LoginMethod.ONE_TAP, code=carrier_token, address=address, clock=clock)


def login_one_tap(
    unit: LinkedUnit,
    *,
    brand: str,
    phone_number: str,
    accepted: Sequence[str],
    insists: bool,
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession | HalfLogin:
    """Logs in the account of a number that the carrier has told; makes one where the brand registers by itself.

    Raises:
        AccountUnknown, AccountCancelled, AccountSuspended, ConsentRequired, and what `open_login` raises.
    """
    give_back(unit, brand=brand, address=by.address)
    account, registered = account_of_number(
        unit.accounts, brand=brand, phone_number=phone_number, insists=insists, clock=clock
    )
    return login_account(
        unit.accounts,
        account=account,
        phone_number=phone_number,
        method=LoginMethodUsed.REGISTER if registered else LoginMethodUsed.ONE_TAP,
        registered=registered,
        accepted=accepted,
        by=by,
        tokens=tokens,
        clock=clock,
    )
