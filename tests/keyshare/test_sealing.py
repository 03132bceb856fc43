"""Section 8.1: records open under their own row only, and never by a fallback."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from hsm.ports import RecordRefused, TokenKeyMissing, TokenUnavailable
from keyshare.errors import RecordDamaged
from keyshare.sealing import CoreKeyContext, PendingContext, ShareContext, read_frame, reseal, seal, unseal, unseal_many
from tests.keyshare.fakes import FakeToken

SHARE = ShareContext(
    server_id="srv",
    user_id="usr_a",
    device_id="dev_a",
    key_id="key_a",
    share_id=b"s" * 16,
    suite="SM2",
    purpose=1,
    flags=0,
    pk=b"\2" + bytes(32),
)
PENDING = PendingContext(
    server_id="srv", user_id="usr_a", device_id="dev_a", key_id="key_a", suite="SM2", purpose=1, k1=b"k" * 32
)
CORE = CoreKeyContext("srv", "core", b"\2" + bytes(32))


@pytest.fixture
def token() -> FakeToken:
    return FakeToken()


@pytest.mark.parametrize("context", [SHARE, PENDING, CORE], ids=lambda one: type(one).__name__)
def test_what_is_sealed_opens(token: FakeToken, context: ShareContext) -> None:
    framed, version = seal(token, b"secret", context)

    assert version == 1
    assert unseal(token, framed, context) == b"secret"


def _other(value: object) -> object:
    if isinstance(value, int):
        return value + 1
    return value + "x" if isinstance(value, str) else bytes([value[0] ^ 1]) + value[1:]  # type: ignore[index]


@pytest.mark.parametrize("name", [field.name for field in fields(ShareContext)])
def test_64_a_swapped_record_does_not_open(token: FakeToken, name: str) -> None:
    framed, _ = seal(token, b"secret", SHARE)

    with pytest.raises(RecordRefused):
        unseal(token, framed, replace(SHARE, **{name: _other(getattr(SHARE, name))}))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [field.name for field in fields(PendingContext)])
def test_64_a_swapped_pending_record_does_not_open(token: FakeToken, name: str) -> None:
    framed, _ = seal(token, b"secret", PENDING)

    with pytest.raises(RecordRefused):
        unseal(token, framed, replace(PENDING, **{name: _other(getattr(PENDING, name))}))  # type: ignore[arg-type]


def test_a_pending_record_is_no_share(token: FakeToken) -> None:
    framed, _ = seal(token, b"secret", PENDING)

    with pytest.raises(RecordRefused):
        unseal(token, framed, SHARE)


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b[:30], lambda b: b"", lambda b: bytes(len(b))],
    ids=["truncated", "extended", "short", "empty", "zeros"],
)
def test_65_truncated_or_extended_record(token: FakeToken, damage: Callable[[bytes], bytes]) -> None:
    framed, _ = seal(token, b"secret", SHARE)

    with pytest.raises((RecordDamaged, RecordRefused)):
        unseal(token, damage(framed), SHARE)


def test_65_every_flipped_bit_is_refused(token: FakeToken) -> None:
    framed, _ = seal(token, b"secret", SHARE)
    iv = range(7 * 8, 19 * 8)  # the fake token does not look at its iv
    for bit in range(len(framed) * 8):
        if bit in iv:
            continue
        flipped = bytearray(framed)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises((RecordDamaged, RecordRefused, TokenKeyMissing)):
            unseal(token, bytes(flipped), SHARE)


def test_65_unknown_kek_version(token: FakeToken) -> None:
    framed, _ = seal(token, b"secret", SHARE)

    with pytest.raises(TokenKeyMissing):
        unseal(token, framed[:3] + (7).to_bytes(4) + framed[7:], SHARE)


def test_66_a_destroyed_kek_version_opens_nothing(token: FakeToken) -> None:
    framed, _ = seal(token, b"secret", SHARE)
    token.new_version()
    moved, version = reseal(token, framed, SHARE)
    token.destroy_version(1)

    assert version == 2
    assert read_frame(moved)[1] == 2
    assert unseal(token, moved, SHARE) == b"secret"
    with pytest.raises(TokenKeyMissing):
        unseal(token, framed, SHARE)


def test_an_unavailable_token_says_so(token: FakeToken) -> None:
    framed, _ = seal(token, b"secret", SHARE)
    token.unavailable = True

    with pytest.raises(TokenUnavailable):
        unseal(token, framed, SHARE)


def test_many_records_open_each_for_itself(token: FakeToken) -> None:
    share, core = seal(token, b"one", SHARE)[0], seal(token, b"two", CORE)[0]

    opened = unseal_many(token, [(share, SHARE), (share[:20], SHARE), (core, SHARE), (core, CORE)])

    assert opened[0] == b"one"
    assert isinstance(opened[1], RecordDamaged)
    assert isinstance(opened[2], RecordRefused)
    assert opened[3] == b"two"
