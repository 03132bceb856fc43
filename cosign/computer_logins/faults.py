"""Faults of the logins of computers, one class per reason."""

from cosign.errors import RequestFault, StateFault


class QrUnknown(RequestFault):
    """Not a QR code of a login, or of another brand."""

    reason = "QR_UNKNOWN"


class QrExpired(RequestFault):
    """The login has taken too long."""

    reason = "QR_EXPIRED"


class QrTaken(StateFault):
    """Somebody else has scanned the code."""

    reason = "QR_TAKEN"


class ComputerLoginStateRefused(StateFault):
    """The login is in a state that does not allow this."""

    reason = "COMPUTER_LOGIN_STATE"


class ComputerNumberWrong(RequestFault):
    """Not the number that the computer shows."""

    reason = "COMPUTER_NUMBER_WRONG"


class ConfirmationNeeded(RequestFault):
    """The brand wants fingerprint, face or PIN, and what was shown is none."""

    reason = "CONFIRMATION_NEEDED"
