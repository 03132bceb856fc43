"""What the use cases of this area need from outside, and what a provider is.

LinkedUnit            one transaction
  .accounts           the accounts area
  .bindings           accounts and users of providers
  .authorisations     ways to providers, used codes, bindings that wait for a number
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.accounts import AccountUnit
from cosign.audit.operation_log import OperationKind
from cosign.linked_logins.model import Authorisation, Binding, ExternalUser, PendingBinding, Provider


class Bindings(Protocol):
    """Accounts and users of providers."""

    def find(self, brand: str, user: ExternalUser) -> Binding | None:
        """The binding of any of the user's ids."""
        ...

    def of_account(self, account_id: str) -> Sequence[Binding]:
        """Oldest first; at most one for each provider."""
        ...

    def name(self, binding: Binding) -> str:
        """How the user is called at the provider; may be empty."""
        ...

    def add(self, binding: Binding, user: ExternalUser) -> None:
        """Raises BindingTaken, BindingExists."""
        ...

    def refresh(self, binding: Binding, user: ExternalUser) -> None:
        """Stores what the provider tells of the user now; its best id replaces a lesser one."""
        ...

    def remove(self, binding_id: str) -> bool:
        """False if it was gone."""
        ...


class Authorisations(Protocol):
    """Ways to providers that were begun; each row goes when it is used."""

    def add(self, state_hash: bytes, authorisation: Authorisation, expires_at: dt.datetime) -> None: ...

    def take(self, state_hash: bytes, now: dt.datetime) -> Authorisation | None:
        """Removes an authorisation and returns it; None if it is unknown, used or too old."""
        ...

    def use_code(self, code_hash: bytes, expires_at: dt.datetime) -> bool:
        """Remembers a code; False if it was used before."""
        ...

    def add_pending(self, ticket_hash: bytes, pending: PendingBinding, expires_at: dt.datetime) -> None: ...

    def take_pending(self, ticket_hash: bytes, now: dt.datetime) -> PendingBinding | None:
        """As `take`."""
        ...


class LinkedUnit(Protocol):
    """One transaction."""

    @property
    def accounts(self) -> AccountUnit: ...

    @property
    def bindings(self) -> Bindings: ...

    @property
    def authorisations(self) -> Authorisations: ...

    def log(self, kind: OperationKind, binding: Binding, *, device_id: str = "") -> None:
        """Writes the operation log and its audit row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationRequest:
    """What the app hands to the app of a provider, beside the state."""

    app_id: str = ""
    scope: str = ""
    signed_request: str = ""


class Carrier(Protocol):
    """Tells the number of a SIM. Blocks; safe to call from several threads."""

    def serves(self, brand: str) -> bool:
        """Whether it can be asked for this brand."""
        ...

    def phone_number(self, *, brand: str, token: str, reference: str) -> str:
        """The number behind a token of the carrier's SDK, `+86` and 11 digits.

        Args:
            brand: The app's brand.
            token: From the SDK; good once, for a minute or two.
            reference: Goes along into the provider's books; at most 64 characters.

        Raises:
            ProviderRefused, ProviderUnavailable.
        """
        ...


class IdentityProvider(Protocol):
    """WeChat, Alipay or the network identity service. Blocks; safe to call from several threads."""

    @property
    def provider(self) -> Provider: ...

    def serves(self, brand: str) -> bool:
        """Whether the brand has an app there."""
        ...

    def request(self, *, brand: str, state: str) -> AuthorisationRequest:
        """What the app needs for the way there. Raises ProviderUnavailable."""
        ...

    def exchange(self, *, brand: str, state: str, code: str) -> ExternalUser:
        """Who gave the authorisation. Never tried again once the provider may have seen the code.

        Args:
            brand: The app's brand.
            state: Of the authorisation; a provider that signs it is held to it.
            code: Authorisation code, or signed result.

        Raises:
            ProviderRefused, ProviderCancelled, ProviderUnavailable.
        """
        ...
