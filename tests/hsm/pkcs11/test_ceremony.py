"""The ceremony over SoftHSM2: nothing is left behind unless both operators were there."""

import pytest
from pkcs11 import Attribute

from hsm.pkcs11.ceremony import make_ready
from hsm.pkcs11.state import StoredState, read_state, write_state
from hsm.ports import TokenRefused
from protocol.seal import SecretRecord
from tests.hsm.conftest import OpenToken, same
from tests.hsm.softhsm import LABEL, NATIVE, SO_PIN, SoftHsm, pin


def test_a_wrong_part_leaves_no_pin_file_and_the_next_run_succeeds(soft: SoftHsm, open_token: OpenToken) -> None:
    soft.initialise()

    with pytest.raises(TokenRefused, match="0xa0"):
        make_ready(soft.uri(), native=NATIVE, so_pin=pin("officer-one-somebody-else"))
    assert not soft.pin_file.exists()

    assert soft.make_ready().made.pin_file == str(soft.pin_file)
    assert open_token().current_version == 1


def _lose_the_state(soft: SoftHsm) -> None:
    library, core = soft.loaded()
    session = library.get_token(token_label=LABEL).open(rw=True)
    core.login(session.handle, pin(soft.pin_file.read_text()), security_officer=False)
    (state,) = list(session.get_objects({Attribute.LABEL: "kek:state"}))
    state.destroy()
    core.finalize()


def test_keys_without_a_state_are_never_touched(soft: SoftHsm, open_token: OpenToken, record: SecretRecord) -> None:
    soft.make_ready()
    token = open_token()
    sealed = token.seal(record, b"aad", version=1)
    token.close()
    saved = _saved_state(soft)
    _lose_the_state(soft)
    before = soft.labels()

    with pytest.raises(TokenRefused, match="kek:1 but no object kek:state"):
        soft.make_ready()

    assert soft.labels() == before
    _restore_state(soft, saved)
    assert same(open_token().unseal(sealed, b"aad", version=1), record)


def test_a_new_key_beside_old_ones_gets_a_number_of_its_own(soft: SoftHsm, open_token: OpenToken) -> None:
    soft.make_ready()
    _lose_the_state(soft)

    made = make_ready(soft.uri(), native=NATIVE, so_pin=pin(SO_PIN), keep_old_keys=True).made

    assert (made.version, made.key_label) == (2, "kek:2")
    assert soft.labels() == {"kek:1", "kek:2", "kek:shares"}
    token = open_token()
    assert (token.current_version, list(token.info().check_values)) == (2, [2])
    assert token.shares.sample().public_key


def _saved_state(soft: SoftHsm) -> bytes:
    library, core = soft.loaded()
    session = library.get_token(token_label=LABEL).open(rw=True)
    core.login(session.handle, pin(soft.pin_file.read_text()), security_officer=False)
    value: bytes = read_state(session, "kek").to_bytes()
    core.finalize()
    return value


def _restore_state(soft: SoftHsm, saved: bytes) -> None:
    library, core = soft.loaded()
    session = library.get_token(token_label=LABEL).open(rw=True)
    core.login(session.handle, pin(soft.pin_file.read_text()), security_officer=False)
    write_state(session, "kek", StoredState.from_bytes(saved))
    core.finalize()
