"""What a refusal of the module means: for the session, for the caller, for the record.

The core reports CKR codes, python-pkcs11 an exception class per code; both are sorted into the same few kinds here.
"""

import enum
from typing import Final

from pkcs11 import exceptions as p11

from hsm.ports import TokenBusy, TokenFault, TokenRefused, TokenUnavailable


class Kind(enum.Enum):
    """What to do about a refusal."""

    LOST = "lost"
    """The session or its handles are void: drop the generation, build another, ask once more."""
    BUSY = "busy"
    """The token has no room now."""
    LOGIN = "login"
    """The PIN is wrong, locked or expired: never try by itself again."""
    OTHER = "other"
    """Anything else: repeating would not help."""


_LOST: Final = frozenset(
    {
        0x03,  # SLOT_ID_INVALID
        0x05,  # GENERAL_ERROR
        0x06,  # FUNCTION_FAILED
        0x30,  # DEVICE_ERROR
        0x32,  # DEVICE_REMOVED
        0x60,  # KEY_HANDLE_INVALID
        0x82,  # OBJECT_HANDLE_INVALID
        0x90,  # OPERATION_ACTIVE
        0x91,  # OPERATION_NOT_INITIALIZED
        0xB0,  # SESSION_CLOSED
        0xB3,  # SESSION_HANDLE_INVALID
        0xE0,  # TOKEN_NOT_PRESENT
        0xE1,  # TOKEN_NOT_RECOGNIZED
        0x101,  # USER_NOT_LOGGED_IN
        0x190,  # CRYPTOKI_NOT_INITIALIZED
    }
)
_BUSY: Final = frozenset({0x01, 0x02, 0x31, 0x50, 0xB1, 0x200})
"""CANCEL, HOST_MEMORY, DEVICE_MEMORY, FUNCTION_CANCELED, SESSION_COUNT, FUNCTION_REJECTED."""
_LOGIN: Final = frozenset({0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0x102, 0x103})
"""PIN_INCORRECT, PIN_INVALID, PIN_LEN_RANGE, PIN_EXPIRED, PIN_LOCKED, USER_PIN_NOT_INITIALIZED, USER_TYPE_INVALID."""
ALREADY_LOGGED_IN: Final = 0x100
PIN_NOT_SET: Final = 0x102

_LOST_CLASSES: Final = (
    p11.DeviceError,
    p11.DeviceRemoved,
    p11.FunctionFailed,
    p11.GeneralError,
    p11.NoSuchToken,
    p11.ObjectHandleInvalid,
    p11.OperationActive,
    p11.OperationNotInitialized,
    p11.SessionClosed,
    p11.SessionHandleInvalid,
    p11.SlotIDInvalid,
    p11.TokenNotPresent,
    p11.TokenNotRecognised,
    p11.UserNotLoggedIn,
)
_BUSY_CLASSES: Final = (p11.DeviceMemory, p11.FunctionCancelled, p11.HostMemory, p11.SessionCount)


def code_of(fault: Exception) -> int | None:
    """The CKR code of a refusal reported by the core; None for any other exception."""
    match fault.args:
        case (str(), int(code)):
            return code
    return None


def kind_of(fault: Exception) -> Kind:
    """Sorts what the core or python-pkcs11 raised."""
    if isinstance(fault, p11.PKCS11Error):
        if isinstance(fault, _BUSY_CLASSES):
            return Kind.BUSY
        # A code python-pkcs11 has no class for is most often "not initialised".
        lost = isinstance(fault, _LOST_CLASSES) or type(fault) is p11.PKCS11Error
        return Kind.LOST if lost else Kind.OTHER
    code = code_of(fault)
    for codes, kind in ((_LOST, Kind.LOST), (_BUSY, Kind.BUSY), (_LOGIN, Kind.LOGIN)):
        if code in codes:
            return kind
    return Kind.OTHER


def described(fault: Exception) -> str:
    """What refused, without values."""
    if (code := code_of(fault)) is not None:
        return f"{fault.args[0]} answered {code:#x}"
    return type(fault).__name__


def translated(fault: Exception) -> TokenFault:
    """The fault of the port for what the core or python-pkcs11 raised."""
    if isinstance(fault, TokenFault):
        return fault
    kind = kind_of(fault)
    if kind is Kind.BUSY:
        return TokenBusy(f"the token is busy: {described(fault)}", retry_after_ms=200)
    if kind is Kind.LOGIN:
        return TokenRefused(f"the token refuses the login: {described(fault)}")
    return TokenUnavailable(f"the token failed: {described(fault)}")
