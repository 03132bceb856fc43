"""Enrolment of the device and its bearer session: the calls that carry a device proof instead of an envelope."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable
from typing import Final

from cosign.api.v1 import device_pb2
from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import AlreadyEnrolled, InputRefused
from cosign.client.phone.state import PendingEnrolment
from cosign.clock import from_ms, to_ms
from cosign.ids import ACCOUNT, is_id
from protocol.transcript import h

_SERVICE: Final = "/cosign.api.v1.DeviceService/"
_SPARE_MS: Final = 30_000
MAX_NAME: Final = 64


def enrol(engine: Engine, *, code: str, display_name: str) -> None:
    """Registers this phone under an enrolment code and pins the server's identity.

    The request id and the device key are durable before the request is sent: after a lost answer or a crash the same
    code gives the same device.

    Raises:
        AlreadyEnrolled: The home holds a device.
        InputRefused: No name, or one of more than 64 characters.
        Rejected, Unreachable, ServerNotTrusted.
    """
    state = engine.home.state
    if state.device_id:
        raise AlreadyEnrolled(state.device_id)
    if not 1 <= len(display_name) <= MAX_NAME:
        raise InputRefused("a display name has 1 to 64 characters")
    with engine.queue:
        engine.server(refetch=True)
        wanted = (code, display_name)
        if state.pending is None or (state.pending.code, state.pending.display_name) != wanted:
            state.pending = PendingEnrolment(str(uuid.uuid4()), code, display_name)
        public_key = engine.home.device_key().public_key
        engine.home.commit()
        fields = [state.pending.request_id.encode(), code.encode(), public_key, display_name.encode()]
        time_ms, nonce, proof = _prove(engine, "EnrolDevice", fields)
        answer = engine.connection.enrol(
            device_pb2.EnrolDeviceRequest(
                request_id=state.pending.request_id,
                enrolment_code=code,
                device_public_key=public_key,
                display_name=display_name,
                proof_time=from_ms(time_ms),
                proof_nonce=nonce,
                proof=proof,
            )
        )
        state.device_id, state.user_id = answer.device.device_id, answer.device.user_id
        state.display_name, state.pending = display_name, None
        engine.home.commit()


class Session:
    """Bearer token of the device, opened when first needed and again when it has ended. Kept in memory only."""

    def __init__(self, engine: Engine, login: Callable[[], str] | None = None) -> None:
        """`login` gives the bearer token of a phone that is logged in to an account."""
        self._engine = engine
        self._login = login
        self._token = ""
        self._ends_ms = 0

    def bearer(self) -> str:
        """A token that still lives for half a minute. Raises Rejected, Unreachable."""
        engine = self._engine
        if self._login is not None and is_id(engine.home.state.user_id, ACCOUNT):
            return self._login()
        if not self._token or engine.server_time_ms() >= self._ends_ms - _SPARE_MS:
            device_id = engine.home.state.device_id
            time_ms, nonce, proof = _prove(engine, "CreateSession", [device_id.encode()])
            answer = engine.connection.create_session(
                device_pb2.CreateSessionRequest(
                    device_id=device_id, proof_time=from_ms(time_ms), proof_nonce=nonce, proof=proof
                )
            )
            self._token = answer.access_token
            self._ends_ms = to_ms(answer.expires_at.ToDatetime(tzinfo=dt.UTC))
        return self._token


def _prove(engine: Engine, method: str, fields: list[bytes]) -> tuple[int, bytes, bytes]:
    """Time in ms, nonce (16) and device proof (64) of one unary call."""
    time_ms, nonce = engine.server_time_ms(), secrets.token_bytes(16)
    request_hash = h("P256", "DEV/rpc-body", fields)
    signed = [(_SERVICE + method).encode(), request_hash, nonce, time_ms.to_bytes(8, "big")]
    return time_ms, nonce, engine.home.device_key().sign("DEV/rpc", signed)
