"""Who calls: the bearer token of a session, and the limits that belong to a caller."""

from typing import Final

from cosign.call_context import CallContext, metadata_value
from cosign.devices.directory import SessionDirectory
from cosign.devices.model import Caller
from cosign.errors import RateLimited, SessionEnded
from cosign.server.metrics import Metrics
from cosign.server.ratelimit import Limiter, peer_address

_SCHEME: Final = "bearer "


class Callers:
    """Finds the caller of a session and charges rate limits."""

    def __init__(self, *, sessions: SessionDirectory, devices: Limiter, enrolments: Limiter, metrics: Metrics) -> None:
        self._sessions = sessions
        self._devices = devices
        self._enrolments = enrolments
        self._metrics = metrics

    async def caller(self, context: CallContext) -> Caller:
        """The device whose session the call carries in `authorization: Bearer …`.

        Raises:
            SessionEnded: No session, or it has ended.
            RateLimited: The device sends too many requests.
        """
        header = metadata_value(context, "authorization")
        if header[: len(_SCHEME)].lower() != _SCHEME:
            raise SessionEnded("no session token")
        caller = await self._sessions.caller(header[len(_SCHEME) :])
        self.limit_device(caller.device_id)
        return caller

    def limit_device(self, device_id: str) -> None:
        """Charges one request to a device whose identity has been proved. Raises RateLimited."""
        self._spend(self._devices, device_id, "device")

    def limit_enrolment(self, context: CallContext) -> None:
        """Charges one enrolment attempt to the peer address. Raises RateLimited."""
        self._spend(self._enrolments, peer_address(context.peer()), "enrolment")

    def _spend(self, limiter: Limiter, key: str, limit: str) -> None:
        try:
            limiter.spend(key)
        except RateLimited:
            self._metrics.limited(limit)
            raise
