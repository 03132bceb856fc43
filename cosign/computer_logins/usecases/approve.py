"""A phone with a session scans, confirms or refuses the login of a computer."""

from dataclasses import dataclass

from cosign.accounts import Principal
from cosign.accounts.credentials import verify_login
from cosign.accounts.usecases.devices import check_device_key
from cosign.accounts.usecases.login_certificate import usable_credential
from cosign.audit.model import AuditEvent
from cosign.brands import ComputerConfirmation
from cosign.clock import Clock
from cosign.computer_logins.faults import ComputerNumberWrong, ConfirmationNeeded, QrExpired, QrTaken, QrUnknown
from cosign.computer_logins.model import ComputerLogin, ComputerLoginState, decode_qr
from cosign.computer_logins.ports import ComputerUnit
from cosign.devices.model import DeviceProof, token_hash
from cosign.errors import CosignFault, ResourceNotFound
from protocol import _core
from protocol.errors import BadSignature, MalformedScalar

PIN_LABEL = "LOGIN/computer"
BIOMETRIC_LABEL = "BIO/computer"
_SUITE = "P256"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Approval:
    """A decoded confirmation."""

    login_id: str
    number: str
    """As the user read it from the computer."""
    proof: DeviceProof
    signature: bytes = b""
    """64 bytes of the biometric key or of `key_id`, where the brand wants one."""
    key_id: str = ""


def scan(unit: ComputerUnit, *, principal: Principal, qr_text: str, clock: Clock) -> ComputerLogin:
    """Ties a login to this phone; the same phone may scan it again.

    Raises:
        QrUnknown: No such code, or of another brand.
        QrExpired: Its time is over, or it was decided.
        QrTaken: Somebody else has scanned it.
        ConcurrentOperation: Somebody else scans it now.
    """
    brand, ticket = decode_qr(qr_text)
    login = unit.logins.by_ticket(token_hash(ticket))
    if login is None or brand != login.brand or brand != principal.brand:
        raise QrUnknown("no such login of this brand")
    state = login.at(clock.now())
    if state is ComputerLoginState.WAITING:
        return unit.logins.scanned(
            login,
            account_id=principal.account_id,
            device_id=principal.device_id,
            session_id=principal.session_id,
            acting=principal.acting,
        )
    if (login.account_id, login.device_id) != (principal.account_id, principal.device_id) and login.account_id:
        raise QrTaken("somebody else has scanned it")
    if state is not ComputerLoginState.SCANNED:
        raise QrExpired("the login is over")
    return login


def confirm(
    unit: ComputerUnit, *, principal: Principal, approval: Approval, clock: Clock
) -> ComputerLogin | CosignFault:
    """Lets the computer in.

    Returns:
        ComputerNumberWrong: Another number than the computer shows; the last try refuses the login.

    Raises:
        ResourceNotFound: This phone has scanned no such login.
        QrExpired, ComputerLoginStateRefused, ConcurrentOperation: Too late, or decided.
        DeviceProofInvalid, ClockSkew, ProofReplayed: Not the device key of this phone.
        ConfirmationNeeded: The brand wants a signature, which is missing or wrong.
        CertificateNotHere, CertificateStateRefused: The key named is none of this phone, or may not sign.
    """
    login = _scanned(unit, principal, approval.login_id, clock)
    check_device_key(unit.accounts, principal=principal, proof=approval.proof, clock=clock)
    policy = unit.accounts.policy(login.brand).computers
    if not unit.logins.is_number(login, approval.number):
        if unit.logins.charge_try(login) >= policy.tries:
            _decide(unit, login, ComputerLoginState.REFUSED)
        return ComputerNumberWrong("the computer shows another number")
    _check_signature(unit, login, approval, policy.confirmation)
    return _decide(unit, login, ComputerLoginState.CONFIRMED)


def refuse(unit: ComputerUnit, *, principal: Principal, login_id: str, clock: Clock) -> ComputerLogin:
    """Keeps the computer out. Raises ResourceNotFound, QrExpired, ComputerLoginStateRefused, ConcurrentOperation."""
    return _decide(unit, _scanned(unit, principal, login_id, clock), ComputerLoginState.REFUSED)


def biometric_digest(login_id: str, device_id: str) -> bytes:
    """What the biometric key signs, 32 bytes."""
    return _core.h(_SUITE, BIOMETRIC_LABEL, [login_id.encode(), device_id.encode()])


def _scanned(unit: ComputerUnit, principal: Principal, login_id: str, clock: Clock) -> ComputerLogin:
    login = unit.logins.get(login_id)
    if login is None or (login.account_id, login.device_id) != (principal.account_id, principal.device_id):
        raise ResourceNotFound("this phone has scanned no such login")
    if login.at(clock.now()) is ComputerLoginState.EXPIRED:
        raise QrExpired("the login took too long")
    return login


def _check_signature(
    unit: ComputerUnit, login: ComputerLogin, approval: Approval, wanted: ComputerConfirmation
) -> None:
    if wanted is ComputerConfirmation.DEVICE:
        return
    try:
        if wanted is ComputerConfirmation.BIOMETRIC:
            phone = unit.accounts.phones.get(login.device_id)
            if phone is None or not phone.biometric_key:
                raise ConfirmationNeeded("this phone has no biometric key", metadata={"confirmation": wanted.value})
            digest = biometric_digest(login.login_id, login.device_id)
            _core.ecdsa_p256_verify(phone.biometric_key, digest, approval.signature)
            return
        credential = usable_credential(unit.accounts, login.account_id, login.device_id, approval.key_id)
        verify_login(credential, login.login_id.encode(), login.brand, approval.signature, label=PIN_LABEL)
    except (BadSignature, MalformedScalar):
        raise ConfirmationNeeded("wrong signature", metadata={"confirmation": wanted.value}) from None


def _decide(unit: ComputerUnit, login: ComputerLogin, target: ComputerLoginState) -> ComputerLogin:
    decided = unit.logins.become(login, target)
    unit.accounts.audit(
        AuditEvent.COMPUTER_LOGIN, outcome=target.value, account_id=login.account_id, device_id=login.device_id
    )
    return decided
