"""What a phone believes about its server: the pinned identity, the envelope key in use, the server's clock (E2E-4).

The identity key is pinned at enrolment. Every envelope key must carry a statement signed by it; the newest one that is
valid now is used. The envelope key is kept for an hour at most, and fetched again when the server cannot open an
envelope, because keys rotate weekly.

Nobody signs the server's time. Whoever broke an envelope key that has ended could show it together with an old time,
so the phone never goes back to a key that begins before the newest one it has accepted.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from cosign.api.v1 import server_info_pb2
from cosign.client.phone.errors import ServerNotTrusted
from cosign.clock import to_ms
from protocol import envelope, transcript
from protocol._core import ecdsa_p256_verify
from protocol.errors import ProtocolError
from protocol.phone import Target

FRESH_MS: Final = 3_600_000
"""How long a fetched envelope key is used without asking again."""

SPARE_MS: Final = 120_000
"""A key this close to its end is not used: a request may live that long (section 1.5)."""


@dataclass(frozen=True, slots=True)
class TrustedServer:
    """Verified description of the key-share service."""

    server_id: str
    identity_public_key: bytes
    """P-256 point, 33 bytes; never changes after enrolment."""
    core_key_id: bytes
    """8 bytes; names the envelope key below."""
    envelope_public_key: bytes
    """P-256 point, 33 bytes."""
    envelope_not_before_ms: int
    """Signed begin of the newest envelope key that was accepted."""
    envelope_not_after_ms: int
    fetched_at_ms: int
    """Phone clock when the description was fetched."""
    clock_offset_ms: int
    """Server clock minus phone clock, by the last word of the server (field 12 of the header)."""

    def target(self) -> Target:
        """What the core needs to seal a request."""
        return Target(
            server_id=self.server_id,
            identity_public_key=self.identity_public_key,
            core_key_id=self.core_key_id,
            envelope_public_key=self.envelope_public_key,
        )

    def needs_fetch(self, now_ms: int) -> bool:
        """Whether the envelope key is old by the phone's clock, or about to end by the server's."""
        age = now_ms - self.fetched_at_ms
        ending = self.envelope_not_after_ms - SPARE_MS <= now_ms + self.clock_offset_ms
        return ending or not 0 <= age < FRESH_MS

    def with_server_time(self, server_time_ms: int, now_ms: int) -> "TrustedServer":
        """Takes over the clock of an answer."""
        return replace(self, clock_offset_ms=server_time_ms - now_ms)


def verify_server_info(
    info: server_info_pb2.GetServerInfoResponse, *, pinned: TrustedServer | None, now_ms: int
) -> TrustedServer:
    """Checks a description and picks the newest envelope key valid at the server's time.

    Args:
        pinned: What was believed before; None only at enrolment, where the identity is taken over.
        now_ms: The phone's clock.

    Raises:
        ServerNotTrusted: Another identity or server_id than pinned, a statement that does not verify, or no
            envelope key that is valid now and not older than the one used before.
    """
    identity = info.identity_public_key
    if pinned and (pinned.identity_public_key, pinned.server_id) != (identity, info.server_id):
        raise ServerNotTrusted("the server shows another identity than at enrolment")
    server_ms = to_ms(info.server_time.ToDatetime(tzinfo=dt.UTC))
    newest: TrustedServer | None = None
    for key in info.envelope_keys:
        _verify_statement(info.server_id, identity, key)
        not_before, not_after = _period(key)
        if key.suite != envelope.SUITE_P256 or not not_before <= server_ms < not_after:
            continue
        if newest is None or newest.envelope_not_before_ms < not_before:
            newest = TrustedServer(
                server_id=info.server_id,
                identity_public_key=identity,
                core_key_id=key.core_key_id,
                envelope_public_key=key.public_key,
                envelope_not_before_ms=not_before,
                envelope_not_after_ms=not_after,
                fetched_at_ms=now_ms,
                clock_offset_ms=server_ms - now_ms,
            )
    if newest is None:
        raise ServerNotTrusted("the server shows no envelope key that is valid now")
    if pinned and newest.envelope_not_before_ms < pinned.envelope_not_before_ms:
        raise ServerNotTrusted("the server shows an older envelope key than before")
    return newest


def _verify_statement(server_id: str, identity: bytes, key: server_info_pb2.EnvelopeKey) -> None:
    not_before, not_after = _period(key)
    fields = [
        server_id.encode(),
        key.core_key_id,
        bytes([key.suite & 0xFF]),
        key.public_key,
        not_before.to_bytes(8, "big"),
        not_after.to_bytes(8, "big"),
    ]
    try:
        digest = transcript.h("P256", "E2E/key", fields)
        ecdsa_p256_verify(identity, digest, key.statement_signature)
    except ProtocolError:
        raise ServerNotTrusted("the statement of an envelope key does not verify") from None
    if envelope.core_key_id(key.public_key) != key.core_key_id:
        raise ServerNotTrusted("an envelope key has another key's name")


def _period(key: server_info_pb2.EnvelopeKey) -> tuple[int, int]:
    """Milliseconds; a time before 1970 cannot be stated."""
    not_before = to_ms(key.not_before.ToDatetime(tzinfo=dt.UTC))
    not_after = to_ms(key.not_after.ToDatetime(tzinfo=dt.UTC))
    if not_before < 0:
        raise ServerNotTrusted("an envelope key states an impossible period")
    return not_before, not_after
