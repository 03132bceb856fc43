"""The ceremony over SoftHSM2: nothing is left behind unless both operators were there."""

import pytest

from hsm.pkcs11.ceremony import make_ready
from hsm.ports import TokenRefused
from tests.hsm.conftest import OpenToken
from tests.hsm.softhsm import NATIVE, SoftHsm, pin


def test_a_wrong_part_leaves_no_pin_file_and_the_next_run_succeeds(soft: SoftHsm, open_token: OpenToken) -> None:
    soft.initialise()

    with pytest.raises(TokenRefused, match="0xa0"):
        make_ready(soft.uri(), native=NATIVE, so_pin=pin("officer-one-somebody-else"))
    assert not soft.pin_file.exists()

    assert soft.make_ready().made.pin_file == str(soft.pin_file)
    assert open_token().current_version == 1
