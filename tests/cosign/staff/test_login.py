"""Login of staff: both proofs, lockout, enumeration, replay, recovery codes, certificates, passwords."""

import datetime as dt
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cosign.api.v1 import staff_login_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.errors import SessionEnded
from cosign.staff import Role, totp
from cosign.staff.faults import (
    InvitationInvalid,
    OneTimeCodeWrong,
    PasswordChangeRequired,
    StaffLoginFailed,
    StaffLoginLocked,
    StaffPasswordWeak,
)
from cosign.staff.model import StaffState
from cosign.staff.usecases import manage
from tests.cosign.staff.world import PASSWORD, Context, Somebody, World

NEW = "Loud-Mountain-82"


async def own(world: World, context: Context) -> pb.OwnStaff:
    return (await world.logins.GetOwnStaff(pb.GetOwnStaffRequest(), context)).staff


async def test_invitation_password_and_authenticator_open_a_session(world: World) -> None:
    """R-ADM-21: an invited member enrols with an authenticator and logs in by both proofs."""
    support = await world.member("support-1", Role.SUPPORT)
    context = await support.log_in()
    staff = await own(world, context)
    assert (staff.staff_id, list(staff.roles), staff.recovery_codes_left) == (support.staff_id, ["support"], 10)
    assert "account_view" in staff.permissions
    assert not staff.must_change_password
    assert world.logged == [("staff", "ok")]
    with pytest.raises(InvitationInvalid):  # used
        await support.enrol()
    await world.logins.CloseStaffSession(pb.CloseStaffSessionRequest(), context)
    with pytest.raises(SessionEnded):
        await own(world, context)
    events = [row.event for row in world.rows() if row.key_id == support.staff_id]
    assert events == [AuditEvent.STAFF_INVITED, AuditEvent.STAFF_ENROLLED, AuditEvent.STAFF_LOGIN]


async def test_an_invitation_expires_and_wants_a_right_code(world: World) -> None:
    """R-ADM-21: an invitation is no proof by itself."""
    late = world.invite("late", Role.SUPPORT)
    request = pb.BeginStaffEnrolmentRequest(login_name="late", invitation=late.invitation)
    begun = await world.logins.BeginStaffEnrolment(request, Context())
    finish = pb.FinishStaffEnrolmentRequest(
        login_name="late", invitation=late.invitation, password=PASSWORD, code="000000"
    )
    right = totp.code_at(begun.totp_secret, totp.step_of(world.clock.now()))
    if right != "000000":
        with pytest.raises(OneTimeCodeWrong):
            await world.logins.FinishStaffEnrolment(finish, Context())
    finish.password = "late-Late-1234"
    with pytest.raises(StaffPasswordWeak) as refused:
        await world.logins.FinishStaffEnrolment(finish, Context())
    assert refused.value.metadata["rules"] == "holds_name"
    world.forward(hours=73)
    with pytest.raises(InvitationInvalid):
        await world.logins.BeginStaffEnrolment(request, Context())


async def test_a_code_is_good_once(world: World) -> None:
    """R-ADM-21: RFC 6238, 5.2: a code that was used is refused, also within its window; so is an older one."""
    member = await world.member("support-1", Role.SUPPORT)
    code = member.code
    await member.log_in(code=code)
    with pytest.raises(StaffLoginFailed):
        await member.log_in(code=code)
    before = totp.code_at(member.secret, totp.step_of(world.clock.now()) - 1)
    with pytest.raises(StaffLoginFailed):
        await member.log_in(code=before)
    ahead = totp.code_at(member.secret, totp.step_of(world.clock.now()) + 1)
    await member.log_in(code=ahead)


async def test_a_wrong_password_does_not_use_up_the_code(world: World) -> None:
    """R-ADM-21: who does not know the password cannot spend codes of the member."""
    member = await world.member("support-1", Role.SUPPORT)
    code = member.code
    with pytest.raises(StaffLoginFailed):
        await member.log_in(code=code, password="something else")
    await member.log_in(code=code)


async def test_a_recovery_code_is_good_once(world: World) -> None:
    """R-ADM-21: recovery codes replace the authenticator, each one time; renewing ends the old ones."""
    member = await world.member("support-1", Role.SUPPORT)
    first, second = member.recovery_codes[:2]
    assert re.fullmatch(r"(?:[a-z2-7]{4}-){3}[a-z2-7]{4}", first)
    context = await member.log_in(code=first.upper())
    assert (await own(world, context)).recovery_codes_left == 9
    with pytest.raises(StaffLoginFailed):
        await member.log_in(code=first)
    renewed = await world.logins.RenewRecoveryCodes(pb.RenewRecoveryCodesRequest(), context)
    with pytest.raises(StaffLoginFailed):
        await member.log_in(code=second)
    await member.log_in(code=renewed.recovery_codes[0])


async def test_known_and_unknown_names_look_alike(world: World) -> None:
    """R-ADM-21: a caller cannot find out which names there are: same answer, same work, same lock."""
    member = await world.member("support-1", Role.SUPPORT)
    nobody = Somebody(world, "", "nobody", "")
    nobody.secret = totp.new_secret()
    answers = []
    for one in (member, nobody):
        compared, seen = world.passwords.compared, []
        for _ in range(6):
            with pytest.raises((StaffLoginFailed, StaffLoginLocked)) as refused:
                await one.log_in(password="Wrong-Password-1")
            seen.append((type(refused.value), str(refused.value)))
        answers.append((seen, world.passwords.compared - compared))
    assert answers[0] == answers[1]
    assert answers[0][0][-1][0] is StaffLoginLocked


