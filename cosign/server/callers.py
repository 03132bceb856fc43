"""Who calls: the bearer token of a session, and the limits that belong to a caller."""

from typing import Final

from cosign.accounts.model import Principal
from cosign.call_context import CallContext, metadata_value
from cosign.devices.directory import SessionDirectory
from cosign.devices.model import Caller
from cosign.errors import LoginRequired, RateLimited, SessionEnded
from cosign.server.metrics import Metrics
from cosign.server.ratelimit import Limiter, peer_address

_SCHEME: Final = "bearer "


class Callers:
    """Finds the caller of a session and charges rate limits."""

    def __init__(
        self,
        *,
        sessions: SessionDirectory,
        devices: Limiter,
        enrolments: Limiter,
        guests: Limiter,
        metrics: Metrics,
    ) -> None:
        self._sessions = sessions
        self._devices = devices
        self._enrolments = enrolments
        self._guests = guests
        self._metrics = metrics

    async def caller(self, context: CallContext) -> Caller:
        """The device whose session the call carries in `authorization: Bearer …`.

        Raises:
            SessionEnded: No session, or it has ended.
            RateLimited: The device sends too many requests.
        """
        caller = await self.present(context)
        self.limit_device(caller.device_id)
        return caller

    async def present(self, context: CallContext) -> Caller:
        """As `caller`, without a charge: for a call that was charged and goes on. Raises SessionEnded."""
        header = metadata_value(context, "authorization")
        if header[: len(_SCHEME)].lower() != _SCHEME:
            raise SessionEnded("no session token")
        return await self._sessions.caller(header[len(_SCHEME) :])

    async def principal(self, context: CallContext) -> Principal:
        """The account whose session the call carries.

        Raises:
            SessionEnded: No session, or it has ended.
            LoginRequired: A device without an account.
            RateLimited: The device sends too many requests.
        """
        caller = await self.caller(context)
        if not caller.session_id:
            raise LoginRequired("the device has no account")
        return Principal(caller.user_id, caller.device_id, caller.session_id, caller.brand, caller.acting)

    def limit_device(self, device_id: str) -> None:
        """Charges one request to a device whose identity has been proved. Raises RateLimited."""
        self._spend(self._devices, device_id, "device")

    def limit_guest(self, context: CallContext) -> str:
        """Charges one call without a session to the peer address, and returns the address. Raises RateLimited."""
        address = peer_address(context.peer())
        self._spend(self._guests, address, "guest")
        return address

    def limit_enrolment(self, context: CallContext) -> None:
        """Charges one enrolment attempt to the peer address. Raises RateLimited."""
        self._spend(self._enrolments, peer_address(context.peer()), "enrolment")

    def _spend(self, limiter: Limiter, key: str, limit: str) -> None:
        try:
            limiter.spend(key)
        except RateLimited:
            self._metrics.limited(limit)
            raise
