"""What all servicers of this area share: transactions, callers, and the messages they have in common."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine

from cosign import validation
from cosign.accounts.model import (
    MAX_LABEL_LENGTH,
    MAX_PASSWORD_LENGTH,
    MAX_PUSH_TOKEN_LENGTH,
    MAX_VERSION_LENGTH,
    DeviceDetails,
    Principal,
)
from cosign.accounts.passwords import Passwords
from cosign.accounts.ports import AccountUnit, Blockers
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession
from cosign.api.v1 import login_pb2, session_pb2
from cosign.blocking import BlockingPool
from cosign.brands import Brands, Platform
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.devices.model import DeviceProof, check_display_name, request_hash
from cosign.errors import FieldInvalid
from cosign.paging import Pager
from cosign.request_once import RequestOnce
from cosign.store.unit_of_work import reading, writing
from cosign.timestamps import timestamp
from protocol import _core
from protocol.errors import BadSignature, DeviceProofInvalid

T = TypeVar("T")

_PLATFORMS = {platform.value.replace("_", "-"): platform.value for platform in Platform}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The environment of the servicers."""

    engine: Engine
    unit: Callable[[Connection], AccountUnit]
    brands: Brands
    clock: Clock
    blocking: BlockingPool
    passwords: Passwords
    tokens: RefreshTokens
    pager: Pager
    once: RequestOnce
    principal: Callable[[CallContext], Awaitable[Principal]]
    limit_guest: Callable[[CallContext], str]
    """Charges a call without a session to the peer's address, and returns the address."""
    limit_device: Callable[[str], None]
    """Charges a call to a device that has shown a genuine token."""
    ended: Callable[[str, Sequence[str]], None]
    """Forgets, on this node at once, the sessions of an account and the keys of devices."""
    blockers: Sequence[Blockers]
    count_login: Callable[[str, str], None]
    """Counts a login by method and result."""
    count_code: Callable[[str], None]
    """Counts what became of a wish for a code."""

    async def read(self, work: Callable[[AccountUnit], T]) -> T:
        """Runs `work` on a snapshot."""

        def run() -> T:
            with reading(self.engine) as connection:
                return work(self.unit(connection))

        return await self.blocking.run(run)

    async def write(self, work: Callable[[AccountUnit], T | Exception]) -> T:
        """Runs `work` in a transaction. A fault that it returns is raised after the commit."""

        def run() -> T | Exception:
            with writing(self.engine) as connection:
                return work(self.unit(connection))

        result = await self.blocking.run(run)
        if isinstance(result, Exception):
            raise result
        return result


def login_by(
    method: str, bound: Sequence[str], device: login_pb2.LoginDevice, *, address: str, clock: Clock
) -> LoginBy:
    """Decodes a phone that logs in and verifies its proof over `bound` and the device key.

    Raises:
        FieldInvalid, MalformedPoint, ClockSkew, DeviceProofInvalid.
    """
    public_key = validation.exact_bytes("device.public_key", device.public_key, 33)
    _core.point_check("P256", public_key)
    fields = [*(text.encode() for text in bound), public_key]
    proof = key_proof("device.proof", method, request_hash(*fields), device.proof)
    try:
        proof.verify(public_key, clock.now())
    except BadSignature:
        raise DeviceProofInvalid("wrong proof") from None
    details = DeviceDetails(
        public_key=public_key,
        label=_label(device.label),
        platform=_platform(device.platform),
        os_version=short_text("device.os_version", device.os_version, MAX_VERSION_LENGTH),
        app_version=short_text("device.app_version", device.app_version, MAX_VERSION_LENGTH),
        push_token=short_text("device.push_token", device.push_token, MAX_PUSH_TOKEN_LENGTH),
    )
    return LoginBy(details=details, proof=proof, address=address)


def key_proof(field: str, method: str, named: bytes, proof: session_pb2.KeyProof) -> DeviceProof:
    """Decodes a proof; `named` is the request hash. Raises FieldInvalid."""
    return DeviceProof(
        method=method,
        request_hash=named,
        time=validation.moment(f"{field}.time", proof.time),
        nonce=validation.exact_bytes(f"{field}.nonce", proof.nonce, 16),
        signature=validation.exact_bytes(f"{field}.signature", proof.signature, 64),
    )


def password_text(field: str, text: str) -> str:
    """Requires 1 to 128 characters. Raises FieldInvalid, which never holds the text."""
    if not 1 <= len(text) <= MAX_PASSWORD_LENGTH:
        raise FieldInvalid(field, f"must be 1 to {MAX_PASSWORD_LENGTH} characters")
    return text


def short_text(field: str, text: str, most: int) -> str:
    """Requires at most `most` printable characters. Raises FieldInvalid."""
    if len(text) > most or not (text.isprintable() or not text):
        raise FieldInvalid(field, f"must be at most {most} printable characters")
    return text


def encode_session(opened: OpenedSession) -> session_pb2.Session:
    """The message of an open session."""
    return session_pb2.Session(
        session_id=opened.session_id,
        access_token=opened.access_token,
        access_expires_at=timestamp(opened.access_expires_at),
        refresh_token=opened.refresh_token,
        refresh_expires_at=timestamp(opened.refresh_expires_at),
        account_id=opened.account_id,
        device_id=opened.device_id,
        registered=opened.registered,
    )


def _label(text: str) -> str:
    try:
        return check_display_name(text)
    except FieldInvalid:
        raise FieldInvalid(
            "device.label", f"must be 1 to {MAX_LABEL_LENGTH} characters without control characters"
        ) from None


def _platform(text: str) -> str:
    if text not in _PLATFORMS:
        raise FieldInvalid("device.platform", f"must be one of {', '.join(_PLATFORMS)}")
    return _PLATFORMS[text]
