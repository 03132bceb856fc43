"""What refusals mean, as the core and as python-pkcs11 report them."""

import pytest
from pkcs11 import exceptions as p11

from hsm.pkcs11.faults import Kind, kind_of, translated
from hsm.ports import TokenBusy, TokenKeyMissing, TokenRefused, TokenUnavailable
from protocol.pkcs11 import Pkcs11Refused


@pytest.mark.parametrize(
    ("fault", "kind", "becomes"),
    [
        (Pkcs11Refused("C_Decrypt", 0xB3), Kind.LOST, TokenUnavailable),
        (Pkcs11Refused("C_Decrypt", 0x101), Kind.LOST, TokenUnavailable),
        (Pkcs11Refused("C_Login", 0xA0), Kind.LOGIN, TokenRefused),
        (Pkcs11Refused("C_Login", 0xA4), Kind.LOGIN, TokenRefused),
        (Pkcs11Refused("C_Encrypt", 0x31), Kind.BUSY, TokenBusy),
        (Pkcs11Refused("C_Encrypt", 0x70), Kind.OTHER, TokenUnavailable),
        (p11.SessionHandleInvalid(), Kind.LOST, TokenUnavailable),
        (p11.NoSuchToken(), Kind.LOST, TokenUnavailable),
        (p11.PKCS11Error("Should never see this."), Kind.LOST, TokenUnavailable),
        (p11.SessionCount(), Kind.BUSY, TokenBusy),
        (p11.MechanismInvalid(), Kind.OTHER, TokenUnavailable),
        (TokenKeyMissing("gone"), Kind.OTHER, TokenKeyMissing),
    ],
    ids=str,
)
def test_a_refusal_is_sorted_and_translated(fault: Exception, kind: Kind, becomes: type[Exception]) -> None:
    assert kind_of(fault) is kind
    assert type(translated(fault)) is becomes
