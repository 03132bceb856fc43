"""Tier 2: decryption shares that stay in the token."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import DEFAULT, Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11 import exceptions as p11

from hsm.pkcs11 import Pkcs11Token
from hsm.pkcs11.shares import TokenShares, wrapping_label
from hsm.ports import RecordRefused
from protocol.errors import BadAnswer, MalformedPoint
from protocol.pkcs11 import SharedX
from protocol.seal import SecretRecord
from tests.hsm.conftest import OpenToken
from tests.hsm.softhsm import SoftHsm


@pytest.fixture
def shares(soft: SoftHsm, open_token: OpenToken) -> TokenShares[SecretRecord]:
    assert soft.make_ready().made.wrapping_key
    return open_token().shares


def compressed(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def test_an_agreement_is_that_of_the_curve(shares: TokenShares[SecretRecord]) -> None:
    share = shares.sample()
    peer = ec.generate_private_key(ec.SECP256R1())

    shared = shares.derive(share.wrapped, compressed(peer.public_key()))

    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), share.public_key)
    assert isinstance(shared, SharedX)
    shared.check(peer.exchange(ec.ECDH(), ours))
    with pytest.raises(BadAnswer):
        shared.check(bytes(32))


def test_shares_differ(shares: TokenShares[SecretRecord]) -> None:
    one, other = shares.sample(), shares.sample()
    assert one.public_key != other.public_key
    assert one.wrapped != other.wrapped


def test_a_share_opens_after_a_restart(soft: SoftHsm, open_token: OpenToken) -> None:
    soft.make_ready()
    first: Pkcs11Token[SecretRecord] = open_token()
    share = first.shares.sample()
    first.close()
    peer = ec.generate_private_key(ec.SECP256R1())

    shared = open_token().shares.derive(share.wrapped, compressed(peer.public_key()))

    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), share.public_key)
    shared.check(peer.exchange(ec.ECDH(), ours))


def test_foreign_or_damaged_shares_and_points_are_refused(shares: TokenShares[SecretRecord]) -> None:
    share = shares.sample()
    point = compressed(ec.generate_private_key(ec.SECP256R1()).public_key())

    for wrapped in (share.wrapped[:-8], bytes(len(share.wrapped)), bytes([share.wrapped[0] ^ 1]) + share.wrapped[1:]):
        with pytest.raises(RecordRefused):
            shares.derive(wrapped, point)
    off_curve = next(b"\2" + x.to_bytes(32, "big") for x in range(1, 50) if not _on_curve(x))
    for malformed in (off_curve, point[:-1], b"", b"\0" * 33):
        with pytest.raises(MalformedPoint):
            shares.derive(share.wrapped, malformed)


def test_the_token_itself_refuses_to_unwrap_a_share_that_could_leave_it(soft: SoftHsm, open_token: OpenToken) -> None:
    soft.make_ready()
    token: Pkcs11Token[SecretRecord] = open_token()
    share = token.shares.sample()
    session: Any = token._pool.run(lambda lease: lease.session)
    wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: wrapping_label("kek")}
    (wrapping,) = list(session.get_objects(wanted))
    for changed in (
        {Attribute.EXTRACTABLE: True},
        {Attribute.SENSITIVE: False},
        {Attribute.SIGN: True},
        {Attribute.TOKEN: True},
    ):
        template = {
            Attribute.PRIVATE: True,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            Attribute.DERIVE: True,
            Attribute.SIGN: False,
            Attribute.DECRYPT: False,
            Attribute.UNWRAP: False,
            Attribute.ENCRYPT: DEFAULT,
            Attribute.VERIFY: DEFAULT,
            Attribute.WRAP: DEFAULT,
        } | changed
        with pytest.raises(p11.TemplateInconsistent):
            wrapping.unwrap_key(
                ObjectClass.PRIVATE_KEY,
                KeyType.EC,
                share.wrapped,
                mechanism=Mechanism.AES_KEY_WRAP_PAD,
                store=changed.get(Attribute.TOKEN, False),
                capabilities=MechanismFlag.DERIVE,
                template=template,
            )
    for use in (Attribute.DECRYPT, Attribute.ENCRYPT, Attribute.EXTRACTABLE):
        assert not wrapping[use]


def _on_curve(x: int) -> bool:
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    return pow(x**3 - 3 * x + b, (p - 1) // 2, p) == 1
