"""KEK versions as objects of the token: label `<name>:<version>`, found again by label and type.

SEAL-4: sensitive, never extractable, for sealing only. The attributes are set when a key is made and checked
whenever a generation of sessions finds it.
"""

from typing import Any, Final

from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
from pkcs11 import exceptions as p11

from hsm.pkcs11.listing import listed
from hsm.pkcs11.native import NativeModule
from hsm.pkcs11.state import Algorithm
from hsm.ports import TokenKeyDamaged, TokenKeyMissing

_KEY_BITS: Final = 256
_TYPES: Final = {Algorithm.GCM: KeyType.AES, Algorithm.DERIVED: KeyType.GENERIC_SECRET}
_USES: Final = {
    Algorithm.GCM: frozenset({Attribute.ENCRYPT, Attribute.DECRYPT}),
    Algorithm.DERIVED: frozenset({Attribute.SIGN}),
}
_CAPABILITIES: Final = {
    Algorithm.GCM: MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
    Algorithm.DERIVED: MechanismFlag.SIGN,
}
_ALL_USES: Final = frozenset(
    {
        Attribute.ENCRYPT,
        Attribute.DECRYPT,
        Attribute.SIGN,
        Attribute.WRAP,
        Attribute.UNWRAP,
        Attribute.DERIVE,
    }
)
_HISTORY: Final = (Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE)


def label_of(name: str, version: int) -> str:
    """Label of a KEK version."""
    return f"{name}:{version}"


def template(algorithm: Algorithm) -> dict[Attribute, bool]:
    """SEAL-4 as attributes of a new key."""
    uses = {use: use in _USES[algorithm] for use in _ALL_USES}
    return {
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.MODIFIABLE: False,
        Attribute.VERIFY: False,
        **uses,
    }


def create_key(session: Any, name: str, version: int, algorithm: Algorithm) -> Any:
    """Draws a KEK version inside the token. The caller has claimed its number: no object has its label yet."""
    return session.generate_key(
        _TYPES[algorithm],
        _KEY_BITS,
        id=version.to_bytes(4, "big"),
        label=label_of(name, version),
        store=True,
        capabilities=_CAPABILITIES[algorithm],
        template=template(algorithm),
    )


def versions_of(session: Any, name: str) -> list[int]:
    """KEK versions that are in the token, whatever the state says and whatever they are for; ascending."""
    keys = listed(session, {Attribute.CLASS: ObjectClass.SECRET_KEY})
    numbers = (key[Attribute.LABEL].removeprefix(f"{name}:") for key in keys)
    return sorted({int(number) for number in numbers if number.isdecimal()})


def find_key(session: Any, name: str, version: int, algorithm: Algorithm) -> Any:
    """The object of a KEK version.

    Raises:
        TokenKeyMissing: It is not there.
        TokenKeyDamaged: Several objects have its label, or its attributes would let the key out (SEAL-4).
    """
    found = _objects(session, name, version, algorithm)
    label = label_of(name, version)
    if not found:
        raise TokenKeyMissing(f"the token has no key {label}")
    if len(found) > 1:
        raise TokenKeyDamaged(f"the token has {len(found)} keys called {label}")
    if wrong := wrong_attributes(found[0], algorithm):
        raise TokenKeyDamaged(f"key {label} does not meet SEAL-4: {', '.join(wrong)}")
    return found[0]


def check_key(
    calls: NativeModule[Any], session: Any, key: Any, *, label: str, algorithm: Algorithm, expected: bytes
) -> None:
    """Raises TokenKeyDamaged unless the key has its recorded check value."""
    if calls.check_value(session.handle, key.handle, algorithm) != expected:
        raise TokenKeyDamaged(f"key {label} does not have the recorded check value")


def destroy_key(session: Any, name: str, version: int, algorithm: Algorithm) -> None:
    """SEAL-6; a key that is gone is no error."""
    for key in _objects(session, name, version, algorithm):
        key.destroy()


def wrong_attributes(key: Any, algorithm: Algorithm) -> list[str]:
    """Attributes that are not as SEAL-4 wants them."""
    wanted = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
    wanted |= dict.fromkeys(_HISTORY, True)
    wanted |= {use: use in _USES[algorithm] for use in _ALL_USES}
    return sorted(attribute.name for attribute, value in wanted.items() if _flag(key, attribute) is not value)


def shown_attributes(key: Any) -> dict[str, bool]:
    """What SEAL-4 asks about, by name, for a transcript."""
    asked = (Attribute.SENSITIVE, Attribute.EXTRACTABLE, *_HISTORY, *sorted(_ALL_USES))
    return {attribute.name: bool(_flag(key, attribute)) for attribute in asked}


def _flag(key: Any, attribute: Attribute) -> bool | None:
    try:
        return bool(key[attribute])
    except p11.AttributeTypeInvalid:
        return None


def _objects(session: Any, name: str, version: int, algorithm: Algorithm) -> list[Any]:
    wanted = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: _TYPES[algorithm],
        Attribute.LABEL: label_of(name, version),
    }
    return listed(session, wanted)
