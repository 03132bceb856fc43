"""What a phone accepts as its server (E2E-4)."""

from collections.abc import Callable

import pytest

from cosign.api.v1.server_info_pb2 import GetServerInfoResponse
from cosign.client.phone.errors import ServerNotTrusted
from cosign.client.phone.trust import FRESH_MS, verify_server_info
from cosign.clock import from_ms
from protocol.server import ServerCore
from tests.cosign.client.fake_server import WEEK_MS, FakeServer


def test_the_newest_valid_key_is_used(server: FakeServer) -> None:
    trusted = verify_server_info(server.server_info(), pinned=None, now_ms=server.clock.ms - 5)
    assert trusted.core_key_id == server.envelope_key.key_id
    assert trusted.clock_offset_ms == 5


def _other_identity(info: GetServerInfoResponse) -> None:
    info.identity_public_key = ServerCore.generate("x").identity_public_key


def _other_name(info: GetServerInfoResponse) -> None:
    info.server_id = "other"


def _longer_life(info: GetServerInfoResponse) -> None:
    info.envelope_keys[0].not_after.FromMilliseconds(info.envelope_keys[0].not_after.ToMilliseconds() + 1)


def _other_key(info: GetServerInfoResponse) -> None:
    info.envelope_keys[0].public_key = ServerCore.generate("x").identity_public_key


def _other_key_name(info: GetServerInfoResponse) -> None:
    info.envelope_keys[0].core_key_id = bytes(8)


def _broken_identity(info: GetServerInfoResponse) -> None:
    info.identity_public_key = b"\2" * 32


def _no_key(info: GetServerInfoResponse) -> None:
    del info.envelope_keys[:]


def _ended(info: GetServerInfoResponse) -> None:
    info.server_time.FromMilliseconds(info.envelope_keys[0].not_after.ToMilliseconds())


def _not_begun(info: GetServerInfoResponse) -> None:
    info.server_time.FromMilliseconds(info.envelope_keys[0].not_before.ToMilliseconds() - 1)


CHANGES = [_other_identity, _other_name, _longer_life, _other_key, _other_key_name, _broken_identity, _no_key, _ended]


@pytest.mark.parametrize("change", [*CHANGES, _not_begun])
def test_an_altered_description_is_refused(server: FakeServer, change: Callable[[GetServerInfoResponse], None]) -> None:
    info = server.server_info()
    pinned = verify_server_info(info, pinned=None, now_ms=server.clock.ms)
    change(info)
    with pytest.raises(ServerNotTrusted):
        verify_server_info(info, pinned=pinned, now_ms=server.clock.ms)


def test_another_server_with_valid_statements_is_refused_after_enrolment(server: FakeServer) -> None:
    pinned = verify_server_info(server.server_info(), pinned=None, now_ms=server.clock.ms)
    with pytest.raises(ServerNotTrusted, match="another identity"):
        verify_server_info(FakeServer().server_info(), pinned=pinned, now_ms=server.clock.ms)


def test_the_phone_never_goes_back_to_an_older_envelope_key(server: FakeServer) -> None:
    """The statement of a key that has ended stays true for ever, and the time beside it is not signed."""
    old = server.server_info()
    first = verify_server_info(old, pinned=None, now_ms=server.clock.ms)
    server.clock.ms += WEEK_MS - 60_000
    server.rotate_envelope_key()
    new = server.server_info()
    pinned = verify_server_info(new, pinned=first, now_ms=server.clock.ms)
    assert pinned.envelope_not_before_ms > first.envelope_not_before_ms
    with pytest.raises(ServerNotTrusted, match="older envelope key"):
        verify_server_info(old, pinned=pinned, now_ms=server.clock.ms)
    assert verify_server_info(new, pinned=pinned, now_ms=server.clock.ms) == pinned


def test_the_newest_key_is_used_in_whatever_order_they_stand(server: FakeServer) -> None:
    both = server.server_info()
    server.clock.ms += 1_000
    server.rotate_envelope_key()
    both.envelope_keys.extend(server.server_info().envelope_keys)
    trusted = verify_server_info(both, pinned=None, now_ms=server.clock.ms)
    assert trusted.core_key_id == server.envelope_key.key_id


def test_an_old_or_ending_key_is_fetched_again(server: FakeServer) -> None:
    now = server.clock.ms
    trusted = verify_server_info(server.server_info(), pinned=None, now_ms=now)
    assert not trusted.needs_fetch(now)
    assert trusted.needs_fetch(now + FRESH_MS)
    assert trusted.needs_fetch(now - 1)
    assert trusted.with_server_time(now + WEEK_MS, now).needs_fetch(now)
    assert from_ms(now).tzinfo is not None
