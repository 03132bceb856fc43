"""Faults of accounts, sessions and their devices, one class per reason (`cosign.errors` has the base classes)."""

from collections.abc import Iterable

from cosign.errors import OutageFault, RequestFault, StateFault


class CaptchaWrong(RequestFault):
    """Wrong, used, expired or missing."""

    reason = "CAPTCHA_WRONG"


class CodeWrong(RequestFault):
    """Wrong, used, replaced, expired or never sent."""

    reason = "CODE_WRONG"


class CodeTries(RequestFault):
    """The tries of a code are used up."""

    reason = "CODE_TRIES"


class CodeTooSoon(RequestFault):
    """Another code was sent within the resend interval."""

    reason = "CODE_TOO_SOON"


class SmsQuota(RequestFault):
    """The codes of a day are used up."""

    reason = "SMS_QUOTA"


class TicketInvalid(RequestFault):
    """Unknown, used, expired, or of another purpose or number."""

    reason = "TICKET_INVALID"


class PhoneTaken(StateFault):
    """The number has an account of this brand."""

    reason = "PHONE_TAKEN"


class AccountUnknown(StateFault):
    """The number, which was proved, has no account."""

    reason = "ACCOUNT_UNKNOWN"


class AccountCancelled(StateFault):
    """The number, which was proved, belonged to a cancelled account."""

    reason = "ACCOUNT_CANCELLED"


class AccountSuspended(StateFault):
    """Stopped by staff."""

    reason = "ACCOUNT_SUSPENDED"


class AccountStateRefused(StateFault):
    """The state of the account does not allow this."""

    reason = "ACCOUNT_STATE"


class LoginMethodOff(StateFault):
    """The brand does not offer this way."""

    reason = "LOGIN_METHOD_OFF"


class LoginFailed(RequestFault):
    """Unknown account or wrong secret: the same for both."""

    reason = "LOGIN_FAILED"


class LoginLocked(RequestFault):
    """Too many failures."""

    reason = "LOGIN_LOCKED"


class LoginRisk(StateFault):
    """The proof was right, and the login looks unusual."""

    reason = "LOGIN_RISK"


class ChallengeInvalid(RequestFault):
    """Unknown, used, or of another phone."""

    reason = "CHALLENGE_INVALID"


class ChallengeExpired(RequestFault):
    """Answered too late."""

    reason = "CHALLENGE_EXPIRED"


class CertificateNotHere(StateFault):
    """No such certificate or key of the account on this phone."""

    reason = "CERTIFICATE_NOT_HERE"


class CertificateStateRefused(StateFault):
    """Frozen or ended."""

    reason = "CERTIFICATE_STATE"


class IdentityProofRefused(StateFault):
    """No check of the person on this phone that counts."""

    reason = "IDENTITY_PROOF"


class NumberChangeOpen(StateFault):
    """A change of the number is under way."""

    reason = "NUMBER_CHANGE_OPEN"


class NumberChangeStateRefused(StateFault):
    """The change is over."""

    reason = "NUMBER_CHANGE_STATE"


class ServiceBusy(OutageFault):
    """Too many slow hashes wait."""

    reason = "SERVICE_BUSY"


class PasswordWeak(RequestFault):
    """Rules of the brand that a password breaks."""

    reason = "PASSWORD_WEAK"

    def __init__(self, rules: Iterable[str]) -> None:
        """`rules` are words of `cosign.brands.passwords`."""
        names = ",".join(rules)
        super().__init__(f"the password breaks: {names}", metadata={"rules": names})


class PasswordSet(StateFault):
    """There is a password already."""

    reason = "PASSWORD_SET"


class SessionReplaced(RequestFault):
    """A refresh token that had been replaced, or of a session that another login ended."""

    reason = "SESSION_REPLACED"


class IdvRequired(StateFault):
    """The account is not verified."""

    reason = "IDV_REQUIRED"

    def __init__(self, methods: Iterable[str] = ()) -> None:
        """`methods` are the ways the brand offers."""
        super().__init__("real-name verification is needed", metadata={"methods": ",".join(methods)})


class DeviceStateRefused(StateFault):
    """The state of the device does not allow this."""

    reason = "DEVICE_STATE"


class DevicesFull(StateFault):
    """The account has as many devices as the brand allows."""

    reason = "DEVICES_FULL"


class PreferenceRefused(RequestFault):
    """The brand does not allow this preference."""

    reason = "PREFERENCE_REFUSED"


class FieldLocked(StateFault):
    """Verified data change only by another verification."""

    reason = "FIELD_LOCKED"


class CancellationBlocked(StateFault):
    """Something must be settled before."""

    reason = "CANCELLATION_BLOCKED"

    def __init__(self, blockers: Iterable[str]) -> None:
        """`blockers` are words such as `sole_administrator`."""
        super().__init__("the account cannot be cancelled yet", metadata={"blockers": ",".join(blockers)})


class AppealNoMatch(StateFault):
    """No cancelled and verified account fits."""

    reason = "APPEAL_NO_MATCH"


class AppealOpen(StateFault):
    """An appeal waits for its decision."""

    reason = "APPEAL_OPEN"
