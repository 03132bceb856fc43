"""Makes the rate limits of a server: in memory of its own, or in that of all workers of a supervisor."""

from dataclasses import dataclass

from cosign.server.config import Config
from cosign.server.place import Place
from cosign.server.ratelimit import Limiter, Rate, RateLimiter
from cosign.server.shared_limits import SharedLimiter


@dataclass(frozen=True, slots=True)
class Limiters:
    """One for each kind of caller."""

    devices: Limiter
    """Key operations, by device id."""
    addresses: Limiter
    """Calls, by peer address."""
    enrolments: Limiter
    """Attempts to enrol, by peer address."""
    guests: Limiter
    """Codes, captchas, registrations and logins, by peer address."""
    readers: Limiter
    """What anybody may read, by peer address."""


def limiters(config: Config, place: Place | None) -> Limiters:
    """For a server of its own (None) or a worker. The order of the tables is the same in every worker."""
    limits = config.limits
    rates = (
        Rate(limits.device_per_second, limits.device_burst),
        Rate(limits.address_per_second, limits.address_burst),
        Rate(limits.enrolment_per_minute / 60, limits.enrolment_burst),
        Rate(limits.guest_per_minute / 60, limits.guest_burst),
        Rate(limits.reading_per_second, limits.reading_burst),
    )
    if place is None:
        return Limiters(*(RateLimiter(rate) for rate in rates))
    return Limiters(*(SharedLimiter(rate, place.limits_fd, table) for table, rate in enumerate(rates)))
