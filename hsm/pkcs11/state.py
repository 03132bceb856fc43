"""What the token itself remembers, in a data object next to the keys: shared by all nodes, outside the database.

The object cannot be changed in place on every token, so each change makes the next object and then destroys the one
before; the highest sequence counts. A crash between the two leaves both, which is harmless.
"""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pkcs11 import Attribute, ObjectClass
from pkcs11 import exceptions as p11

from hsm.pkcs11.listing import LOOKS, listed
from hsm.ports import TokenKeyDamaged, TokenKeyMissing, TokenUnavailable

_FORMAT: Final = 1


class Algorithm(enum.IntEnum):
    """Field `alg` of section 8.1, as far as tokens of PKCS#11 offer it."""

    GCM = 1
    """CKM_AES_GCM with the whole associated data, in the token."""
    DERIVED = 2
    """CKM_SHA256_HMAC of a root over the associated data, AES-256-GCM in the core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """Content of the object."""

    algorithm: Algorithm
    """Chosen when the token was made ready; never changed."""
    current: int
    """KEK version for new records, from 1."""
    check_values: Mapping[int, bytes]
    """Readable KEK versions and their 3-byte check values."""
    restore_epoch: int = 0
    """RS-2."""
    rotated_at_ms: int = 0
    """When `current` became current, UTC."""
    destroying: tuple[int, ...] = ()
    """Versions whose objects may still have to be destroyed: a crash came between decision and act."""
    claimed: int = 0
    """Highest version that anybody began to draw: its number is never given out again, even if it was not finished."""
    sequence: int = field(default=0)

    def to_bytes(self) -> bytes:
        """JSON."""
        return json.dumps(
            {
                "format": _FORMAT,
                "sequence": self.sequence,
                "algorithm": int(self.algorithm),
                "current": self.current,
                "check_values": {str(version): value.hex() for version, value in sorted(self.check_values.items())},
                "restore_epoch": self.restore_epoch,
                "rotated_at_ms": self.rotated_at_ms,
                "destroying": list(self.destroying),
                "claimed": self.claimed,
            },
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "StoredState":
        """Raises TokenKeyDamaged unless it is what `to_bytes` wrote."""
        try:
            raw = json.loads(data)
            if raw["format"] != _FORMAT:
                raise ValueError("unknown format")
            state = cls(
                algorithm=Algorithm(raw["algorithm"]),
                current=int(raw["current"]),
                check_values={int(version): bytes.fromhex(value) for version, value in raw["check_values"].items()},
                restore_epoch=int(raw["restore_epoch"]),
                rotated_at_ms=int(raw["rotated_at_ms"]),
                destroying=tuple(int(version) for version in raw["destroying"]),
                claimed=int(raw["claimed"]),
                sequence=int(raw["sequence"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise TokenKeyDamaged("the state object of the token does not have the expected form") from fault
        if state.current not in state.check_values:
            raise TokenKeyDamaged("the state object of the token names no key for its current version")
        return state


def label_of(name: str) -> str:
    """Label of the state object of the keys called `name`."""
    return f"{name}:state"


def read_state(session: Any, name: str) -> StoredState:
    """The newest state.

    Raises:
        TokenKeyMissing: The token was not made ready, or lost the object.
        TokenKeyDamaged: It does not have the expected form.
    """
    for attempt in range(1, LOOKS + 1):
        try:
            found = [StoredState.from_bytes(one[Attribute.VALUE]) for one in _objects(session, name)]
        except p11.PKCS11Error:
            # Another node has put the next state in the place of one that was listed.
            if attempt == LOOKS:
                raise
            continue
        if found:
            return max(found, key=lambda state: state.sequence)
    raise TokenKeyMissing(f"the token has no object {label_of(name)}; make it ready with `cosignctl hsm init`")


def write_state(session: Any, name: str, state: StoredState) -> StoredState:
    """Stores `state` as the successor of the one it was made from, and returns it with its new sequence.

    Raises:
        TokenUnavailable: Somebody else changed the state meanwhile; nothing was changed.
    """
    stored = replace(state, sequence=state.sequence + 1)
    fresh = session.create_object(
        {
            Attribute.CLASS: ObjectClass.DATA,
            Attribute.LABEL: label_of(name),
            Attribute.APPLICATION: "cosign",
            Attribute.TOKEN: True,
            Attribute.PRIVATE: True,
            Attribute.VALUE: stored.to_bytes(),
        }
    )
    others = [one for one in _objects(session, name) if one.handle != fresh.handle]
    if any(StoredState.from_bytes(one[Attribute.VALUE]).sequence >= stored.sequence for one in others):
        fresh.destroy()
        raise TokenUnavailable("somebody else changed the state of the token; look again")
    for one in others:
        one.destroy()
    return stored


def _objects(session: Any, name: str) -> list[Any]:
    return listed(session, {Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label_of(name)})
