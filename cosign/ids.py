"""Ids: a prefix that names the kind and a ULID (48-bit milliseconds, 80 random bits), so that ids sort by age.

`dev_01J8Z3K4M5N6P7Q8R9STVWXYZ0` is a device, `key_…` a key. The random part makes them unguessable enough for
names; nothing ever relies on an id being secret.
"""

import re
import secrets
from typing import Final

DEVICE: Final = "dev"
KEY: Final = "key"
ACCOUNT: Final = "acc"
SESSION: Final = "ses"
IDENTITY: Final = "idn"
APPEAL: Final = "apl"
NUMBER_CHANGE: Final = "nch"
COMPUTER_LOGIN: Final = "cpl"
COMPUTER: Final = "cpu"
LOGIN: Final = "lgn"
CAPTCHA: Final = "cap"
DOCUMENT: Final = "doc"
ARTICLE: Final = "ann"
ENVIRONMENT: Final = "env"
MESSAGE: Final = "msg"
SENDING: Final = "snd"
CODE_SENT: Final = "cod"
OPERATION: Final = "opl"
UPLOAD: Final = "upl"
OBJECT: Final = "obj"
ARCHIVE: Final = "arc"
ERASURE: Final = "ers"
BINDING: Final = "bnd"
ATTEMPT: Final = "idv"
PERSON: Final = "per"
LINK: Final = "idl"
STAFF: Final = "stf"
STAFF_SESSION: Final = "sts"
STAFF_LOGIN: Final = "stl"
PROPOSAL: Final = "prp"
UNMASKING: Final = "unm"
REVIEW: Final = "rev"
REVIEW_EVENT: Final = "rve"

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BODY: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id(prefix: str, now_ms: int) -> str:
    """Returns `prefix`, an underscore and a new ULID of 26 characters.

    Args:
        prefix: Kind of the thing, for example `DEVICE`.
        now_ms: Present time, ms since the Unix epoch, below 2^48.
    """
    return f"{prefix}_{_body(now_ms << 80 | secrets.randbits(80))}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the form of an id of this kind; says nothing about existence."""
    head, _, body = text.partition("_")
    return head == prefix and _BODY.fullmatch(body) is not None


def first_id(prefix: str, now_ms: int) -> str:
    """The smallest id of this kind that a thing made at `now_ms` can have: ids are times that can be compared."""
    return f"{prefix}_{_body(now_ms << 80)}"


def _body(number: int) -> str:
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
