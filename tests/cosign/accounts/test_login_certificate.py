"""Login by document number and a co-signed challenge (R-ACC-11)."""

import dataclasses
import secrets

import pytest

from cosign import ids
from cosign.accounts import mark_verified
from cosign.accounts.credentials import CredentialState, LoginCredential, login_digest
from cosign.accounts.faults import (
    CertificateNotHere,
    CertificateStateRefused,
    ChallengeExpired,
    ChallengeInvalid,
    LoginFailed,
    LoginLocked,
    LoginMethodOff,
)
from cosign.api.v1 import certificate_login_pb2 as pb
from cosign.api.v1 import session_pb2
from cosign.brands import LoginMethod
from cosign.errors import DeviceBlocked, ProofReplayed
from protocol.errors import DeviceProofInvalid
from tests.cosign.accounts.keys import Sm2Key
from tests.cosign.accounts.world import NUMBER, OTHER, Context, TestPhone, World

ZB = "zb"
"""Offers the login by certificate."""
DOCUMENT = "110101199003079991"
OTHER_DOCUMENT = "110101199003079916"


class Certificate:
    """A verified user, his phone, and a key for signatures on it."""

    def __init__(self, world: World, phone: TestPhone, document: str = DOCUMENT, name: str = "张某某") -> None:
        self.world, self.phone, self.key = world, phone, Sm2Key()
        self.key_id = ids.new_id(ids.KEY, world.clock.now_ms())
        world.do(
            lambda unit: mark_verified(
                unit,
                account_id=phone.account_id,
                person_id=ids.new_id("per", world.clock.now_ms()),
                name=name,
                document_number=document,
            )
        )
        self.become(CredentialState.USABLE)

    @property
    def credential(self) -> LoginCredential:
        return self.world.credentials.known[self.key_id]

    def become(self, state: CredentialState) -> None:
        self.world.credentials.known[self.key_id] = LoginCredential(
            key_id=self.key_id,
            account_id=self.phone.account_id,
            device_id=self.phone.session.device_id,
            suite="SM2",
            public_key=self.key.public_key,
            state=state,
        )

    def begun(
        self, *, document: str = DOCUMENT, by: TestPhone | None = None, brand: str = ZB, key_id: str = ""
    ) -> pb.BeginCertificateLoginRequest:
        by, key_id = by or self.phone, key_id or self.key_id
        public_key = by.key.public_key
        texts = [text.encode() for text in (brand, document, key_id)]
        proof = by.proof("CertificateLoginService/BeginCertificateLogin", *texts, public_key)
        return pb.BeginCertificateLoginRequest(
            brand=brand, document_number=document, key_id=key_id, public_key=public_key, proof=proof
        )

    async def challenge(self, **what: object) -> bytes:
        request = self.begun(**what)  # type: ignore[arg-type]
        return (await self.world.certificates.BeginCertificateLogin(request, Context())).challenge

    async def finish(
        self, challenge: bytes, *, by: TestPhone | None = None, key: Sm2Key | None = None
    ) -> session_pb2.Session:
        digest = login_digest(self.credential, challenge, ZB)
        request = pb.FinishCertificateLoginRequest(
            challenge=challenge,
            signature=(key or self.key).sign(digest),
            device=(by or self.phone).device(
                "FinishCertificateLogin", challenge.hex(), service="CertificateLoginService"
            ),
        )
        return (await self.world.certificates.FinishCertificateLogin(request, Context())).session


@pytest.fixture
async def certificate(world: World) -> Certificate:
    return Certificate(world, await world.account(brand=ZB))


async def test_a_co_signed_challenge_opens_a_session(world: World, certificate: Certificate) -> None:
    """R-ACC-11: challenge, co-signature, session equal to an SMS login; a used challenge is refused."""
    challenge = await certificate.challenge()
    session = await certificate.finish(challenge)
    assert (session.account_id, session.device_id) == (
        certificate.phone.account_id,
        certificate.phone.session.device_id,
    )
    certificate.phone.session = session
    assert (await world.principal(certificate.phone.context)).account_id == session.account_id
    with pytest.raises(ChallengeInvalid):
        await certificate.finish(challenge)
    (login, *_) = world.do(lambda unit: unit.sessions.logins(session.account_id, before="", limit=5))
    assert (login.method, login.result) == ("certificate", "ok")


