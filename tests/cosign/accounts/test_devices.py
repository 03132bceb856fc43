"""Devices of accounts: list, history, unbind, block, preferences, biometrics (R-ACC-21, 22, 24, 28; section 3.13)."""

import uuid

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from cosign.accounts.faults import (
    DevicesFull,
    DeviceStateRefused,
    LoginFailed,
    LoginMethodOff,
    PreferenceRefused,
    TicketInvalid,
)
from cosign.api.v1 import account_device_pb2 as pb
from cosign.api.v1 import code_pb2, login_pb2, session_pb2
from cosign.brands import LoginMethod
from cosign.errors import DeviceBlocked, DeviceUnbound, ResourceNotFound, SessionEnded
from cosign.messages import MessageKind
from protocol import _core
from protocol._core import DeviceKey
from protocol.errors import BadSignature
from tests.cosign.accounts.world import BRAND, OTHER, PASSWORD, Context, TestPhone, World


async def unbind(world: World, phone: TestPhone, device_id: str, ticket: str) -> int:
    request = pb.UnbindAccountDeviceRequest(request_id=str(uuid.uuid4()), device_id=device_id, ticket=ticket)
    return (await world.devices.UnbindAccountDevice(request, phone.context)).left


async def test_each_login_is_in_the_history_newest_first(world: World) -> None:
    """R-ACC-21: upserts the device and adds a history row; the address without its last part."""
    phone = await world.account(password=PASSWORD)
    with pytest.raises(LoginFailed):
        await world.phone().login_password("Wrong7Words!")
    world.clock.forward(seconds=1)
    phone.label = "Maker-Model-16"
    await phone.login_password()
    request = pb.ListLoginsRequest(page_size=2)
    page = await world.devices.ListLogins(request, phone.context)
    assert [(one.method, one.result) for one in page.logins] == [("password", "ok"), ("password", "LOGIN_FAILED")]
    assert {one.network for one in page.logins} == {"192.0.2.0/24"}
    request.page_token = page.next_page_token
    (first,) = (await world.devices.ListLogins(request, phone.context)).logins
    assert (first.method, first.device_label) == ("register", "Maker-Model-15")
    (device,) = (await world.devices.ListAccountDevices(pb.ListAccountDevicesRequest(), phone.context)).devices
    assert (device.label, device.platform, device.state, device.calling) == (
        "Maker-Model-16",
        "android",
        "active",
        True,
    )


async def test_a_second_phone_is_told_and_listed(world: World) -> None:
    """R-ACC-21: new-device notice; many login devices, one history."""
    phone = await world.account(password=PASSWORD)
    assert world.told(phone.account_id) == []
    second = world.phone()
    await second.login_password()
    assert world.told(phone.account_id) == [MessageKind.NEW_DEVICE]
    listed = await world.devices.ListAccountDevices(pb.ListAccountDevicesRequest(page_size=1), phone.context)
    assert [one.device_id for one in listed.devices] == [second.session.device_id]
    more = pb.ListAccountDevicesRequest(page_size=1, page_token=listed.next_page_token)
    listed = await world.devices.ListAccountDevices(more, phone.context)
    assert [one.device_id for one in listed.devices] == [phone.session.device_id]
    assert listed.next_page_token == ""


async def test_an_account_has_so_many_devices(world: World) -> None:
    """R-ACC-21: the policy bounds them."""
    world.brands.change(BRAND, "devices", most=2)
    await world.account(password=PASSWORD)
    await world.phone().login_password()
    with pytest.raises(DevicesFull):
        await world.phone().login_password()


async def test_unbinding_ends_sessions_and_destroys_shares(world: World) -> None:
    """R-ACC-22: step-up, sessions on that device ended, its server key shares disabled; notice; must log in again."""
    phone = await world.account(password=PASSWORD)
    lost = world.phone()
    await lost.login_password()
    device_id = lost.session.device_id
    with pytest.raises(TicketInvalid):
        await unbind(world, phone, device_id, "made-up")
    foreign = await world.ticket(world_step_up(), OTHER)
    with pytest.raises(TicketInvalid):
        await unbind(world, phone, device_id, foreign)
    assert await unbind(world, phone, device_id, await phone.step_up()) == 1
    assert world.signing.unbound == [device_id]
    assert world.directory.public_keys([device_id]) == {}
    with pytest.raises(SessionEnded):
        await world.principal(lost.context)
    with pytest.raises(SessionEnded):
        await lost.refresh()
    with pytest.raises(DeviceUnbound):
        await lost.login_password()
    lost.key = DeviceKey.generate()
    await lost.login_password()
    assert MessageKind.DEVICE_UNBOUND in world.told(phone.account_id)


async def test_a_lost_phone_rests_until_it_is_released(world: World) -> None:
    """Section 3.13: BLOCKED, user release, KNOWN."""
    phone = await world.account(password=PASSWORD)
    lost = world.phone()
    await lost.login_password()
    device_id = lost.session.device_id
    request = pb.BlockDeviceRequest(device_id=device_id)
    await world.devices.BlockDevice(request, phone.context)
    with pytest.raises(DeviceStateRefused):
        await world.devices.BlockDevice(request, phone.context)
    assert world.directory.public_keys([device_id]) == {}
    with pytest.raises(SessionEnded):
        await world.principal(lost.context)
    with pytest.raises(DeviceBlocked):
        await lost.login_password()
    release = pb.ReleaseDeviceRequest(device_id=device_id, ticket=await phone.step_up())
    await world.devices.ReleaseDevice(release, phone.context)
    await lost.login_password()
    assert lost.session.device_id == device_id
    world.clock.forward(seconds=61)
    release.ticket = await phone.step_up()
    with pytest.raises(DeviceStateRefused):
        await world.devices.ReleaseDevice(release, phone.context)


