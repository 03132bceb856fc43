"""Login by document number and certificate passphrase: the key of this phone co-signs a challenge."""

from collections.abc import Sequence

from cosign.api.v1 import certificate_login_pb2 as pb
from cosign.api.v1 import login_pb2
from cosign.client.phone import use
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.engine import Engine
from cosign.client.phone.login import About, Login
from cosign.client.phone.shares import Secret, find_key
from cosign.client.phone.state import PhoneLogin
from protocol import sm2
from protocol.codes import Purpose, Suite
from protocol.transcript import h

SERVICE = "CertificateLoginService"
LABEL = "LOGIN/certificate"


def login_certificate(
    engine: Engine,
    connection: AccountConnection,
    login: Login,
    *,
    brand: str,
    document_number: str,
    key_id: str,
    pin: Secret,
    about: About,
    accepted: Sequence[str] = (),
) -> PhoneLogin:
    """Logs in the account of this phone; the PIN unlocks the phone's share and is sent nowhere.

    Raises:
        KeyUnknown, KeyPurposeWrong: No such key for signatures or logins.
        PinWrong, Locked, and what `use.sign_digests` raises.
        Rejected: See the proto; LOGIN_FAILED for a wrong document number.
        Unreachable, ServerNotTrusted.
    """
    find_key(engine, key_id, Purpose.SIGN, Purpose.LOGIN)
    engine.server(refetch=True)
    public_key = engine.home.device_key().public_key
    bound = [brand.encode(), document_number.encode(), key_id.encode(), public_key]
    asked = pb.BeginCertificateLoginRequest(
        brand=brand,
        document_number=document_number,
        key_id=key_id,
        public_key=public_key,
        proof=login.prove(f"{SERVICE}/BeginCertificateLogin", bound),
    )
    challenge = bytes(connection.call(SERVICE, "BeginCertificateLogin", asked).challenge)
    answer = pb.FinishCertificateLoginRequest(
        challenge=challenge,
        signature=co_sign(engine, LABEL, challenge, brand, key_id, pin),
        accepted=[login_pb2.AcceptedDocument(document_id=document_id) for document_id in accepted],
        device=login.device("FinishCertificateLogin", about, challenge.hex(), service=SERVICE),
    )
    return login.opened(connection.call(SERVICE, "FinishCertificateLogin", answer).session)


def co_sign(engine: Engine, label: str, challenge: bytes, brand: str, key_id: str, pin: Secret) -> bytes:
    """The joint signature, 64 bytes, over H(label, challenge, brand, account_id, device_id, key_id)."""
    key, state = find_key(engine, key_id, Purpose.SIGN, Purpose.LOGIN), engine.home.state
    names = (brand, state.user_id, state.device_id, key_id)
    message = h("P256", label, [challenge, *(name.encode() for name in names)])
    digest = sm2.digest(key.public_key, message) if key.suite is Suite.SM2 else message
    (signature,) = use.sign_digests(engine, key_id, [digest], pin)
    return signature
