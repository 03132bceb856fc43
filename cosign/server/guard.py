"""What every call of our API passes through, whatever way it is handled.

    enter      drain check, rate limit of the peer address
    refused    error mapping, metrics, access log
    finished   metrics, access log

The caller, the device's own rate limit, validation and idempotency need the decoded request and stand in the
servicers. The log level of the access log is `info`: other levels turn it off.
"""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

import grpc

from cosign.call_context import CallContext, metadata_value
from cosign.errors import DatabaseUnavailable, RateLimited, ShuttingDown, TokenUnavailable
from cosign.server.access_log import REQUEST_ID, AccessLog
from cosign.server.error_catalogue import INTERNAL
from cosign.server.logging import Logger
from cosign.server.metrics import Metrics
from cosign.server.ratelimit import Limiter, peer_address
from cosign.server.status import Refusal, to_refusal

DEFAULT_DEADLINE_SECONDS: Final = 30.0
"""For calls without a deadline, and the most that any call gets."""

_OUTAGES: Final = frozenset({DatabaseUnavailable.reason, TokenUnavailable.reason})
_DEADLINE: Final = Refusal(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline has passed", (), "DEADLINE")

Failure = Exception | asyncio.CancelledError


class CallGuard:
    """Admits, refuses and counts calls; for any thread."""

    def __init__(self, *, metrics: Metrics, log: Logger, addresses: Limiter, access_log: AccessLog) -> None:
        self._metrics = metrics
        self._log = log
        self._addresses = addresses
        self._access_log = access_log
        self.draining = False
        """Set when the server stops: new calls get SHUTTING_DOWN, running ones finish."""
        self._count_lock = threading.Lock()
        self.running = 0
        self.on_outage: Callable[[], None] = lambda: None
        """Called when a call failed because something the service needs is missing."""
        self.check_client: Callable[[CallContext], None] = lambda context: None
        """Refuses a call of an app that is too old."""

    def enter(self, context: CallContext) -> float:
        """Admits a call; every call that enters ends in `refused` or `finished`, also when this raises.

        Returns:
            When the call began, for the other two.

        Raises:
            ShuttingDown, RateLimited: Refused.
        """
        with self._count_lock:
            self.running += 1
        if self.draining:
            raise ShuttingDown(retry_after_ms=200)
        self.charge(context)
        return time.perf_counter()

    def charge(self, context: CallContext) -> str:
        """Charges one request to the address of the peer, and returns the address. Raises RateLimited."""
        address = peer_address(context.peer())
        try:
            self._addresses.spend(address)
        except RateLimited:
            self._metrics.limited("address")
            raise
        return address

    def admit(self, context: CallContext) -> Refusal | None:
        """For calls that are no part of our API: charges the address; what to tell the peer if that is refused."""
        try:
            self.charge(context)
        except RateLimited as fault:
            return self.describe(fault, context)
        return None

    def describe(self, error: Exception, context: CallContext) -> Refusal:
        """What to tell the peer about a call that has not entered."""
        request_id = self._request_id(context) or secrets.token_hex(8)
        return to_refusal(error, metadata_value(context, "accept-language"), request_id)

    def refused(self, method: str, error: Failure, context: CallContext, began: float | None) -> Refusal:
        """What to tell the peer about `error`; `began` is None when `enter` raised."""
        if isinstance(error, asyncio.CancelledError):
            self._ended(method, "CANCELLED", began, "CANCELLED", "")
            return Refusal(grpc.StatusCode.CANCELLED, "cancelled", (), "CANCELLED")
        if isinstance(error, TimeoutError):
            self._ended(method, "DEADLINE_EXCEEDED", began, "DEADLINE", self._request_id(context))
            return _DEADLINE
        request_id = self._request_id(context) or secrets.token_hex(8)
        refusal = to_refusal(error, metadata_value(context, "accept-language"), request_id)
        if refusal.reason in _OUTAGES:
            self.on_outage()
        if refusal.reason == INTERNAL.reason:
            self._log.error("rpc_failed", method=method, request_id=request_id, exc_info=error)
        self._ended(method, refusal.code.name, began, refusal.reason, request_id)
        return refusal

    def finished(self, method: str, context: CallContext, began: float) -> None:
        """The call has its response."""
        self._ended(method, "OK", began, "", self._request_id(context))

    def _ended(self, method: str, code: str, began: float | None, reason: str, request_id: str) -> None:
        with self._count_lock:
            self.running -= 1
        seconds = time.perf_counter() - began if began is not None else 0.0
        self._metrics.rpc(method, code, seconds)
        self._access_log.call(method, code, reason, request_id, seconds)

    @staticmethod
    def _request_id(context: CallContext) -> str:
        """The id the caller sent, or empty if there is none or it is not harmless."""
        request_id = metadata_value(context, "x-request-id")
        return request_id if REQUEST_ID.fullmatch(request_id) else ""
