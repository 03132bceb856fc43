"""Login by a key that the phone guards by fingerprint or face (R-ACC-24)."""

import datetime as dt
import secrets

from cosign.accounts.faults import LoginFailed
from cosign.accounts.model import DeviceDetails, LoginMethodUsed
from cosign.accounts.ports import AccountUnit
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession, open_login
from cosign.accounts.usecases.passwords import own_account
from cosign.brands import LoginMethod, Operation
from cosign.clock import Clock
from cosign.devices.model import DeviceProof, token_hash
from protocol import _core
from protocol.errors import BadSignature, DeviceProofInvalid

CHALLENGE_BYTES = 32
_UNKNOWN_SECONDS = 120
_SUITE = "P256"


def begin_biometric(unit: AccountUnit, *, device_id: str, clock: Clock) -> tuple[bytes, dt.datetime]:
    """Returns a challenge and its end; of the same form for a device that is not there, and then good for nothing."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    phone = unit.phones.get(device_id)
    account = None if phone is None else unit.accounts.get(phone.account_id)
    seconds = _UNKNOWN_SECONDS if account is None else unit.policy(account.brand).sessions.challenge_seconds
    expires_at = clock.now() + dt.timedelta(seconds=seconds)
    unit.codes.add_challenge(token_hash(challenge.hex()), device_id, expires_at)
    return challenge, expires_at


def finish_biometric(
    unit: AccountUnit,
    *,
    device_id: str,
    challenge: bytes,
    signature: bytes,
    proof: DeviceProof,
    address: str,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession:
    """Logs in with the signature of the biometric key over H("BIO/login", challenge, device_id).

    Raises:
        LoginFailed: Unknown device, no such challenge, wrong signature, or turned off.
        DeviceProofInvalid, ClockSkew: The device key did not make the proof.
        ConsentRequired, and what `open_login` raises.
    """
    if not unit.codes.take_challenge(token_hash(challenge.hex()), device_id, clock.now()):
        raise LoginFailed("no such challenge")
    phone, device = unit.phones.get(device_id), unit.devices.device(device_id)
    if phone is None or device is None or not phone.biometric_key:
        raise LoginFailed("no biometric key")
    account = own_account(unit, phone.account_id)
    if LoginMethod.BIOMETRIC not in unit.policy(account.brand).login.methods:
        raise LoginFailed("the brand has no biometric login")
    try:
        digest = _core.h(_SUITE, "BIO/login", [challenge, device_id.encode()])
        _core.ecdsa_p256_verify(phone.biometric_key, digest, signature)
    except BadSignature:
        raise LoginFailed("wrong signature") from None
    try:
        proof.verify(device.public_key, clock.now())
    except BadSignature:
        raise DeviceProofInvalid("wrong proof") from None
    details = DeviceDetails(
        public_key=device.public_key,
        label=device.display_name,
        platform=phone.platform,
        os_version=phone.os_version,
        app_version=phone.app_version,
    )
    by = LoginBy(details=details, proof=proof, address=address)
    session = open_login(unit, account=account, by=by, method=LoginMethodUsed.BIOMETRIC, tokens=tokens, clock=clock)
    unit.consent(account.account_id, account.brand, Operation.LOGIN, (), session.device_id)
    return session
