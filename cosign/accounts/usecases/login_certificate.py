"""Login by document number and a challenge that a key of the account co-signs (R-ACC-11).

    begin    charges the attempt to phone and address, compares the document number, gives a challenge
    (the phone co-signs it by the PIN: `SigningService.Sign`, which counts wrong PINs)
    finish   takes the challenge, verifies the signature, gives the charge back, logs in

A document number that is not the account's, a phone without account and an account that was never verified get a
challenge as well; it is good for nothing. Only the phone of the account and the right number learn more.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cosign.accounts.credentials import (
    CHALLENGE_BYTES,
    CertificateChallenge,
    CredentialState,
    LoginCredential,
    verify_login,
)
from cosign.accounts.faults import (
    CertificateNotHere,
    CertificateStateRefused,
    ChallengeExpired,
    ChallengeInvalid,
    LoginFailed,
    LoginMethodOff,
)
from cosign.accounts.model import Account, AccountState, LoginMethodUsed
from cosign.accounts.ports import AccountUnit
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.login_password import address_failures, charge_attempt, locked_until
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession, open_login, record_login
from cosign.accounts.usecases.passwords import own_account
from cosign.audit.model import AuditEvent
from cosign.brands import LoginMethod, Operation
from cosign.clock import Clock
from cosign.devices.model import PROOF_WINDOW, Device, DeviceProof, token_hash
from cosign.devices.usecases.open_session import check_usable
from cosign.errors import CosignFault
from protocol.errors import BadSignature, MalformedScalar


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CertificateWish:
    """A decoded Begin request; the servicer has verified the proof."""

    brand: str
    document_number: str
    key_id: str
    public_key: bytes
    """Device key, 33 bytes."""
    proof: DeviceProof
    address: str


def begin_certificate(
    unit: AccountUnit, *, wish: CertificateWish, clock: Clock
) -> tuple[bytes, dt.datetime] | CosignFault:
    """Returns a challenge of 32 bytes and its end.

    Returns:
        LoginLocked when phone or address has failed too often.

    Raises:
        BrandUnknown, LoginMethodOff.
        ProofReplayed: The proof was used before.
        DeviceUnbound, DeviceBlocked: Told to the phone of the account only; so the next two.
        CertificateNotHere: The key is no signing or login key of this account on this phone.
        CertificateStateRefused: The key is frozen or has ended.
    """
    policy, now = unit.policy(wish.brand), clock.now()
    if LoginMethod.CERTIFICATE not in policy.login.methods:
        raise LoginMethodOff("the brand has no login by certificate")
    unit.devices.remember_nonce(wish.public_key, wish.proof.nonce, now + 2 * PROOF_WINDOW)
    limits = {
        _failures(wish.public_key): policy.lockout.failures,
        address_failures(wish.address): policy.lockout.failures * policy.lockout.address_factor,
    }
    for subject, limit in limits.items():
        until = charge_attempt(unit, wish.brand, subject, limit, policy.lockout, now)
        if until is not None:
            return locked_until(until, now)
    device = unit.devices.device_by_key(wish.public_key)
    account = _account_of(unit, device, wish)
    if account is not None and device is not None:
        check_usable(device)
        usable_credential(unit, account.account_id, device.device_id, wish.key_id)
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    expires_at = now + dt.timedelta(seconds=policy.sessions.challenge_seconds)
    stored = CertificateChallenge(
        account_id="" if account is None else account.account_id,
        device_id="" if device is None else device.device_id,
        key_id=wish.key_id,
        brand=wish.brand,
        expires_at=expires_at,
    )
    unit.certificates.add(_hash(challenge), stored)
    return challenge, expires_at


def finish_certificate(
    unit: AccountUnit,
    *,
    challenge: bytes,
    signature: bytes,
    accepted: Sequence[str],
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession | CosignFault:
    """Logs in with a signature over the challenge (`cosign.accounts.credentials`); the challenge is spent in any case.

    Returns:
        ChallengeInvalid: Unknown, used, or of another phone.
        ChallengeExpired: Too late.
        LoginFailed: The document number was not the account's, or the signature is wrong.
        LoginLocked: The account is locked.

    Raises:
        CertificateNotHere, CertificateStateRefused: The key changed meanwhile.
        ConsentRequired, and what `open_login` raises.
    """
    now = clock.now()
    asked = unit.certificates.take(_hash(challenge))
    device = unit.devices.device_by_key(by.details.public_key)
    if asked is None or asked.device_id != ("" if device is None else device.device_id):
        return ChallengeInvalid("no such challenge of this phone")
    if asked.expires_at <= now:
        return ChallengeExpired("the challenge is too old")
    if not asked.account_id:
        return _fail(unit, device, asked.brand, by, clock)
    account = own_account(unit, asked.account_id)
    if account.is_locked(now) and account.locked_until is not None:
        return locked_until(account.locked_until, now)
    credential = usable_credential(unit, account.account_id, asked.device_id, asked.key_id)
    try:
        verify_login(credential, challenge, account.brand, signature)
    except (BadSignature, MalformedScalar):
        return _fail(unit, device, asked.brand, by, clock)
    unit.codes.forget(asked.brand, _failures(by.details.public_key))
    unit.codes.give_back(asked.brand, address_failures(by.address))
    if account.state is AccountState.LOCKED:  # its time is over
        unit.audit(AuditEvent.ACCOUNT_UNLOCKED, account_id=account.account_id)
        account = unit.accounts.become(account, AccountState.ACTIVE)
    method = LoginMethodUsed.CERTIFICATE
    session = open_login(unit, account=account, by=by, method=method, tokens=tokens, clock=clock)
    unit.consent(account.account_id, account.brand, Operation.LOGIN, accepted, session.device_id)
    return session


def usable_credential(unit: AccountUnit, account_id: str, device_id: str, key_id: str) -> LoginCredential:
    """A key that may prove who holds the phone.

    Raises:
        CertificateNotHere: No such key of this account on this phone.
        CertificateStateRefused: Frozen or ended; metadata `state` says which.
    """
    found = unit.credentials.find(key_id)
    if found is None or (found.account_id, found.device_id) != (account_id, device_id):
        raise CertificateNotHere("no such key on this phone")
    if found.state is not CredentialState.USABLE:
        raise CertificateStateRefused(f"the key is {found.state.value}", metadata={"state": found.state.value})
    return found


def _account_of(unit: AccountUnit, device: Device | None, wish: CertificateWish) -> Account | None:
    """The account of the phone, if the document number is its own."""
    account = None if device is None else unit.accounts.get(device.user_id)
    if account is None or account.brand != wish.brand or not account.person_id:
        return None
    return account if unit.accounts.has_document(account, wish.document_number) else None


def _fail(unit: AccountUnit, device: Device | None, brand: str, by: LoginBy, clock: Clock) -> LoginFailed:
    """The charge stays; the owner of the phone sees the attempt in his history."""
    account = None if device is None else unit.accounts.get(device.user_id)
    if account is not None and device is not None and account.brand == brand:
        record_login(
            unit,
            account_id=account.account_id,
            method=LoginMethodUsed.CERTIFICATE,
            result=LoginFailed.reason,
            device_id=device.device_id,
            by=by,
            clock=clock,
        )
    return LoginFailed("document number or certificate is wrong")


def _failures(public_key: bytes) -> str:
    return f"login:certificate:{public_key.hex()}"


def _hash(challenge: bytes) -> bytes:
    return token_hash(challenge.hex())
