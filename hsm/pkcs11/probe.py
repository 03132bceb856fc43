"""HSM-4: what a token can do, tried out with known answers; a mechanism that is only listed counts for nothing."""

from dataclasses import dataclass
from typing import Any, Final

from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
from pkcs11 import exceptions as p11

from hsm.pkcs11.faults import described
from hsm.pkcs11.native import Native, NativeModule
from hsm.pkcs11.objects import template
from hsm.pkcs11.state import Algorithm

_KEY_TYPES: Final = {Algorithm.GCM: KeyType.AES, Algorithm.DERIVED: KeyType.GENERIC_SECRET}
_USES: Final = {
    Algorithm.GCM: MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
    Algorithm.DERIVED: MechanismFlag.SIGN,
}
_IMPORTED_USES: Final[dict[Algorithm, dict[Attribute, object]]] = {
    Algorithm.GCM: {Attribute.ENCRYPT: True, Attribute.DECRYPT: True},
    Algorithm.DERIVED: {Attribute.SIGN: True},
}


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of trying one thing."""

    name: str
    good: bool
    known_answer: bool
    """Compared with a known answer, not only with itself."""
    detail: str = ""


def probe_sealing(session: Any, calls: NativeModule[Any], native: Native[Any], algorithm: Algorithm) -> Probe:
    """Seals, opens and alters records under a key that exists for this session only.

    The published key is imported for known answers; a token that takes no key from outside seals and opens under one
    of its own.
    """
    known = True
    try:
        try:
            key = _imported(session, native, algorithm)
        except p11.PKCS11Error:
            key, known = _drawn(session, algorithm), False
        try:
            calls.probe(session.handle, key.handle, algorithm, known)
        finally:
            key.destroy()
    except (p11.PKCS11Error, native.refused) as fault:
        return Probe(f"alg {int(algorithm)}", good=False, known_answer=known, detail=described(fault))
    except native.wrong_answer as fault:
        return Probe(f"alg {int(algorithm)}", good=False, known_answer=known, detail=str(fault))
    return Probe(f"alg {int(algorithm)}", good=True, known_answer=known)


def probe_random(session: Any, calls: NativeModule[Any], native: Native[Any]) -> Probe:
    """Draws twice; a generator that repeats itself is no generator."""
    try:
        first, second = calls.random(session.handle, 32), calls.random(session.handle, 32)
    except native.refused as fault:
        return Probe("random", good=False, known_answer=False, detail=described(fault))
    if first == second:
        return Probe("random", good=False, known_answer=False, detail="the generator repeats itself")
    return Probe("random", good=True, known_answer=False)


def _imported(session: Any, native: Native[Any], algorithm: Algorithm) -> Any:
    return session.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: _KEY_TYPES[algorithm],
            Attribute.VALUE: native.module.known_key(),
            Attribute.TOKEN: False,
            **_IMPORTED_USES[algorithm],
        }
    )


def _drawn(session: Any, algorithm: Algorithm) -> Any:
    return session.generate_key(
        _KEY_TYPES[algorithm], 256, store=False, capabilities=_USES[algorithm], template=template(algorithm)
    )
