"""What two parties open with ECDH: HPKE against `cryptography`, the CMS form, and one uniform error."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from protocol.errors import DecryptionFailed, MalformedMessage, MalformedPoint
from protocol.reference import ecdh, ecies
from protocol.reference.curve import P256, Point, not_identity
from protocol.reference.ecies import CmsCiphertext, CmsContent, HpkeCiphertext
from tests.protocol.ec_world import base, scalar
from tests.protocol.world import ENTROPY

TEXT = "一份密文 · one ciphertext".encode()
SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
INFO = b"info"

Ciphertext = HpkeCiphertext | CmsCiphertext


class Parties:
    """Both shares of a decryption key."""

    def __init__(self) -> None:
        self.a, self.b = scalar(), scalar()
        self.pk = base(self.a * self.b)

    def secret(self, ciphertext: Ciphertext, b: int | None = None) -> bytes:
        """Z, with the server's share or another one."""
        t = ciphertext.enc if isinstance(ciphertext, HpkeCiphertext) else ciphertext.originator
        phone = ecdh.PhoneEcdh(b"header", ecdh.AEAD, [t], self.pk, self.a, scalar)
        ecdh.check_request(phone.ctx, phone.request, base(self.a))
        return phone.finish(ecdh.answer(phone.ctx, phone.request, b or self.b, scalar))[0]

    def open(self, ciphertext: Ciphertext, b: int | None = None) -> bytes:
        return ciphertext.open(self.secret(ciphertext, b), self.pk)


@pytest.fixture(scope="module")
def parties() -> Parties:
    return Parties()


def cms(pk: Point) -> CmsCiphertext:
    content = CmsContent(b"shared info", ENTROPY.fresh(32), ENTROPY.fresh(12), TEXT)
    return ecies.seal_cms(pk, scalar(), content)


def hpke(pk: Point) -> HpkeCiphertext:
    return HpkeCiphertext.decode(ecies.seal_hpke(pk, scalar(), TEXT, INFO), INFO)


Make = Callable[[Point], Ciphertext]
FORMS = pytest.mark.parametrize("make", [hpke, cms])


def test_two_parties_open_what_cryptography_seals(parties: Parties) -> None:
    public = ec.EllipticCurvePublicNumbers(parties.pk.x, parties.pk.y, ec.SECP256R1()).public_key()
    assert parties.open(HpkeCiphertext.decode(SUITE.encrypt(TEXT, public, INFO), INFO)) == TEXT


def test_cryptography_opens_what_the_reference_seals() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    sealed = ecies.seal_hpke(Point(numbers.x, numbers.y), scalar(), TEXT, INFO)
    assert SUITE.decrypt(sealed, private, INFO) == TEXT


@FORMS
def test_two_parties_open_both_forms(parties: Parties, make: Make) -> None:
    assert parties.open(make(parties.pk)) == TEXT


@FORMS
def test_a_wrong_server_answer_fails_at_the_tag(parties: Parties, make: Make) -> None:
    """ECDH-2: no proof is needed where a tag decides."""
    with pytest.raises(DecryptionFailed, match=r"^decryption failed$"):
        parties.open(make(parties.pk), scalar())


@FORMS
def test_a_changed_ciphertext_fails_with_the_same_error(parties: Parties, make: Make) -> None:
    good = make(parties.pk)
    sealed = bytes([good.sealed[0] ^ 1]) + good.sealed[1:]
    bad: list[Ciphertext] = [good._replace(sealed=sealed)]
    if isinstance(good, CmsCiphertext):
        wrapped = good.wrapped_key[:-1] + bytes([good.wrapped_key[-1] ^ 1])
        bad += [good._replace(wrapped_key=wrapped), good._replace(shared_info=b"other")]
    else:
        bad += [good._replace(info=b"other"), good._replace(aad=b"other")]
    for ciphertext in bad:
        with pytest.raises(DecryptionFailed, match=r"^decryption failed$"):
            parties.open(ciphertext)


def test_hpke_binds_the_key(parties: Parties) -> None:
    """The key schedule has P in it: Z alone does not open for another key."""
    ciphertext = hpke(parties.pk)
    with pytest.raises(DecryptionFailed):
        ciphertext.open(parties.secret(ciphertext), base(3))


def test_bad_encodings_are_refused() -> None:
    data = ecies.seal_hpke(base(7), scalar(), TEXT)
    with pytest.raises(MalformedMessage):
        HpkeCiphertext.decode(data[: 65 + 15])
    off_curve = data[:64] + bytes([data[64] ^ 1]) + data[65:]
    with pytest.raises(MalformedPoint):
        HpkeCiphertext.decode(off_curve)
    short = P256.encode(not_identity(P256.decode_uncompressed(data[:65])))
    with pytest.raises((MalformedMessage, MalformedPoint)):
        HpkeCiphertext.decode(short + data[65:])