async def test_preferences_by_policy(world: World) -> None:
    """R-ACC-28, R-ACC-24: remember-password by policy; the guide is not shown for 15 days."""
    phone = await world.account()
    request = pb.SetDevicePreferencesRequest(remember_pin=True)
    world.brands.change(BRAND, "devices", remember_pin=False)
    with pytest.raises(PreferenceRefused):
        await world.devices.SetDevicePreferences(request, phone.context)
    world.brands.change(BRAND, "devices", remember_pin=True)
    stored = await world.devices.SetDevicePreferences(request, phone.context)
    assert stored.remember_pin
    assert not stored.HasField("guide_suppressed_until")
    guide = pb.SetDevicePreferencesRequest(suppress_guide=True)
    stored = await world.devices.SetDevicePreferences(guide, phone.context)
    assert stored.remember_pin
    until = stored.guide_suppressed_until.ToDatetime(tzinfo=world.clock.now().tzinfo)
    assert (until - world.clock.now()).days == 15


class GuardedKey:
    """A P-256 key of a phone's secure hardware."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_bytes
        self.public_key = point(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)

    def sign(self, label: str, fields: list[bytes]) -> bytes:
        digest = _core.h("P256", label, fields)
        r, s = decode_dss_signature(self._key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        return r.to_bytes(32) + s.to_bytes(32)


class Biometric:
    """The key a phone guards by fingerprint or face."""

    def __init__(self, world: World, phone: TestPhone) -> None:
        self.world, self.phone, self.key = world, phone, GuardedKey()

    async def enrol(self, key: GuardedKey | None = None) -> None:
        device_id, public_key = self.phone.session.device_id, self.key.public_key
        proof = (key or self.key).sign("BIO/enrol", [device_id.encode(), public_key])
        request = pb.EnrolBiometricRequest(public_key=public_key, proof=proof)
        await self.world.devices.EnrolBiometric(request, self.phone.context)

    async def challenge(self, device_id: str = "") -> bytes:
        request = login_pb2.BeginBiometricLoginRequest(device_id=device_id or self.phone.session.device_id)
        return (await self.world.logins.BeginBiometricLogin(request, Context())).challenge

    async def login(self, challenge: bytes, key: GuardedKey | None = None) -> session_pb2.Session:
        device_id = self.phone.session.device_id.encode()
        request = login_pb2.FinishBiometricLoginRequest(
            device_id=self.phone.session.device_id,
            challenge=challenge,
            signature=(key or self.key).sign("BIO/login", [challenge, device_id]),
            proof=self.phone.proof("LoginService/FinishBiometricLogin", challenge, device_id),
        )
        return (await self.world.logins.FinishBiometricLogin(request, Context())).session


async def test_biometric_login(world: World) -> None:
    """R-ACC-24: signature over a server challenge; the server never sees biometrics; dropped on unbind."""
    world.brands.change(BRAND, "login", methods=(LoginMethod.SMS, LoginMethod.PASSWORD, LoginMethod.BIOMETRIC))
    phone = await world.account(password=PASSWORD)
    finger = Biometric(world, phone)
    with pytest.raises(BadSignature):
        await finger.enrol(GuardedKey())
    with pytest.raises(LoginFailed):
        await finger.login(await finger.challenge())
    await finger.enrol()
    with pytest.raises(LoginFailed):
        await finger.login(await finger.challenge(), GuardedKey())
    challenge = await finger.challenge()
    session = await finger.login(challenge)
    assert session.account_id == phone.account_id
    with pytest.raises(LoginFailed):
        await finger.login(challenge)
    late = await finger.challenge()
    world.clock.forward(seconds=121)
    with pytest.raises(LoginFailed):
        await finger.login(late)
    phone.session = session
    await world.devices.DisableBiometric(pb.DisableBiometricRequest(), phone.context)
    with pytest.raises(LoginFailed):
        await finger.login(await finger.challenge())


async def test_a_challenge_for_an_unknown_device_looks_the_same(world: World) -> None:
    """R-ACC-24: nobody learns which devices exist."""
    phone = await world.account()
    finger = Biometric(world, phone)
    assert len(await finger.challenge()) == len(await finger.challenge("dev_" + "0" * 26)) == 32


async def test_a_brand_without_biometrics(world: World) -> None:
    phone = await world.account()
    world.brands.change(BRAND, "login", methods=(LoginMethod.SMS,))
    with pytest.raises(LoginMethodOff):
        await Biometric(world, phone).enrol()


async def test_no_call_reaches_another_account(world: World) -> None:
    """IDOR: every id of a device is checked against the account of the session; the answer is that of unknown ids."""
    victim, attacker = await world.account(), await world.account(OTHER)
    target = victim.session.device_id
    for device_id in (target, "dev_" + "0" * 26):
        ticket = await attacker.step_up(OTHER)
        with pytest.raises(ResourceNotFound):
            await unbind(world, attacker, device_id, ticket)
        with pytest.raises(ResourceNotFound):
            await world.devices.BlockDevice(pb.BlockDeviceRequest(device_id=device_id), attacker.context)
        request = pb.ReleaseDeviceRequest(device_id=device_id, ticket=ticket)
        with pytest.raises(ResourceNotFound):
            await world.devices.ReleaseDevice(request, attacker.context)
        world.clock.forward(seconds=61)
    page = await world.devices.ListLogins(pb.ListLoginsRequest(page_size=1), victim.context)
    listed = await world.devices.ListAccountDevices(pb.ListAccountDevicesRequest(), attacker.context)
    assert target not in {one.device_id for one in listed.devices}
    assert page.next_page_token == ""
    await world.principal(victim.context)


def world_step_up() -> code_pb2.CodePurpose:
    return code_pb2.CODE_PURPOSE_STEP_UP
