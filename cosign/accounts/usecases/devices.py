"""Devices of an account: list, unbind, block, release, preferences, biometrics (R-ACC-21, 22, 24, 28; section 3.13)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cosign.accounts.faults import DeviceStateRefused, LoginMethodOff, PreferenceRefused
from cosign.accounts.model import Principal
from cosign.accounts.ports import AccountUnit, Phone
from cosign.accounts.usecases.codes import step_up
from cosign.audit.model import AuditEvent
from cosign.brands import LoginMethod
from cosign.clock import Clock
from cosign.devices.model import DEVICE_TRANSITIONS, PROOF_WINDOW, Device, DeviceProof, DeviceState
from cosign.devices.usecases.unbind import unbind
from cosign.errors import ResourceNotFound
from cosign.messages import MessageKind, TargetKind
from protocol import _core
from protocol.errors import BadSignature, DeviceProofInvalid

BY_USER = "user"
"""Who blocked a device: the user; see also BY_ACCOUNT."""
_SUITE = "P256"


@dataclass(frozen=True, slots=True)
class AccountDevice:
    """A device as its account sees it."""

    device: Device
    phone: Phone


def list_devices(unit: AccountUnit, *, account_id: str, before: str, limit: int) -> Sequence[AccountDevice]:
    """Devices in use, newest first."""
    found = []
    for phone in unit.phones.of(account_id, before=before, limit=limit):
        device = unit.devices.device(phone.device_id)
        if device is not None:
            found.append(AccountDevice(device, phone))
    return found


def unbind_device(unit: AccountUnit, *, principal: Principal, device_id: str, ticket: str, clock: Clock) -> int:
    """Unbinds: the device's sessions end, its shares are destroyed, its biometric key goes. Returns how many are left.

    Raises:
        TicketInvalid: Not confirmed.
        ResourceNotFound, DeviceUnbound.
    """
    device = own_device(unit, principal.account_id, device_id)
    step_up(unit, ticket, account_id=principal.account_id, clock=clock)
    drop_device(unit, device, clock=clock)
    unit.answered(principal.account_id, TargetKind.DEVICE, device_id, "unbound")
    unit.tell(principal.account_id, MessageKind.DEVICE_UNBOUND, target=device_id, device=device.display_name)
    return len(unit.phones.of(principal.account_id, before="", limit=100))


def drop_device(unit: AccountUnit, device: Device, *, clock: Clock) -> None:
    """What unbinding and cancellation do to a device. Raises DeviceUnbound."""
    unbind(unit.devices, device_id=device.device_id, caller=None, clock=clock)
    unit.sessions.end_all(device.user_id, "unbound", device_id=device.device_id)
    unit.phones.remove(device.device_id)


def block_device(unit: AccountUnit, *, principal: Principal, device_id: str) -> None:
    """Lets a lost device rest. Raises ResourceNotFound, DeviceStateRefused."""
    device = own_device(unit, principal.account_id, device_id)
    DEVICE_TRANSITIONS.check(device.state, DeviceState.BLOCKED, DeviceStateRefused)
    if not unit.devices.block(device_id, by=BY_USER):
        raise DeviceStateRefused("the device changed meanwhile")
    unit.sessions.end_all(principal.account_id, "blocked", device_id=device_id)
    unit.audit(AuditEvent.DEVICE_BLOCKED, account_id=principal.account_id, device_id=device_id)


def release_device(unit: AccountUnit, *, principal: Principal, device_id: str, ticket: str, clock: Clock) -> None:
    """Ends `block_device`; the device must log in again. Raises ResourceNotFound, DeviceStateRefused, TicketInvalid."""
    device = own_device(unit, principal.account_id, device_id)
    step_up(unit, ticket, account_id=principal.account_id, clock=clock)
    if not unit.devices.release(device_id, by=BY_USER):
        raise DeviceStateRefused(f"the device is {device.state.value}")
    unit.audit(AuditEvent.DEVICE_RELEASED, account_id=principal.account_id, device_id=device_id)


def own_device(unit: AccountUnit, account_id: str, device_id: str) -> Device:
    """A device of the account. Raises ResourceNotFound, also for another account's."""
    device = unit.devices.device(device_id)
    if device is None or device.user_id != account_id:
        raise ResourceNotFound("no such device")
    return device


def check_device_key(unit: AccountUnit, *, principal: Principal, proof: DeviceProof, clock: Clock) -> None:
    """Requires that the calling phone holds its device key, which a stolen access token does not. The proof is used up.

    Raises:
        DeviceProofInvalid, ClockSkew, ProofReplayed.
        ResourceNotFound: The device is gone.
    """
    device = own_device(unit, principal.account_id, principal.device_id)
    try:
        proof.verify(device.public_key, clock.now())
    except BadSignature:
        raise DeviceProofInvalid("wrong proof") from None
    unit.devices.remember_nonce(device.public_key, proof.nonce, clock.now() + 2 * PROOF_WINDOW)


def set_preferences(
    unit: AccountUnit, *, principal: Principal, remember_pin: bool | None, suppress_guide: bool | None, clock: Clock
) -> Phone:
    """Stores preferences of the calling device (R-ACC-24, R-ACC-28). Raises PreferenceRefused, ResourceNotFound."""
    policy = unit.policy(principal.brand).devices
    if remember_pin and not policy.remember_pin:
        raise PreferenceRefused("the brand does not allow to remember the PIN")
    until = None
    if suppress_guide is not None:
        days = policy.biometric_guide_days if suppress_guide else 0
        until = clock.now() + dt.timedelta(days=days)
    unit.phones.set_preferences(principal.device_id, remember_pin=remember_pin, guide_suppressed_until=until)
    phone = unit.phones.get(principal.device_id)
    if phone is None:
        raise ResourceNotFound("no such device")
    return phone


def enrol_biometric(unit: AccountUnit, *, principal: Principal, public_key: bytes, proof: bytes) -> None:
    """Registers the key that the calling device guards by biometrics. The server never sees biometrics.

    Args:
        unit: A write transaction.
        principal: Who calls.
        public_key: P-256, 33 bytes.
        proof: 64 bytes r‖s of that key over H("BIO/enrol", device_id, public_key).

    Raises:
        LoginMethodOff: The brand does not offer it.
        MalformedPoint, BadSignature.
    """
    policy = unit.policy(principal.brand)
    if LoginMethod.BIOMETRIC not in policy.login.methods and not policy.devices.biometric_unlock:
        raise LoginMethodOff("the brand has no biometric login")
    _core.point_check(_SUITE, public_key)
    digest = _core.h(_SUITE, "BIO/enrol", [principal.device_id.encode(), public_key])
    _core.ecdsa_p256_verify(public_key, digest, proof)
    unit.phones.set_biometric(principal.device_id, public_key)
    unit.audit(
        AuditEvent.BIOMETRIC_CHANGED, outcome="on", account_id=principal.account_id, device_id=principal.device_id
    )


def disable_biometric(unit: AccountUnit, *, principal: Principal) -> None:
    """Forgets the biometric key of the calling device."""
    unit.phones.set_biometric(principal.device_id, b"")
    unit.audit(
        AuditEvent.BIOMETRIC_CHANGED, outcome="off", account_id=principal.account_id, device_id=principal.device_id
    )
