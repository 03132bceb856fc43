"""Faults of linked logins, one class per reason."""

from cosign.errors import OutageFault, RequestFault, StateFault


class ProviderRefused(RequestFault):
    """The provider does not take what the app brought: wrong, used, too old, or not signed by whom it should be."""

    reason = "PROVIDER_REFUSED"


class ProviderCancelled(RequestFault):
    """The user said no in the app of the provider."""

    reason = "PROVIDER_CANCELLED"


class ProviderUnavailable(OutageFault):
    """The provider cannot be reached, asks to come again, or does not know this service."""

    reason = "PROVIDER_UNAVAILABLE"


class BindingTaken(StateFault):
    """Another account of the brand is bound to this user of the provider."""

    reason = "BINDING_TAKEN"


class BindingExists(StateFault):
    """The account is bound to another user of this provider."""

    reason = "BINDING_EXISTS"


class LastLoginMethod(StateFault):
    """Without this binding nobody could log in to the account."""

    reason = "LAST_LOGIN_METHOD"