async def test_a_wrong_number_gets_a_challenge_that_is_good_for_nothing(world: World, certificate: Certificate) -> None:
    """R-ACC-11: no such person or certificate is told to nobody; the phone and the address lock."""
    for _ in range(4):
        challenge = await certificate.challenge(document=OTHER_DOCUMENT)
        assert len(challenge) == len(await certificate.challenge(by=world.phone(), key_id=certificate.key_id))
        with pytest.raises(LoginFailed):
            await certificate.finish(challenge)
    await certificate.finish(await certificate.challenge())  # the right one starts the count again
    for _ in range(5):
        await certificate.challenge(document=OTHER_DOCUMENT)
    with pytest.raises(LoginLocked) as locked:
        await certificate.challenge()
    assert locked.value.retry_after_ms > 0


async def test_an_account_that_was_never_verified_has_no_certificate_login(world: World) -> None:
    """R-ACC-11: verified natural person."""
    phone = await world.account(brand=ZB)
    certificate = Certificate(world, await world.account(OTHER, brand=ZB))
    world.credentials.known[certificate.key_id] = dataclasses.replace(
        certificate.credential, account_id=phone.account_id, device_id=phone.session.device_id
    )
    challenge = await certificate.challenge(by=phone)
    with pytest.raises(LoginFailed):
        await certificate.finish(challenge, by=phone)


async def test_a_challenge_is_for_one_phone_and_one_time(world: World, certificate: Certificate) -> None:
    """R-ACC-11: other device, other key, too late, forged or repeated proof."""
    other = world.phone()
    await other.login_sms(brand=ZB)
    world.clock.forward(seconds=61)
    challenge = await certificate.challenge()
    with pytest.raises(ChallengeInvalid):
        await certificate.finish(challenge, by=other)
    with pytest.raises(ChallengeInvalid):
        await certificate.finish(secrets.token_bytes(32))
    with pytest.raises(LoginFailed):
        await certificate.finish(await certificate.challenge(), key=Sm2Key())
    late = await certificate.challenge()
    world.clock.forward(seconds=120)
    with pytest.raises(ChallengeExpired):
        await certificate.finish(late)
    with pytest.raises(CertificateNotHere):
        await certificate.challenge(by=other)
    request = certificate.begun()
    await world.certificates.BeginCertificateLogin(request, Context())
    with pytest.raises(ProofReplayed):
        await world.certificates.BeginCertificateLogin(request, Context())
    request = certificate.begun()
    request.document_number = OTHER_DOCUMENT
    with pytest.raises(DeviceProofInvalid):
        await world.certificates.BeginCertificateLogin(request, Context())


async def test_another_account_cannot_use_a_key(world: World, certificate: Certificate) -> None:
    """R-ACC-11: a key of somebody else is no certificate of this phone."""
    phone = await world.account(OTHER, brand=ZB)
    thief = Certificate(world, phone, OTHER_DOCUMENT)
    with pytest.raises(CertificateNotHere):
        await thief.challenge(document=OTHER_DOCUMENT, key_id=certificate.key_id)
    with pytest.raises(LoginFailed):
        await thief.finish(await thief.challenge(document=DOCUMENT))


@pytest.mark.parametrize("state", [CredentialState.FROZEN, CredentialState.ENDED])
async def test_a_key_that_may_not_sign_may_not_log_in(
    world: World, certificate: Certificate, state: CredentialState
) -> None:
    """R-ACC-11: frozen or ended, before the challenge and after it."""
    challenge = await certificate.challenge()
    certificate.become(state)
    with pytest.raises(CertificateStateRefused) as refused:
        await certificate.challenge()
    assert refused.value.metadata == {"state": state.value}
    with pytest.raises(CertificateStateRefused):
        await certificate.finish(challenge)


async def test_a_blocked_phone_and_a_brand_without_the_way_are_refused(world: World, certificate: Certificate) -> None:
    world.do(lambda unit: unit.devices.block(certificate.phone.session.device_id, by="user"))
    with pytest.raises(DeviceBlocked):
        await certificate.challenge()
    world.brands.change(ZB, "login", methods=(LoginMethod.SMS,))
    with pytest.raises(LoginMethodOff):
        await certificate.challenge()


async def test_a_locked_account_waits(world: World, certificate: Certificate) -> None:
    """Section 3.12: LOCKED takes no login until its time is over; then it opens."""
    methods = (LoginMethod.SMS, LoginMethod.PASSWORD, LoginMethod.CERTIFICATE)
    world.brands.change(ZB, "login", methods=methods)
    await certificate.phone.set_password()
    challenge = await certificate.challenge()
    for _ in range(5):
        with pytest.raises(LoginFailed):
            await world.phone().login_password("Wrong7Words!", NUMBER, brand=ZB)
    with pytest.raises(LoginLocked):
        await certificate.finish(challenge)
    world.clock.forward(seconds=901)
    session = await certificate.finish(await certificate.challenge())
    assert session.account_id == certificate.phone.account_id
