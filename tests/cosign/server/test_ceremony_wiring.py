"""Tier 2 of a backup: a copy of the token that cannot use the shares is no backup."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pkcs11 import Attribute

from cosign.server.ceremony_wiring import _same_shares, _sample
from hsm.pkcs11 import Pkcs11Token
from hsm.pkcs11.shares import make_wrapping_key, wrapping_label
from hsm.ports import TokenKeyDamaged
from protocol.seal import SecretRecord
from tests.hsm.softhsm import NATIVE, SoftHsm


@pytest.fixture
def soft(tmp_path: Path) -> SoftHsm:
    soft = SoftHsm(tmp_path / "softhsm")
    soft.make_ready()
    return soft


def opened(soft: SoftHsm) -> Pkcs11Token[SecretRecord]:
    return Pkcs11Token.open(soft.uri(), native=NATIVE)


def lose(token: Pkcs11Token[SecretRecord]) -> None:
    """The copy was made before there was a key for shares."""
    session = token._pool.run(lambda lease: lease.session)
    (key,) = list(session.get_objects({Attribute.LABEL: wrapping_label("kek")}))
    key.destroy()


def replace(token: Pkcs11Token[SecretRecord]) -> None:
    """The copy has another key under the same label."""
    lose(token)
    session = token._pool.run(lambda lease: lease.session)
    assert make_wrapping_key(session, token._calls, NATIVE, "kek")


def test_the_same_token_uses_its_shares(soft: SoftHsm) -> None:
    token = opened(soft)
    sample = _sample(token)
    token.close()
    copy = opened(soft)
    assert sample is not None
    _same_shares(copy, sample)
    copy.close()


@pytest.mark.parametrize("damage", [lose, replace])
def test_a_copy_that_cannot_use_the_shares_is_refused(
    soft: SoftHsm, damage: Callable[[Pkcs11Token[SecretRecord]], None]
) -> None:
    token = opened(soft)
    sample = _sample(token)
    damage(token)
    token.close()
    copy = opened(soft)
    assert sample is not None
    with pytest.raises(TokenKeyDamaged, match="decryption shares"):
        _same_shares(copy, sample)
    copy.close()


def test_a_token_made_ready_without_tier_2_has_nothing_to_compare(soft: SoftHsm) -> None:
    token = opened(soft)
    lose(token)
    assert _sample(token) is None
    token.close()
