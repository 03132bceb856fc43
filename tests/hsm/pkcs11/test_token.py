"""The token over SoftHSM2: both algorithms, versions, state, start-up checks."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pkcs11
import pytest

from hsm.pkcs11 import Mode, Pkcs11Token, changes
from hsm.pkcs11.pool import Limits
from hsm.pkcs11.state import Algorithm
from hsm.ports import (
    RecordRefused,
    Sealed,
    SecurityLevel,
    TokenInsecure,
    TokenKeyDamaged,
    TokenKeyMissing,
    TokenRefused,
    TokenUnavailable,
)
from protocol.seal import SecretRecord
from tests.hsm.conftest import OpenToken, same
from tests.hsm.softhsm import LABEL, SoftHsm

Token = Pkcs11Token[SecretRecord]


def test_records_survive_a_restart(ready: SoftHsm, open_token: OpenToken, record: SecretRecord) -> None:
    first = open_token()
    sealed = first.seal(record, b"aad", version=1)
    first.close()

    assert same(open_token().unseal(sealed, b"aad", version=1), record)


def test_another_context_or_damage_is_refused(token: Token, record: SecretRecord) -> None:
    sealed = token.seal(record, b"aad", version=1)

    flipped = bytes([sealed[0] ^ 1]) + sealed[1:]
    for wrong, aad in (
        (sealed, b"bad"),
        (flipped, b"aad"),
        (sealed[:-1], b"aad"),
        (sealed + b"\0", b"aad"),
        (b"", b"aad"),
    ):
        with pytest.raises(RecordRefused):
            token.unseal(wrong, aad, version=1)
    assert token.pool_state.generation == 1, "a wrong record is no lost session"


def test_ivs_are_fresh(token: Token, record: SecretRecord) -> None:
    assert len({token.seal(record, b"aad", version=1)[:12] for _ in range(50)}) == 50


def test_many_records_open_each_for_itself(token: Token, record: SecretRecord) -> None:
    sealed = token.seal(record, b"aad", version=1)

    good, bad, unknown, last = token.unseal_many(
        [Sealed(sealed, b"aad", 1), Sealed(sealed, b"bad", 1), Sealed(sealed, b"aad", 9), Sealed(sealed, b"aad", 1)]
    )

    assert isinstance(good, SecretRecord)
    assert isinstance(last, SecretRecord)
    assert same(good, last)
    assert isinstance(bad, RecordRefused)
    assert isinstance(unknown, TokenKeyMissing)
    assert token.unseal_many([]) == []


def test_info_names_token_level_and_check_values(token: Token, ready: SoftHsm) -> None:
    info = token.info()

    assert info.level is SecurityLevel.SEALED_RECORD
    assert LABEL in info.name
    assert info.algorithm == token.algorithm
    assert (info.current_version, set(info.check_values)) == (1, {1})
    assert len(info.check_values[1]) == 3


def test_rotation_moves_on_and_keeps_two_versions_at_most(
    ready: SoftHsm, open_token: OpenToken, record: SecretRecord
) -> None:
    token = open_token()
    sealed = token.seal(record, b"aad", version=1)

    assert token.new_version() == 2
    assert token.current_version == 2
    assert same(token.unseal(sealed, b"aad", version=1), record)
    with pytest.raises(TokenUnavailable):
        token.seal(record, b"aad", version=1)
    with pytest.raises(TokenRefused, match="rewrap"):
        token.new_version()
    with pytest.raises(ValueError, match="current"):
        token.destroy_version(2)
    with pytest.raises(TokenUnavailable) as early:
        token.destroy_version(1)
    assert early.value.retry_after_ms > 30_000

    token.close()
    token = open_token(settle=0.0)
    token.destroy_version(1)
    with pytest.raises(TokenKeyMissing):
        token.unseal(sealed, b"aad", version=1)
    with pytest.raises(TokenKeyMissing):
        token.destroy_version(1)
    assert token.new_version() == 3


def test_state_and_epoch_live_in_the_token(ready: SoftHsm, open_token: OpenToken) -> None:
    first = open_token()
    assert first.restore_epoch() == 0
    assert [first.raise_restore_epoch(), first.raise_restore_epoch()] == [1, 2]
    first.new_version()
    first.close()

    again = open_token()
    assert (again.restore_epoch(), again.current_version) == (2, 2)


def test_an_interrupted_destruction_is_finished(
    ready: SoftHsm, open_token: OpenToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = open_token(settle=0.0)
    token.new_version()
    with monkeypatch.context() as crash:
        crash.setattr(changes, "destroy_key", _crash)
        with pytest.raises(RuntimeError, match="crash"):
            token.destroy_version(1)
    token.close()

    assert ready.labels() == {"kek:1", "kek:2", "kek:shares"}
    open_token().close()
    assert ready.labels() == {"kek:2", "kek:shares"}


def _crash(*_: object) -> None:
    raise RuntimeError("crash")


@pytest.mark.parametrize("mode", [Mode.GCM, Mode.DERIVED])
def test_the_configured_mode_must_be_the_one_of_the_token(soft: SoftHsm, open_token: OpenToken, mode: Mode) -> None:
    soft.make_ready(Algorithm.GCM)

    if mode is Mode.GCM:
        assert open_token(mode=mode).algorithm == 1
    else:
        with pytest.raises(TokenRefused, match="aes-gcm"):
            open_token(mode=mode)
        assert open_token(mode=Mode.AUTO).algorithm == 1, "a refused token gives the module back"


def test_wrong_label_object_or_module_refuses_to_start(ready: SoftHsm, open_token: OpenToken) -> None:
    with pytest.raises(TokenUnavailable):
        open_token(token="another")
    with pytest.raises(TokenKeyMissing, match="hsm init"):
        open_token(object="other")
    with pytest.raises(TokenUnavailable):
        open_token(module="/nonexistent/libpkcs11.so")


def test_a_wrong_pin_is_tried_once(ready: SoftHsm, open_token: OpenToken) -> None:
    right = ready.pin_file.read_text()
    ready.pin_file.write_text("not the PIN")
    with pytest.raises(TokenRefused, match="0xa0"):
        open_token()
    ready.pin_file.write_text(right)
    open_token()


def test_a_pin_file_for_everybody_is_refused(ready: SoftHsm, open_token: OpenToken) -> None:
    ready.pin_file.chmod(0o644)
    with pytest.raises(TokenInsecure, match="chmod"):
        open_token()


def test_a_second_opening_in_one_process_is_refused(token: Token, open_token: OpenToken) -> None:
    with pytest.raises(TokenUnavailable, match="in use"):
        open_token()


def test_a_key_that_could_leave_is_refused(
    soft: SoftHsm, open_token: OpenToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEAL-4 is checked at start, not only when the key is made."""
    from hsm.pkcs11 import objects

    def weak(algorithm: Algorithm) -> dict[pkcs11.Attribute, bool]:
        return {pkcs11.Attribute.SENSITIVE: False, pkcs11.Attribute.EXTRACTABLE: True, pkcs11.Attribute.WRAP: True}

    with monkeypatch.context() as careless:
        careless.setattr(objects, "template", weak)
        soft.make_ready(Algorithm.GCM)
    with pytest.raises(TokenKeyDamaged, match=r"EXTRACTABLE.*WRAP"):
        open_token()


def test_threads_share_the_token(ready: SoftHsm, open_token: OpenToken, record: SecretRecord) -> None:
    """Loaded directly and initialised by python-pkcs11 alone this crashes within seconds."""
    token = open_token(limits=Limits(sessions=4))
    sealed = token.seal(record, b"aad", version=1)
    ends = time.monotonic() + 3

    def work(_: int) -> int:
        done = 0
        while time.monotonic() < ends:
            assert isinstance(token.unseal_many([Sealed(sealed, b"aad", 1)] * 8)[7], SecretRecord)
            token.unseal(token.seal(record, b"x", version=1), b"x", version=1)
            done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert token.pool_state.generation == 1
    assert threading.active_count() >= 4


def test_random_is_of_the_asked_length(token: Token) -> None:
    assert len({token.random(48) for _ in range(20)}) == 20
    assert len(token.random(5)) == 5