async def test_guessing_locks_and_time_opens(world: World) -> None:
    """R-ADM-21: five failures lock name and account, also for the right proofs; fifteen minutes open it."""
    member = await world.member("support-1", Role.SUPPORT)
    context = await member.log_in()
    for _ in range(5):
        with pytest.raises(StaffLoginFailed):
            await member.log_in(password="Wrong-Password-1")
    with pytest.raises(StaffLoginLocked) as refused:
        await member.log_in()
    assert refused.value.retry_after_ms > 0
    assert world.do(lambda unit: unit.members.get(member.staff_id)).state is StaffState.LOCKED
    assert (await own(world, context)).staff_id == member.staff_id  # a guesser cannot throw him out
    world.forward(minutes=16)
    await member.log_in()
    logins = world.do(lambda unit: unit.sessions.logins(member.staff_id, before="", limit=50))
    assert [one.result for one in logins] == ["done", *["STAFF_LOGIN_FAILED"] * 5, "done"]
    assert logins[0].network == "192.0.2.0/24"


async def test_an_address_that_guesses_many_names_is_locked(world: World) -> None:
    """R-ADM-21: spraying one password over many names is refused by address."""
    refusals = []
    for number in range(21):
        nobody = Somebody(world, "", f"nobody-{number}", "")
        nobody.secret = totp.new_secret()
        with pytest.raises((StaffLoginFailed, StaffLoginLocked)) as refused:
            await nobody.log_in()
        refusals.append(type(refused.value))
    assert refusals == [StaffLoginFailed] * 20 + [StaffLoginLocked]


async def test_sessions_end_by_disuse_and_by_time(world: World) -> None:
    """R-ADM-21: idle after 15 minutes, over after 10 hours however much it is used."""
    member = await world.member("support-1", Role.SUPPORT)
    idle = await member.log_in()
    world.forward(minutes=16)
    with pytest.raises(SessionEnded):
        await own(world, idle)
    busy = await member.log_in()
    for _ in range(42):
        world.forward(minutes=14)
        await own(world, busy)
    world.forward(minutes=13)
    with pytest.raises(SessionEnded):
        await own(world, busy)


async def test_a_bearer_that_was_made_up_is_refused(world: World) -> None:
    """R-ADM-21: no bearer, a made-up one, and that of a phone."""
    for bearer in ("", "x" * 43):
        with pytest.raises(SessionEnded):
            await own(world, Context(bearer))


async def test_a_bound_certificate_must_be_shown(world: World) -> None:
    """R-ADM-21: a member with a bound client certificate logs in with it only, and so is every session bound."""
    member = await world.member("support-1", Role.SUPPORT)
    mine, other = certificate(), certificate()
    digest = x509.load_pem_x509_certificate(mine).fingerprint(hashes.SHA256())
    world.do(
        lambda unit: manage.bind_certificate(
            unit, staff_id=member.staff_id, certificate_hash=digest, actor=manage.OPERATOR
        )
    )
    for shown in (b"", other):
        with pytest.raises(StaffLoginFailed):
            await member.log_in(certificate=shown)
    context = await member.log_in(certificate=mine)
    assert (await own(world, context)).staff_id == member.staff_id
    with pytest.raises(SessionEnded):
        await own(world, Context(context.bearer, certificate=other))


async def test_a_password_that_must_be_changed_lets_nothing_else_through(world: World) -> None:
    """R-ADM-21: on demand and by age; the old password, weak ones and former ones are refused."""
    member = await world.member("support-1", Role.SUPPORT)
    context, elsewhere = await member.log_in(), await member.log_in()
    world.do(lambda unit: manage.demand_password(unit, staff_id=member.staff_id, actor=manage.OPERATOR))
    with pytest.raises(PasswordChangeRequired):
        await world.logins.ListOwnStaffLogins(pb.ListOwnStaffLoginsRequest(), context)
    assert (await own(world, context)).must_change_password

    async def change(old: str, new: str) -> None:
        request = pb.ChangeOwnStaffPasswordRequest(old_password=old, new_password=new)
        await world.logins.ChangeOwnStaffPassword(request, context)

    with pytest.raises(StaffLoginFailed):
        await change("Wrong-Password-1", NEW)
    for weak in ("short-1A", PASSWORD):
        with pytest.raises(StaffPasswordWeak):
            await change(PASSWORD, weak)
    await change(PASSWORD, NEW)
    assert not (await own(world, context)).must_change_password
    with pytest.raises(SessionEnded):
        await own(world, elsewhere)
    with pytest.raises(StaffPasswordWeak):
        await change(NEW, PASSWORD)
    member.password = NEW
    world.forward(days=181)
    aged = await member.log_in()
    assert (await own(world, aged)).must_change_password


async def test_lists_of_logins_have_pages(world: World) -> None:
    """R-ADM-21: the own login history, newest first."""
    member = await world.member("support-1", Role.SUPPORT)
    for _ in range(3):
        context = await member.log_in()
    page = await world.logins.ListOwnStaffLogins(pb.ListOwnStaffLoginsRequest(page_size=2), context)
    assert len(page.logins) == 2
    rest = await world.logins.ListOwnStaffLogins(
        pb.ListOwnStaffLoginsRequest(page_size=2, page_token=page.next_page_token), context
    )
    assert (len(rest.logins), rest.next_page_token) == (1, "")


def certificate() -> bytes:
    """A self-signed certificate, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "staff")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)
