"""Numbers and names that travel on the wire, as enums (sections 1.5 and 7).

The values are part of the protocol and never change their meaning. Members compare equal to the plain numbers and
strings that the native core takes and returns.
"""

import enum

__all__ = ["Custody", "Malformed", "Op", "OtChange", "Outcome", "Purpose", "Status", "Suite", "SyncCase"]


class Suite(enum.StrEnum):
    """Curve and hash of one request (section 1.2)."""

    SM2 = "SM2"
    """SM2 curve and SM3."""
    P256 = "P256"
    """P-256 and SHA-256; also SYNC and every statement of the identity and device keys."""


class Op(enum.IntEnum):
    """Operation named by field 3 of the header (section 1.5)."""

    KEYGEN = 1
    SIGN = 2
    DECRYPT = 3
    REFRESH = 4
    CONFIRM = 5
    SYNC = 6
    ADOPT = 7
    EC_SIGN = 8
    ECDH = 9
    OT_SETUP = 10


class Purpose(enum.IntEnum):
    """What a key may be used for; a key has exactly one purpose (rule 6)."""

    SIGN = 1
    DECRYPT = 2
    LOGIN = 3


class Custody(enum.IntEnum):
    """Where the server's share of a key lives (section 8.2)."""

    SEALED = 0
    """In a record that the token seals (tier 1)."""
    TOKEN = 1
    """In the token, which gives away agreements only (tier 2); P-256 decryption keys."""


class Status(enum.IntEnum):
    """First byte of an answer frame (E2E-3)."""

    OK = 0
    PIN_WRONG = 1
    """The proof does not fit the share of the row. Charged."""
    STALE = 2
    """The request id was seen before (CLONE-2). Not charged, nothing changed."""
    EXPIRED = 3
    """Outside its time window (CLONE-1). Not charged."""
    BUSY = 4
    """The device row was locked for too long (TX-1). Not evaluated."""
    UNAVAILABLE = 5
    """The outcome could not be committed (TX-5); nothing is revealed about it."""
    LOCKED = 6
    """Attempts used up, or a delay is running (section 5.2). Not evaluated."""
    FROZEN = 7
    """A second copy of the phone's state was seen (CLONE-X). Not evaluated."""
    UNKNOWN_SHARE = 8
    """The share_id is not one this operation may use (section 4.1). Not charged."""
    QUOTA = 9
    POLICY = 10
    OT_DESTROYED = 11
    """The PIN is right, but the OT set-up of the share is not ready or was destroyed by this request (rule 11)."""
    RESYNC = 12
    """The phone's restore_epoch is old; ADOPT is needed (RS-4)."""
    MALFORMED = 13
    """The request inside the layer cannot be decoded; the answer body names the reason."""
    DEVICE_PROOF = 14
    """sig_dev does not verify (E2E-6). Not charged."""


class Outcome(enum.IntEnum):
    """Result of one evaluation in the core (TX-3, TX-B3)."""

    RIGHT = 0
    WRONG = 1
    FAULT = 2


class OtChange(enum.IntEnum):
    """What one evaluation makes of the OT set-up of its share (section 6.2)."""

    UNCHANGED = 0
    BEGUN = 1
    """Part 1 is given; the set-up before it is gone."""
    READY = 2
    """Part 2 fits (OTS-7)."""
    FAILED = 3
    """Part 2 does not fit; the request has no result."""
    DESTROYED = 4
    """The extension is inconsistent (EC-6); the request has no result."""


class SyncCase(enum.StrEnum):
    """Answer to SYNC (CLONE-5)."""

    A = "A"
    """The phone's token is the newest: it empties its list of open requests."""
    B = "B"
    """An answer was lost: the phone keeps only `last_req` in its list."""


class Malformed(enum.StrEnum):
    """Reasons in the body of a MALFORMED answer."""

    MESSAGE = "MALFORMED_MESSAGE"
    POINT = "MALFORMED_POINT"
    SCALAR = "MALFORMED_SCALAR"
    DIGEST = "DIGEST_REFUSED"
    PURPOSE = "PURPOSE_MISMATCH"
