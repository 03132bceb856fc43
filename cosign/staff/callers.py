"""Who calls on the staff listener, and whether he may."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, Engine

from cosign.blocking import BlockingPool
from cosign.call_context import CallContext, metadata_value
from cosign.clock import Clock
from cosign.errors import BrandHidden, SessionEnded
from cosign.staff.faults import PermissionMissing
from cosign.staff.model import StaffPrincipal
from cosign.staff.ports import StaffUnit
from cosign.staff.roles import Permission
from cosign.staff.usecases.sessions import (
    SessionLimits,
    find_session,
    refused_brand,
    refused_permission,
    touch_session,
)
from cosign.store.unit_of_work import reading, writing

_SCHEME: Final = "bearer "
T = TypeVar("T")


class StaffContext(CallContext, Protocol):
    """One call on the staff listener."""

    def peer_certificate(self) -> bytes:
        """The client certificate that TLS has verified, PEM; empty if none was shown."""
        ...


class StaffCallers:
    """Finds the member whose session a call carries in `authorization: Bearer …`."""

    def __init__(
        self,
        *,
        engine: Engine,
        unit: Callable[[Connection], StaffUnit],
        clock: Clock,
        blocking: BlockingPool,
        limits: SessionLimits,
        limit_member: Callable[[str], None],
    ) -> None:
        """`limit_member` charges one call to a staff id and raises RateLimited."""
        self._engine = engine
        self._unit = unit
        self._clock = clock
        self._blocking = blocking
        self._limits = limits
        self._limit_member = limit_member

    async def principal(
        self, context: StaffContext, permission: Permission | None, *, password_old: bool = False
    ) -> StaffPrincipal:
        """The calling member, who has `permission` (None: whoever is logged in).

        `password_old` also lets in members who must change their password first.

        Raises:
            SessionEnded: No session, or it has ended or lacks its certificate.
            PasswordChangeRequired: He must change his password before anything else.
            PermissionMissing: None of his roles has the permission; recorded in the audit trail.
            RateLimited: He sends too many calls.
        """
        header = metadata_value(context, "authorization")
        if header[: len(_SCHEME)].lower() != _SCHEME:
            raise SessionEnded("no session token")
        token, certificate = header[len(_SCHEME) :], certificate_hash(context)
        principal = await self._blocking.run(self._find, token, certificate, password_old)
        self._limit_member(principal.staff_id)
        if permission is not None and permission not in principal.permissions:
            await self._blocking.run(self._refused, principal, permission)
            raise PermissionMissing(permission)
        return principal

    async def recorded(self, staff_id: str, work: Awaitable[T]) -> T:
        """Awaits `work` for a member; what it hides because of its brand is recorded before he is told "not found"."""
        try:
            return await work
        except BrandHidden as hidden:
            await self._blocking.run(self._hidden, staff_id, hidden.object_id)
            raise

    def _find(self, token: str, certificate: bytes, password_old: bool) -> StaffPrincipal:
        with reading(self._engine) as connection:
            found = find_session(
                self._unit(connection),
                token=token,
                certificate_hash=certificate,
                password_old=password_old,
                limits=self._limits,
                clock=self._clock,
            )
        if found.touch:
            with writing(self._engine) as connection:
                touch_session(self._unit(connection), principal=found.principal, clock=self._clock)
        return found.principal

    def _refused(self, principal: StaffPrincipal, permission: Permission) -> None:
        with writing(self._engine) as connection:
            refused_permission(self._unit(connection), principal=principal, permission=permission)

    def _hidden(self, staff_id: str, object_id: str) -> None:
        with writing(self._engine) as connection:
            refused_brand(self._unit(connection), staff_id=staff_id, object_id=object_id)


def certificate_hash(context: StaffContext) -> bytes:
    """SHA-256 over the DER of the client certificate, 32 bytes; empty if none was shown."""
    pem = context.peer_certificate()
    if not pem:
        return b""
    return hashlib.sha256(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).digest()
