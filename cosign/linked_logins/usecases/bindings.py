"""Bindings of an account: list, bind, unbind (R-ACC-23)."""

from dataclasses import dataclass

from cosign import ids
from cosign.accounts.model import AccountState, Principal
from cosign.accounts.usecases.codes import step_up
from cosign.accounts.usecases.passwords import own_account
from cosign.audit.operation_log import OperationKind
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.linked_logins.faults import LastLoginMethod
from cosign.linked_logins.model import TITLES, Binding, ExternalUser, Provider, can_log_in
from cosign.linked_logins.ports import LinkedUnit
from cosign.linked_logins.usecases.authorise import give_back
from cosign.messages import MessageKind
from cosign.personal import mask_name

_ENDED = frozenset({AccountState.CANCELLED, AccountState.APPEALING})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBinding:
    """A provider as the user sees it."""

    provider: Provider
    binding: Binding | None
    name_masked: str = ""


def list_bindings(unit: LinkedUnit, *, principal: Principal) -> list[ShownBinding]:
    """The providers of the brand in its order, then those the account is bound to although the brand lost them."""
    bound = {one.provider: one for one in unit.bindings.of_account(principal.account_id)}
    methods = unit.accounts.policy(principal.brand).login.methods
    offered = [Provider(method.value) for method in methods if method.value in set(Provider)]
    return [
        ShownBinding(provider=one, binding=bound.get(one), name_masked=shown_name(unit, bound.get(one)))
        for one in [*offered, *(one for one in bound if one not in offered)]
    ]


def bind(
    unit: LinkedUnit, *, principal: Principal, user: ExternalUser, ticket: str, address: str, clock: Clock
) -> Binding:
    """Binds the account of a session to a user whom his provider has named. The user is told.

    A binding logs in, so whoever has stolen an access token must not be able to add his own.

    Raises:
        TicketInvalid: Not confirmed by the number of the account.
        BindingTaken: He is bound to another account of the brand, or to this one.
        BindingExists: The account is bound to another user of the provider.
        ResourceNotFound: The account is gone.
    """
    give_back(unit, brand=principal.brand, address=address)
    account = own_account(unit.accounts, principal.account_id)
    step_up(unit.accounts, ticket, account_id=account.account_id, clock=clock)
    return add_binding(
        unit,
        account_id=account.account_id,
        brand=account.brand,
        user=user,
        device_id=principal.device_id,
        clock=clock,
    )


def unbind(unit: LinkedUnit, *, principal: Principal, binding_id: str, ticket: str, clock: Clock) -> Provider:
    """Ends a binding of the account. The user is told.

    Raises:
        ResourceNotFound: No such binding, or another account's.
        TicketInvalid: Not confirmed by the number of the account.
        LastLoginMethod.
    """
    account = own_account(unit.accounts, principal.account_id)
    bound = {one.binding_id: one for one in unit.bindings.of_account(account.account_id)}
    binding = bound.pop(binding_id, None)
    if binding is None:
        raise ResourceNotFound("no such binding")
    left = can_log_in(
        unit.accounts.policy(account.brand),
        number=bool(unit.accounts.accounts.phone_number(account.account_id)),
        password=bool(account.password_hash),
        providers=[one.provider for one in bound.values()],
    )
    if not left:
        raise LastLoginMethod("nothing else logs in to the account")
    step_up(unit.accounts, ticket, account_id=account.account_id, clock=clock)
    if not unit.bindings.remove(binding_id):
        raise ResourceNotFound("the binding ended meanwhile")
    unit.log(OperationKind.BINDING_REMOVED, binding, device_id=principal.device_id)
    _tell(unit, binding)
    return binding.provider


def add_binding(
    unit: LinkedUnit, *, account_id: str, brand: str, user: ExternalUser, clock: Clock, device_id: str = ""
) -> Binding:
    """Binds an account, writes the operation log and tells the user. Raises BindingTaken, BindingExists."""
    living_binding(unit, brand, user)
    binding = Binding(
        binding_id=ids.new_id(ids.BINDING, clock.now_ms()),
        account_id=account_id,
        brand=brand,
        provider=user.provider,
        level=user.level,
        bound_at=clock.now(),
    )
    unit.bindings.add(binding, user)
    unit.log(OperationKind.BINDING_ADDED, binding, device_id=device_id)
    _tell(unit, binding)
    return binding


def living_binding(unit: LinkedUnit, brand: str, user: ExternalUser) -> Binding | None:
    """The binding of a user. One to an account that has ended is removed: it is good for nothing any more."""
    binding = unit.bindings.find(brand, user)
    if binding is None:
        return None
    account = unit.accounts.accounts.get(binding.account_id)
    if account is not None and account.state not in _ENDED:
        return binding
    unit.bindings.remove(binding.binding_id)
    unit.log(OperationKind.BINDING_REMOVED, binding)
    return None


def shown_name(unit: LinkedUnit, binding: Binding | None) -> str:
    """How the user is called at the provider, masked; may be empty."""
    name = "" if binding is None else unit.bindings.name(binding)
    return mask_name(name) if name else ""


def _tell(unit: LinkedUnit, binding: Binding) -> None:
    unit.accounts.tell(binding.account_id, MessageKind.BINDING_CHANGED, provider=TITLES[binding.provider])
