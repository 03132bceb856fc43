"""The way to a provider and back, with everything that is checked before and after the provider is asked.

    begin      remembers a state for one phone, provider and purpose
    claim      takes the state back, remembers the code as used, charges the address: all before the provider is asked
    give_back  the provider did not refuse: the address gets its attempt back

What `claim` spends stays spent when the provider fails, so that neither state nor code can be tried twice.
"""

import datetime as dt
from collections.abc import Collection

from cosign.accounts.faults import LoginLocked, LoginMethodOff, TicketInvalid
from cosign.audit.model import AuditEvent
from cosign.brands import BrandPolicy, LoginMethod
from cosign.clock import Clock
from cosign.devices.model import token_hash
from cosign.errors import CosignFault
from cosign.linked_logins.faults import ProviderRefused
from cosign.linked_logins.model import (
    AUTHORISATION_LIFETIME,
    USED_CODE_KEPT,
    Authorisation,
    Provider,
    code_hash,
    fallback,
    new_state,
)
from cosign.linked_logins.ports import LinkedUnit


def check_offered(policy: BrandPolicy, method: LoginMethod) -> None:
    """Raises LoginMethodOff unless the brand offers `method`."""
    if method not in policy.login.methods:
        raise LoginMethodOff("the brand does not offer this way")


def begin(unit: LinkedUnit, *, authorisation: Authorisation, clock: Clock) -> tuple[str, dt.datetime]:
    """Returns a state and its end.

    Raises:
        BrandUnknown.
        LoginMethodOff: The brand does not offer the provider.
    """
    check_offered(unit.accounts.policy(authorisation.brand), authorisation.provider.method)
    state, expires_at = new_state(), clock.now() + AUTHORISATION_LIFETIME
    unit.authorisations.add(token_hash(state), authorisation, expires_at)
    return state, expires_at


def claim(
    unit: LinkedUnit,
    *,
    state: str,
    code: str,
    providers: Collection[Provider],
    holder: str,
    account_id: str,
    address: str,
    clock: Clock,
) -> Authorisation | CosignFault:
    """Takes an authorisation back before its provider is asked.

    Args:
        unit: A write transaction, committed also when a fault is returned.
        state: From `begin`.
        code: What the provider gave; remembered as used.
        providers: Whom the calling method is about.
        holder: Who calls; must be who began.
        account_id: The account to bind; empty for a login.
        address: Charged with an attempt, until `give_back`.
        clock: Present time.

    Returns:
        TicketInvalid: No such authorisation, or somebody else's; it is spent.
        LoginLocked: Too many attempts of this address were refused.
        ProviderRefused: The code was used before.

    Raises:
        LoginMethodOff: The brand does not offer the provider any more.
    """
    found = unit.authorisations.take(token_hash(state), clock.now()) if state else None
    if found is None or found.provider not in providers or (found.holder, found.account_id) != (holder, account_id):
        return TicketInvalid("no such authorisation")
    check_offered(unit.accounts.policy(found.brand), found.provider.method)
    return (
        spend(unit, brand=found.brand, method=found.provider.method, code=code, address=address, clock=clock) or found
    )


def spend(
    unit: LinkedUnit, *, brand: str, method: LoginMethod, code: str, address: str, clock: Clock
) -> CosignFault | None:
    """Charges an attempt to `address` and remembers `code` as used; None when it may be shown to the provider.

    Returns:
        LoginLocked, ProviderRefused.

    Raises:
        BrandUnknown.
    """
    policy, now = unit.accounts.policy(brand), clock.now()
    lockout = policy.lockout
    until = unit.accounts.codes.charge(
        brand,
        _subject(address),
        limit=lockout.failures * lockout.address_factor,
        now=now,
        window=dt.timedelta(seconds=lockout.window_seconds),
        lock=dt.timedelta(seconds=lockout.lock_seconds),
    )
    if until is not None:
        wait = round((until - now).total_seconds() * 1000)
        return LoginLocked("too many refused attempts", retry_after_ms=max(wait, 1))
    if not unit.authorisations.use_code(code_hash(method.value, brand, code), now + USED_CODE_KEPT):
        return refused(
            unit, ProviderRefused("the code was used before", metadata={"fallback": fallback(policy, method)})
        )
    return None


def give_back(unit: LinkedUnit, *, brand: str, address: str) -> None:
    """The attempt was not refused."""
    unit.accounts.codes.give_back(brand, _subject(address))


def refused(unit: LinkedUnit, fault: CosignFault) -> CosignFault:
    """Records a login that a provider refused, and returns the fault. Nobody knows whose login it was."""
    unit.accounts.audit(AuditEvent.LOGIN, outcome=fault.reason)
    return fault


def _subject(address: str) -> str:
    return f"linked:address:{address}"
