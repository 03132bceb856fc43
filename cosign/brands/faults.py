"""Faults of brands, environments and clients, one class per reason (`cosign.errors` has the base classes)."""

from cosign.errors import RequestFault, StateFault


class EtagMismatch(StateFault):
    """Another version is in force than the one the change was made from."""

    reason = "ETAG_MISMATCH"


class EnvironmentInvalid(RequestFault):
    """Not a code of this service, altered, or past its time (R-ACC-14)."""

    reason = "ENVIRONMENT_INVALID"


class EnvironmentDisabled(StateFault):
    """The environment was turned off (R-ACC-14)."""

    reason = "ENVIRONMENT_DISABLED"


class UpgradeRequired(StateFault):
    """The app is older than the brand allows (R-ACC-30)."""

    reason = "UPGRADE_REQUIRED"


class PlatformUnserved(StateFault):
    """The brand has no app for this platform (R-ACC-30)."""

    reason = "PLATFORM_UNSERVED"
