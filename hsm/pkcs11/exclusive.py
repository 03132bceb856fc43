"""One change of a token at a time, among all nodes: a lock made of data objects, because PKCS#11 has none.

Who wants to change the token leaves an object with a random number and then looks around. Whoever is alone goes ahead;
of several the one with the lowest number waits until the others have gone, and the others give up. An object that is
seen by nobody cannot exist: it is written before its owner looks. What a crash leaves is removed after a minute.
"""

import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any, Final

from pkcs11 import Attribute, ObjectClass
from pkcs11 import exceptions as p11

from hsm.pkcs11.listing import listed
from hsm.ports import TokenUnavailable

STALE_MS: Final = 60_000
"""Age at which an object is taken for what a crash left: many times the deadline of a call."""
_PATIENCE: Final = 2.0
_PAUSE: Final = 0.01


def label_of(name: str) -> str:
    """Label of the objects of those who change the keys called `name`."""
    return f"{name}:changing"


@contextlib.contextmanager
def changing(session: Any, name: str) -> Iterator[None]:
    """Keeps every other node from changing the state and the keys called `name`.

    Raises:
        TokenUnavailable: Somebody else changes them; nothing was done.
    """
    number = secrets.token_hex(16)
    content = json.dumps({"number": number, "time_ms": time.time_ns() // 1_000_000})
    mine = session.create_object(
        {
            Attribute.CLASS: ObjectClass.DATA,
            Attribute.LABEL: label_of(name),
            Attribute.APPLICATION: "cosign",
            Attribute.TOKEN: True,
            Attribute.PRIVATE: True,
            Attribute.VALUE: content.encode(),
        }
    )
    try:
        _wait_until_alone(session, name, number)
        yield
    finally:
        mine.destroy()


def _wait_until_alone(session: Any, name: str, number: str) -> None:
    ends = time.monotonic() + _PATIENCE
    while others := _others(session, name, number):
        if min(others) < number or time.monotonic() > ends:
            raise TokenUnavailable("somebody else changes the token; look again")
        time.sleep(_PAUSE)


def _others(session: Any, name: str, number: str) -> list[str]:
    found: list[str] = []
    now_ms = time.time_ns() // 1_000_000
    for one in listed(session, {Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label_of(name)}):
        try:
            content = json.loads(one[Attribute.VALUE])
            if content["number"] == number:
                continue
            if abs(now_ms - content["time_ms"]) > STALE_MS:
                one.destroy()
                continue
        except (p11.PKCS11Error, ValueError):
            continue  # its owner has just removed it
        found.append(content["number"])
    return found
